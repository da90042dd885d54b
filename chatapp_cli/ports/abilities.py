"""What sessions can be asked for: the capability that says so, the protocol, and the required right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.ports.connector import FindsPeople, HasTemplates, ListsContacts, ManagesGroups, ReadsChats


class Ability(NamedTuple):
    """The requirements of a request to a session."""

    declared: Callable[[Capabilities], bool]
    protocol: type
    right: Right


def _of(protocol: type, declared: Callable[[Capabilities], bool], **rights: Right) -> Mapping[SessionMethod, Ability]:
    return {SessionMethod(what): Ability(declared, protocol, right) for what, right in rights.items()}


ABILITIES: Mapping[SessionMethod, Ability] = MappingProxyType(
    {
        **_of(FindsPeople, lambda can: bool(can.finds_people), find=Right.ANSWER),
        **_of(ListsContacts, lambda can: can.lists_contacts, contacts=Right.ANSWER),
        **_of(
            ReadsChats,
            lambda can: can.reads_chats,
            chats=Right.ANSWER,
            follow=Right.CHATS,
            unfollow=Right.CHATS,
            history=Right.CHATS,
        ),
        **_of(
            ManagesGroups,
            lambda can: can.manages_groups,
            create_group=Right.GROUPS,
            add_members=Right.GROUPS,
            remove_members=Right.GROUPS,
            rename_group=Right.GROUPS,
            end_group=Right.GROUPS,
        ),
        **_of(HasTemplates, lambda can: can.templates, templates=Right.TEMPLATES, submit=Right.TEMPLATES),
    }
)
