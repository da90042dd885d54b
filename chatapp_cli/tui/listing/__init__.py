"""The list of dialogs: its filter, its order and the saved views."""
