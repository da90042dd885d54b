"""The customer-relation systems: one folder each."""
