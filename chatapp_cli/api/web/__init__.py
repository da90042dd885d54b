"""The operators' window in a browser: login, one process of the window for each page, uploads and downloads."""
