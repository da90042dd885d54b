"""Pages that an action asks by: a person chooses, fills in or looks, and the page goes away."""
