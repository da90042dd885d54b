"""Whole pages of the window, and the small ones that come up over them."""
