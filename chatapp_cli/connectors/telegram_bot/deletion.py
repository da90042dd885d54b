"""When a bot may delete a message: https://core.telegram.org/bots/api#deletemessage as a pure rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from chatapp_cli.domain.ids import Millis

WINDOW = 48 * 3_600_000
"""Milliseconds after which messages can no longer be deleted."""

DICE_REST = 24 * 3_600_000
"""Milliseconds before which a die in a private chat cannot be deleted, so that nobody secretly throws again."""

Place: TypeAlias = Literal["private", "group", "supergroup", "channel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The message in question; ``age`` in milliseconds."""

    place: Place
    age: Millis
    ours: bool
    dice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The bot's rights in the chat of the message."""

    admin: bool = False
    can_post_messages: bool = False
    can_delete_messages: bool = False


def may_delete(target: Target, rights: Rights) -> str | None:
    """Return ``None``, or why not: a code of the manifest's ``[errors]``."""
    if target.age >= WINDOW:
        return "delete_too_old"
    if target.dice and target.place == "private" and target.age <= DICE_REST:
        return "delete_dice_too_new"
    return None if _has_right(target, rights) else "delete_no_rights"


def _has_right(target: Target, rights: Rights) -> bool:
    if target.place == "private":
        return True
    if target.place == "group":
        return target.ours or rights.admin
    if rights.can_delete_messages:
        return True
    return target.ours and (target.place == "supergroup" or rights.can_post_messages)
