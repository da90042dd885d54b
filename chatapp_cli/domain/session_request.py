"""Requests to a channel's live session other than messages, and their states."""

from __future__ import annotations

from enum import StrEnum


class SessionMethod(StrEnum):
    """Each is the name of the session's method that carries it out."""

    FIND = "find"
    CONTACTS = "contacts"
    CHATS = "chats"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    HISTORY = "history"
    CREATE_GROUP = "create_group"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    RENAME_GROUP = "rename_group"
    END_GROUP = "end_group"
    TEMPLATES = "templates"
    SUBMIT = "submit"


class SessionRequestState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = frozenset({SessionRequestState.WAITING, SessionRequestState.RUNNING})
