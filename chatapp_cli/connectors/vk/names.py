"""Names of people, communities and group chats: requested once, stored in the binding's memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from chatapp_cli.connectors.vk.api import VkApi
from chatapp_cli.connectors.vk.wire import CHATS, Conversations, Group, Groups, User
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.errors import RateLimited, Rejected, Retryable
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.ports.memory import Memory

_PREFIX: Final = "name:"
_MOST: Final = 100
"""The most peers per request."""
_NUMBERS: Final = re.compile(rb'"(?:from_id|reacted_id|peer_id|admin_author_id|user_id)"\s*:\s*(-?\d{1,18})\b')
"""Quotes within a text are escaped, so no message can imitate such a field."""


@dataclass(frozen=True, slots=True)
class Book:
    """The known names; others are empty."""

    people: dict[int, Profile] = field(default_factory=dict)

    def person(self, number: int) -> Profile:
        """The author with this number; communities are negative."""
        return self.people.get(number) or Profile(id=border.external_id(number))

    def title(self, number: int) -> str:
        """The name of a peer."""
        return self.person(number).name


def mentioned(raw: bytes) -> set[int]:
    """The numbers whose names are needed to show an event."""
    return {number for found in _NUMBERS.findall(raw) if (number := int(found))}


class Names:
    """Adds names to a book when unknown numbers appear."""

    def __init__(self, api: VkApi, memory: Memory) -> None:
        self.book = Book()
        self._api, self._memory = api, memory

    async def recall(self) -> None:
        """Load the names of earlier sessions; unreadable ones are requested again."""
        people = msgspec.json.Decoder(Profile)
        for name, text in (await self._memory.known(_PREFIX)).items():
            with suppress(*UNREADABLE):
                who = people.decode(text)
                if name == _PREFIX + who.id:
                    self.book.people[int(who.id)] = replace(who, name=border.name(who.name))

    async def learn(self, numbers: Iterable[int]) -> Mapping[int, Profile]:
        """Request unknown names; returns the new ones.

        Names that VK does not give stay empty; a failed request delays nothing.
        """
        wanted = sorted({number for number in numbers if number and number not in self.book.people})
        found: dict[int, Profile] = {}
        try:
            for some in portions(wanted, _MOST):
                found |= await self._ask(some)
        except (RateLimited, Retryable):
            wanted = []
        self.book.people.update({**{number: Profile(id=border.external_id(number)) for number in wanted}, **found})
        if found:
            await self._memory.save({f"{_PREFIX}{n}": msgspec.json.encode(who).decode() for n, who in found.items()})
        return found

    async def _ask(self, numbers: Sequence[int]) -> dict[int, Profile]:
        chats = [number for number in numbers if number > CHATS]
        people = [number for number in numbers if 0 < number < CHATS]
        groups = [-number for number in numbers if number < 0]
        return {
            **(await self._people(people) if people else {}),
            **(await self._groups(groups) if groups else {}),
            **(await self._chats(chats) if chats else {}),
        }

    async def _people(self, numbers: Sequence[int]) -> dict[int, Profile]:
        try:
            users = await self._api.patiently("users.get", list[User], {"user_ids": numbers, "fields": "screen_name"})
        except Rejected:
            return {}
        return {user.id: _user(user) for user in users}

    async def _groups(self, numbers: Sequence[int]) -> dict[int, Profile]:
        try:
            groups = (await self._api.patiently("groups.getById", Groups, {"group_ids": numbers})).groups
        except Rejected:
            return {}
        return {-group.id: _group(group) for group in groups}

    async def _chats(self, numbers: Sequence[int]) -> dict[int, Profile]:
        """Titles of group chats, which VK gives only to communities that administer them."""
        try:
            said = await self._api.patiently("messages.getConversationsById", Conversations, {"peer_ids": numbers})
        except Rejected:
            return {}
        titled = {item.peer.id: item.chat_settings.title for item in said.items if item.chat_settings}
        return {
            number: Profile(id=border.external_id(number), name=border.name(title)) for number, title in titled.items()
        }


def _user(user: User) -> Profile:
    own = "" if user.screen_name == f"id{user.id}" else user.screen_name
    return Profile(
        id=border.external_id(user.id),
        name=border.name(f"{user.first_name} {user.last_name}".strip()),
        username=border.address(own),
    )


def _group(group: Group) -> Profile:
    return Profile(
        id=border.external_id(-group.id),
        name=border.name(group.name),
        username=border.address(group.screen_name),
    )
