"""Interfaces to the outside world: providers, the person who answers questions, clock and randomness."""
