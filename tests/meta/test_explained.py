"""Every code that may reach a person is explained to them, in the manifest or among our own words."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.kit import crms
from chatapp_cli.kit.manifests import manifest, packages
from chatapp_cli.services.words import OWN_CODES

CODE = Path(__file__).parents[2] / "chatapp_cli"
ERRORS = {error.__name__ for error in ChannelError.__subclasses__()}


def raised(*paths: Path) -> Iterator[str]:
    """Codes that are written where an error is made, whether it is called or handed on by ``partial``."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                words = [node.func, *node.args]
                pairs = pairwise(words)
                yield from (b.value for a, b in pairs if name(a) in ERRORS and isinstance(b, ast.Constant))


def name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


@pytest.mark.parametrize("kind", packages())
def test_a_channel_explains_every_code_that_it_may_raise(kind: str) -> None:
    paths = sorted((CODE / "connectors" / kind).glob("*.py"))
    used = [path.read_text("utf-8") for path in paths]
    paths += [CODE / "kit" / f"{part}.py" for part in ("http", "parts") if any(f"kit.{part}" in text for text in used)]
    codes = set(raised(*paths))
    assert codes
    assert codes - set(manifest(kind).errors) - set(OWN_CODES) == set()


@pytest.mark.parametrize("kind", crms.packages())
def test_a_crm_explains_every_code_that_it_may_raise(kind: str) -> None:
    codes = set(raised(*sorted((CODE / "crm" / kind).glob("*.py")), CODE / "kit" / "http.py"))
    assert codes
    assert codes - set(crms.manifest(kind).errors) - set(OWN_CODES) == set()


def test_the_daemon_explains_every_code_of_its_own() -> None:
    codes = set(raised(*(CODE / "runtime").glob("*.py")))
    assert "interrupted" in codes
    assert codes - set(OWN_CODES) == set()


def test_a_code_without_words_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "errors.py"
    path.write_text("VERDICTS = {1: partial(errors.Rejected, 'storm')}\nraise Retryable('hawk', words) from None\n")
    assert sorted(raised(path)) == ["hawk", "storm"]
