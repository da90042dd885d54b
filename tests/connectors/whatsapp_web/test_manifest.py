"""Whatever the connector or its child may say is explained to a person, and the README tells the protocol as it is."""

from __future__ import annotations

import re
from pathlib import Path

from chatapp_cli.connectors import whatsapp_web
from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.endings import _BANS
from chatapp_cli.connectors.whatsapp_web.child.refusals import MEMBERS
from chatapp_cli.connectors.whatsapp_web.child.requests import ORDERS
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.sandbox.whatsapp_web.orders import ORDERS as MINIATURE

HERE = Path(whatsapp_web.__path__[0])
ERRORS = "Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited|Failure|_lost"
RAISED = re.compile(rf'(?:{ERRORS})\(\s*"(\w+)"|code = "(\w+)"')


def test_every_code_of_desk_and_child_is_explained() -> None:
    found = [pair for path in HERE.rglob("*.py") for pair in RAISED.findall(path.read_text("utf-8"))]
    codes = {one for pair in found for one in pair if one} | set(_BANS.values()) | set(MEMBERS.values())
    assert {"logged_out", "in_use", "child_ended", "ban_strangers", "strangers_limited", "privacy"} <= codes
    assert codes - set(manifest("whatsapp_web").errors) == set()


def test_the_miniature_knows_every_request_of_the_protocol() -> None:
    assert set(MINIATURE) | {"logout"} == set(ORDERS)


def test_the_readme_names_the_version_and_every_request() -> None:
    readme = (HERE / "README.md").read_text("utf-8")
    assert f"The protocol, version {wire.VERSION}" in readme
    assert [do for do in ORDERS if f"`{do}`" not in readme] == []
