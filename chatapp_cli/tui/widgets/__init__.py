"""Widgets: each paints one thing and reports by messages what a person did."""
