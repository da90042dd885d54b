"""A store for what mails become at the desk."""

from tests.stores import clock, database, dialect, driver, shop, templates

__all__ = ["clock", "database", "dialect", "driver", "shop", "templates"]
