"""The child process: neonize, and nothing of the desk but the protocol."""
