"""The page about writing first says of every channel what its manifest says."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifests

PAGE = Path(__file__).parents[2] / "docs" / "writing-first.md"
SPOKEN = {"phone": "phone", "username": "@username", "email": "e-mail", "chat_id": "ChatID"}
PACED = {"phone": "to numbers", "strangers": "to strangers", "account": "in all", "dialog": "to one client"}


def expected() -> list[str]:
    every = manifests().values()
    return [f"| {show(known.title)} | {_how(known.capabilities)} |" for known in every]


def _how(can: Capabilities) -> str:
    by = ", ".join(SPOKEN[kind] for kind in can.write_first) or "no: the client writes first"
    only = "template" if can.templates else "text"
    extras = {"subject": can.subject, "files": can.max_upload, "names": can.keeps_names, "contacts": can.lists_contacts}
    along = ", ".join(name for name, has in extras.items() if has)
    slow = [rate for rate in can.rates if rate.scope in {"phone", "strangers"}]
    return " | ".join((by, *((only, along, ", ".join(map(_pace, slow))) if can.write_first else ("", "", ""))))


def _pace(rate: Rate) -> str:
    return f"{rate.limit} in {rate.per:g} s {PACED[rate.scope]}"


@pytest.mark.req("S-120")
def test_the_page_says_of_every_channel_who_can_be_written_to_first() -> None:
    said = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert said[: len(expected())] == expected()


@pytest.mark.req("S-120")
def test_the_channels_of_the_requirement_write_first() -> None:
    begin = {kind for kind, known in manifests().items() if known.capabilities.write_first}
    assert {"whatsapp_web", "telegram", "vk_notify", "email"} <= begin
    assert not {"telegram_bot", "vk", "avito", "max"} & begin
