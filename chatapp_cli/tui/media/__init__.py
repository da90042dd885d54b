"""Pictures, files and the programs that show them."""
