"""What the panes read from the store, and how it is said: words, cells, moments."""
