"""The types of journal events, in one module per noun."""
