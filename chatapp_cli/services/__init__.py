"""Use cases: plain functions on one transaction."""
