"""The stores that what arrives bent is put into."""

from tests.stores import clock, database, dialect, driver, shop, templates

__all__ = ["clock", "database", "dialect", "driver", "shop", "templates"]
