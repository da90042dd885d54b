"""What a check says of a failure."""

from __future__ import annotations

from chatapp_cli.domain.errors import Retryable
from chatapp_cli.kit.checking import broken, with_proxies
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


def test_a_failure_is_told_in_the_manifests_words_with_the_providers_beside_them() -> None:
    words = manifest("telegram").errors["unreachable"]
    assert str(broken("telegram", "send", Retryable("unreachable", "no route")).what) == f"{words.what} (no route)"
    assert broken("telegram", "send", Retryable("unreachable")).what == words.what
    bare = broken("telegram", "send", Retryable("unreachable", "no route"), detailed=False)
    assert (bare.what, bare.next_step, bare.name, bare.ok) == (words.what, words.step_when_bound, "send", False)


def test_a_code_that_no_manifest_explains_speaks_for_itself() -> None:
    assert str(broken("telegram", "send", Retryable("of_tomorrow", "x")).what) == "The channel answered: of_tomorrow x"


async def test_where_nothing_can_be_asked_neither_side_works_and_the_proxies_are_tried_all_the_same() -> None:
    async def look() -> list[Finding]:
        raise Retryable("unreachable")

    bound = Bound(account="1", title="", secrets={"proxies": "http://127.0.0.1:1"})
    found = await with_proxies("telegram", bound, "http://127.0.0.1:1", look)
    assert [(one.name, one.ok) for one in found] == [("receive", False), ("send", False), ("proxy", False)]
