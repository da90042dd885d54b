"""What to do next is a code below every front end; each front end says it with something that really exists."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import typer.main

import chatapp_cli
from chatapp_cli.cli import app
from chatapp_cli.commands.next_steps import COMMANDS, command
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.next_step import Next, NextStep, steps, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import say_steps, show
from chatapp_cli.kit import crms
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.services import words
from chatapp_cli.tui.keys.keymap import action
from chatapp_cli.tui.keys.next_steps import KEYS, SHELL, keys

ROOT = Path(chatapp_cli.__file__).parent
ABOVE = ("cli.py", "__main__.py", "commands", "tui", "api", "locale", "config")
FRAMES = ("crm/*/*pages.py", "kit/crm_pages.py")
"""Pages in a CRM's frame, where a command is to be copied, whichever front end runs."""
VALUES = {
    "answer": "accepted",
    "n": 7,
    "kind": "sms",
    "line": "Опт",
    "name": "Пётр",
    "right": "lines",
    "to": "anna",
    "value": "x",
}


def test_every_code_has_a_command_and_keys() -> None:
    assert set(COMMANDS) == set(Next)
    assert set(KEYS) | set(SHELL) == set(Next)
    assert not set(KEYS) & set(SHELL)


@pytest.mark.parametrize("code", Next)
def test_what_is_said_really_exists(code: Next) -> None:
    one = to_do(code, **VALUES)
    words = (f"chatapp message {command(one)}" if code is Next.AGAIN else command(one)).split()
    assert words[0] == "chatapp"
    found = typer.main.get_command(app)
    for word in words[1:]:
        if hasattr(found, "list_commands"):
            known = found.list_commands(None)
            assert word in known or word.startswith("--"), word
            found = found.get_command(None, word) if word in known else found
    for scope, name in KEYS.get(code, ()):
        assert action(scope, name).keys
    assert keys(one)


def test_one_sentence_is_said_by_each_front_end_in_its_own_way() -> None:
    text = T("Take them off it first: {how}", how=to_do(Next.UNBLOCK, n=5))
    assert show(text) == "Take them off it first: chatapp dialog unblock 5"
    say_steps(keys)
    assert show(text) == "Take them off it first: b"
    assert list(steps(text)) == [NextStep(Next.UNBLOCK, {"n": 5})]


def test_nothing_below_the_front_ends_names_a_command_of_theirs() -> None:
    nouns = "|".join(typer.main.get_command(app).list_commands(None))
    said = re.compile(rf"\bchatapp ({nouns})\b(?! of)")
    for file in (*ROOT.rglob("*.py"), *ROOT.rglob("*.toml")):
        if file.relative_to(ROOT).parts[0] not in ABOVE and not any(map(file.match, FRAMES)):
            lines = [line for line in file.read_text("utf-8").splitlines() if said.search(line)]
            assert [line for line in lines if '"' in line and "``chatapp" not in line and "`chatapp" not in line] == []


def test_a_manifest_says_what_can_be_done_with_its_own_kind() -> None:
    found = {one for about in manifests().values() for error in about.errors.values() for one in _all(error.next_step)}
    assert {code for code, _kind in found} >= {Next.PROXIES, Next.DECIDE, Next.CONFIGURE, Next.SYNC}
    assert (Next.SYNC, "whatsapp") in found


OF_A_LINK = {Next.LINK_AGAIN, Next.LINKS, Next.PAIR, Next.ROBOTS, Next.UNLINK}


@pytest.mark.parametrize("kind", crms.packages())
def test_a_crm_says_what_can_be_done_with_the_link_that_is_meant(kind: str) -> None:
    about, codes = crms.manifest(kind), {*crms.manifest(kind).errors, "uninstalled", "redirected", "place_gone"}
    found = [words.why_there(one, LinkId(7), code)[1] for one in (about, replace(about, errors={})) for code in codes]
    said = [show(step) for step in found]
    assert [one for one in said if re.search(r"(?i)link the CRM again(?!.*--renew 7)", one)] == []
    meant = [one for step in found for one in steps(step) if one.code in OF_A_LINK]
    assert {one.code for one in meant} >= {Next.LINK_AGAIN, Next.LINKS, Next.PAIR}
    assert {one.params["link"] for one in meant} == {7}
    new = words.why_not_answered(about, None, "unauthorised")[1]
    assert show(new) == f"Link the CRM again: chatapp crm link {kind}"


def _all(text: object) -> list[tuple[Next, object]]:
    return [(one.code, one.params.get("kind")) for one in steps(text)]  # type: ignore[arg-type]
