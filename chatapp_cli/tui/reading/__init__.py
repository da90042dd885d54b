"""What the panes read from the store, and how it is shown: as words, and in terminal cells."""
