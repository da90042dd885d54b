"""The pages of the window, and the popups that only one of them opens."""
