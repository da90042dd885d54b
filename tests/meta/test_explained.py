"""Every code that may reach a person is explained to them, in the manifest or among our own words."""

from pathlib import Path

import pytest

from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.text import Text
from chatapp_cli.kit import crms
from chatapp_cli.kit.manifests import manifest, packages
from chatapp_cli.services import crm_intake, ledger, link_codes, links, pairings
from chatapp_cli.services.words import OWN_CODES, what_there
from tests.meta.codes import raised

CODE = Path(__file__).parents[2] / "chatapp_cli"
TILLBOOK = CrmManifest(kind="tillbook", title=Text("Till book"), summary=Text(""))
OF_LINKS = {links.NEW, ledger.UNCERTAIN, crm_intake.UNINSTALLED, pairings.DETACHED_THERE, pairings.PLACE_GONE}
OF_LINKS |= {"payment", "suspended"}
"""Codes that no error bears, and those that ``CrmSession`` names."""


@pytest.mark.parametrize("kind", packages())
def test_a_channel_explains_every_code_that_it_may_raise(kind: str) -> None:
    paths = sorted((CODE / "connectors" / kind).glob("*.py"))
    used = [path.read_text("utf-8") for path in paths]
    paths += [CODE / "kit" / f"{part}.py" for part in ("http", "parts") if any(f"kit.{part}" in text for text in used)]
    codes = set(raised(*paths))
    assert codes
    assert codes - set(manifest(kind).errors) - set(OWN_CODES) == set()


def test_the_daemon_explains_every_code_of_its_own() -> None:
    codes = set(raised(*(CODE / "runtime").glob("*.py")))
    assert "interrupted" in codes
    assert codes - set(OWN_CODES) == set()


@pytest.mark.parametrize("kind", crms.packages())
def test_a_crm_explains_every_code_that_it_may_raise(kind: str) -> None:
    codes = set(raised(*sorted((CODE / "crm" / kind).glob("*.py"))))
    assert codes
    assert {code for code in codes if link_codes.of_link(crms.manifest(kind), code) is None} - set(OWN_CODES) == set()


def test_what_every_link_may_meet_is_explained_with_the_name_of_its_crm() -> None:
    parts = ("runtime/ledger", "runtime/lifecycle", "runtime/link", "runtime/link_inbox", "kit/http", "kit/crms")
    codes = OF_LINKS | set(raised(*(CODE / f"{part}.py" for part in parts)))
    assert {code for code in codes if link_codes.of_link(TILLBOOK, code) is None} - set(OWN_CODES) == set()
    assert str(what_there(TILLBOOK, "unreachable", "no route")) == "Till book cannot be reached. (no route)"
    assert str(what_there(TILLBOOK, links.NEW)) == "Till book is not connected at the moment."
    assert str(what_there(crms.manifest("bitrix24"), "unreachable")) == "The portal cannot be reached."


def test_a_code_without_words_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "errors.py"
    path.write_text("VERDICTS = {1: partial(errors.Rejected, 'storm')}\nraise Retryable('hawk', words) from None\n")
    assert sorted(raised(path)) == ["hawk", "storm"]
