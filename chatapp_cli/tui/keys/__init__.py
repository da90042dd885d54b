"""The keymap, a person's own keys, and how pressed keys reach the window."""
