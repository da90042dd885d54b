"""What can be done in the window, a module for each kind of target: dialogs, messages, lines and so on."""
