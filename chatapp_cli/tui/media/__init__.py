"""Pictures and files, and the programs that show them."""
