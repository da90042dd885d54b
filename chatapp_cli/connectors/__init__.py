"""The channels: one folder each, found by its manifest, imported only when it is bound."""
