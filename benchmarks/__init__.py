"""How fast the desk is, against peers measured in the same run."""
