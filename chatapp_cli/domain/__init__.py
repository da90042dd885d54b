"""Values and rules of the business: no I/O, no framework, no clock."""
