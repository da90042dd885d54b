"""Migrations from every older revision."""
