"""CRM systems: one folder each."""
