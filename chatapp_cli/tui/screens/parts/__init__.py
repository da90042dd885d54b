"""The parts of a conversation, one module each."""
