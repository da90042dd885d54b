"""The way from any older store to this one."""
