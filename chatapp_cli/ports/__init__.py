"""Interfaces of what lies outside: providers, the person who is asked, clock and chance."""
