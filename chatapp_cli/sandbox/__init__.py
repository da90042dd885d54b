"""Local servers that speak the providers' protocols, for the demo and the tests."""
