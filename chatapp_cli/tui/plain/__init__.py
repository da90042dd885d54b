"""The inbox for a screen reader: lines of text, and commands."""
