"""The Graph API's answers: only the fields that we use."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

from chatapp_cli.connectors.whatsapp.wire import Fault


class Refusal(Struct, frozen=True):
    """An error answer."""

    error: Fault


class Number(Struct, frozen=True, gc=False):
    """Our phone number."""

    id: str
    display_phone_number: str = ""
    verified_name: str = ""
    quality_rating: str = ""
    status: str = ""


class Ref(Struct, frozen=True, gc=False):
    """The id of something."""

    id: str


class Refs(Struct, frozen=True):
    """A list of ids."""

    data: list[Ref] = []


class Subscriptions(Struct, frozen=True):
    """The apps that receive the account's webhooks."""

    data: list[Raw] = []


class Sent(Struct, frozen=True):
    """The answer to a sent message."""

    messages: Annotated[list[Ref], Meta(min_length=1)]


class Place(Struct, frozen=True, gc=False):
    """The download link of a file, valid for five minutes."""

    url: str
    sha256: str = ""
    file_size: int = 0


class Part(Struct, frozen=True):
    """A part of a template."""

    type: str
    text: str = ""
    format: str = ""
    buttons: list[Raw] = []


class Form(Struct, frozen=True):
    """A template."""

    name: str
    language: str
    status: str = ""
    category: str = ""
    rejected_reason: str = ""
    components: list[Part] = []


class Cursors(Struct, frozen=True, gc=False):
    """Where the next page begins."""

    after: str = ""


class Paging(Struct, frozen=True, gc=False):
    """The paging of a list."""

    cursors: Cursors = Cursors()
    next: str = ""


class Forms(Struct, frozen=True):
    """A page of templates."""

    data: list[Form] = []
    paging: Paging = Paging()


class Submitted(Struct, frozen=True, gc=False):
    """The answer to a submitted template."""

    status: str = "PENDING"
    category: str = ""


class ActiveGroup(Struct, frozen=True, gc=False):
    """One of our groups."""

    id: str
    subject: str = ""


class ActiveGroups(Struct, frozen=True):
    """All of them."""

    groups: list[ActiveGroup] = []


class GroupPage(Struct, frozen=True):
    """A page of groups."""

    data: ActiveGroups = ActiveGroups()
    paging: Paging = Paging()


class Anything(Struct, frozen=True, gc=False):
    """An answer whose content does not matter."""
