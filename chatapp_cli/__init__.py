"""chatapp: one window in the terminal for every message of a business's customers."""

__version__ = "0.1.0"
