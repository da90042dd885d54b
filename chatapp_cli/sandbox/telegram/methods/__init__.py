"""The supported requests and their handlers; one module for each part of the API."""

from collections.abc import Mapping

from chatapp_cli.sandbox.telegram.methods import (
    auth,
    basics,
    channels,
    dialogs,
    files,
    groups,
    messages,
    people,
    updates,
)
from chatapp_cli.sandbox.telegram.methods.call import Handler

HANDLERS: Mapping[type, Handler] = {
    **auth.HANDLERS,
    **basics.HANDLERS,
    **channels.HANDLERS,
    **dialogs.HANDLERS,
    **files.HANDLERS,
    **groups.HANDLERS,
    **messages.HANDLERS,
    **people.HANDLERS,
    **updates.HANDLERS,
}
OPEN_TO_ALL = frozenset({*basics.HANDLERS, *auth.OPEN_TO_ALL})
"""Requests that are answered without a login."""
