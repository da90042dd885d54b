"""The list of dialogs: which are listed, in which order, and the saved views."""
