"""Who can be asked for what: the capability that tells it, and the protocol of the sessions that have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from chatapp_cli.domain.errand import Errand
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.ports.connector import FindsPeople, HasTemplates, ListsContacts, ManagesGroups, ReadsChats


class Ability(NamedTuple):
    """What it takes to be asked for something."""

    declared: Callable[[Capabilities], bool]
    protocol: type


_FINDS = Ability(lambda can: bool(can.finds_people), FindsPeople)
_LISTS = Ability(lambda can: can.lists_contacts, ListsContacts)
_READS = Ability(lambda can: can.reads_chats, ReadsChats)
_GROUPS = Ability(lambda can: can.manages_groups, ManagesGroups)
_TEMPLATES = Ability(lambda can: can.templates, HasTemplates)
ABILITIES: Mapping[Errand, Ability] = MappingProxyType(
    {
        Errand.FIND: _FINDS,
        Errand.CONTACTS: _LISTS,
        Errand.CHATS: _READS,
        Errand.FOLLOW: _READS,
        Errand.UNFOLLOW: _READS,
        Errand.HISTORY: _READS,
        Errand.CREATE_GROUP: _GROUPS,
        Errand.ADD_MEMBERS: _GROUPS,
        Errand.REMOVE_MEMBERS: _GROUPS,
        Errand.RENAME_GROUP: _GROUPS,
        Errand.END_GROUP: _GROUPS,
        Errand.TEMPLATES: _TEMPLATES,
        Errand.SUBMIT: _TEMPLATES,
    }
)
