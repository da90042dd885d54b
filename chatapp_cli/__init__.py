"""chatapp: one window in the terminal for every message of a business's customers."""
