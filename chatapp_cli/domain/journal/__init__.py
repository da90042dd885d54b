"""Everything that can happen to a store, each as a type of its own; a module for each noun."""
