"""Applies what an administrator of a CRM chose for a place; the CRM is asked what the place is called."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.crm.events import PlaceConfigured
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_places
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow


class PlaceKeeper:
    """The places of one link."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store = store
        self._link = link

    async def apply(self, session: CrmSession, row: CrmArrivedRow, event: PlaceConfigured) -> None:
        """Pair the channel. Raises NotFound for what cannot be, and ChannelError."""
        place = next((one for one in await session.places() if one.id == event.place), None)
        if place is None:
            raise NotFound(T("There is no place {name} in the CRM.", name=event.place))
        pair = partial(crm_places.configure, manifest=manifest(self._link.kind), row=row, event=event, place=place)
        try:
            await self._store.write(pair)
        except (Refused, UsageError) as error:
            raise NotFound(error.what, error.next_step) from error
