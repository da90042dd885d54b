"""Keys: which there are, what they do, what a person made of them, and how they reach the window."""
