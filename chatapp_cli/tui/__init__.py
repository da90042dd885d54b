"""The window: lists, transcript, composer and bind forms in a terminal."""
