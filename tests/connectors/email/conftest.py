"""A store for what mails become at the desk, and a mailbox of the desk."""

from tests.connectors.email.desk import bound, connector, sandbox, session
from tests.connectors.email.dialogs import channel
from tests.stores import clock, database, dialect, driver, shop, templates

__all__ = [
    "bound",
    "channel",
    "clock",
    "connector",
    "database",
    "dialect",
    "driver",
    "sandbox",
    "session",
    "shop",
    "templates",
]
