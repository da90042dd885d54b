"""The open conversation and its parts, one module each."""
