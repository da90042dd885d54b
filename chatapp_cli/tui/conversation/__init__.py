"""The open conversation: what it owns, and its parts, one module each."""
