"""Every test here runs on SQLite and on PostgreSQL."""

from tests.stores import clock, database, dialect, driver, shop, templates

__all__ = ["clock", "database", "dialect", "driver", "shop", "templates"]
