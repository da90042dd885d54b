"""Pages by which an action asks: the person chooses, fills in or looks, and the page closes."""
