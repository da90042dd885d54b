"""Whom a channel knows already at the addresses of a list, read in one go instead of by some questions for each."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chatapp_cli.domain.address import canonical, kinds, openings, spellings
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services.reaching import Lookup
from chatapp_cli.store.rows.dialogs import MetDialog
from chatapp_cli.store.rows.people import BearerRow, ContactRow
from chatapp_cli.store.tx import Tx


class Unsure(Exception):
    """What was read does not answer a question: whoever is meant has to be looked for alone."""


class KnownAddressees(Lookup):
    """Answers for all addresses of a list, read at once; raises Unsure where one by one is safer."""

    def __init__(self, tx: Tx, channel: ChannelId, addresses: Sequence[str]) -> None:
        super().__init__(tx, channel)
        forms = json.dumps(sorted({form for address in addresses for form in _forms(address)}))
        met, bearers = tx.answers(
            (MetDialog, "dialogs.met", {"channel": channel, "addresses": forms}),
            (BearerRow, "contacts.bearing", {"addresses": forms}),
        )
        self.dialogs: dict[DialogId, MetDialog] = {row.id: row for row in met}
        """The dialogs to which the addresses lead."""
        self._met: dict[tuple[str, str], list[DialogId]] = {}
        for row in met:
            self._met.setdefault((row.how, row.value), []).append(row.id)
        self._bearers: dict[str, list[ContactRow]] = {}
        for bearer in bearers:
            self._bearers.setdefault(bearer.address, []).append(bearer.contact)
        self._changed: set[str] = set()

    def changed(self, *addresses: str) -> None:
        """Answer nothing any more about these: a dialog is opened that they may lead to."""
        self._changed.update(filter(None, addresses))

    def of_phone(self, phone: str) -> DialogId | None:
        """The dialog with whoever has a phone."""
        return self._only("phone", phone)

    def at_address(self, address: str) -> DialogId | None:
        """The dialog with this address."""
        return self._only("address", address)

    def at_key(self, key: str) -> DialogId | None:
        """The dialog under a key."""
        return self._only("key", key)

    def _only(self, how: str, value: str) -> DialogId | None:
        found = self._met.get((how, value), ())
        if value in self._changed or len(found) > 1:
            raise Unsure
        return found[0] if found else None

    def named(self, can: Capabilities, phone: str) -> ContactRow | None:
        """Nobody; raises Unsure if somebody has the phone and may have to be written to by a username."""
        if can.usernames_of and self._bearers.get(phone):
            raise Unsure
        return None

    def bearing(self, address: str) -> ContactRow | None:
        """The contact with an address, if there is but one."""
        found = self._bearers.get(address, ())
        if address in self._changed or len(found) > 1 or len(spellings(address)) > 1:
            raise Unsure
        return found[0] if found else None


def _forms(address: str) -> set[str]:
    """All that may be stored of a person at an address."""
    named = {canonical(address, kind) for kind in {*kinds(address), *openings(address)}}
    return {spelling for name in named for spelling in spellings(name)}


def is_sure(address: str) -> bool:
    """Whether reading ahead can say who it is; a username changes hands, and no store takes what is not text."""
    return address.isprintable() and address == address.strip() and kinds(address)[0] != "username"
