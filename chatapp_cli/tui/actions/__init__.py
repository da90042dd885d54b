"""What can be done from the window: one module for each kind of thing that it is done with."""
