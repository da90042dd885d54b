"""What belongs to one window: its store, login and settings, the journal, notices and the terminal."""
