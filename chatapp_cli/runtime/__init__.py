"""The moving parts of the daemon: supervisor, sender, governor, files."""
