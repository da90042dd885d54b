"""The rules by which a bot may delete messages, one by one."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.telegram_bot.deletion import Rights, Target, may_delete
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.kit.manifests import manifest

HOUR = 3_600_000
MEMBER = Rights()
ADMIN = Rights(admin=True)
POSTER = Rights(admin=True, can_post_messages=True)
DELETER = Rights(admin=True, can_delete_messages=True)

pytestmark = pytest.mark.req("S-067")


def target(place: str, *, ours: bool = True, age: int = HOUR, dice: bool = False) -> Target:
    return Target(place=place, ours=ours, age=age, dice=dice)  # type: ignore[arg-type]


@pytest.mark.req("C-07")
@pytest.mark.parametrize(
    ("what", "rights", "refusal"),
    [
        pytest.param(target("private", age=48 * HOUR - 1), MEMBER, None, id="a: younger than 48 hours"),
        pytest.param(target("private", age=48 * HOUR), MEMBER, "delete_too_old", id="a: 48 hours old"),
        pytest.param(target("group", age=48 * HOUR), DELETER, "delete_too_old", id="a: no right lifts the age"),
        pytest.param(target("private", age=24 * HOUR, dice=True), MEMBER, "delete_dice_too_new", id="b: fresh die"),
        pytest.param(target("private", age=24 * HOUR + 1, dice=True), MEMBER, None, id="b: rested die"),
        pytest.param(target("private", age=48 * HOUR, dice=True), MEMBER, "delete_too_old", id="b: old die"),
        pytest.param(target("group", dice=True), MEMBER, None, id="b: a die in a group needs no rest"),
        pytest.param(target("private"), MEMBER, None, id="c: ours in private"),
        pytest.param(target("group"), MEMBER, None, id="c: ours in a group"),
        pytest.param(target("supergroup"), MEMBER, None, id="c: ours in a supergroup"),
        pytest.param(target("private", ours=False), MEMBER, None, id="d: theirs in private"),
        pytest.param(target("group", ours=False), MEMBER, "delete_no_rights", id="d: not theirs in a group"),
        pytest.param(target("channel"), POSTER, None, id="e: ours in a channel where we may post"),
        pytest.param(target("channel"), ADMIN, "delete_no_rights", id="e: not where we may not"),
        pytest.param(target("channel", ours=False), POSTER, "delete_no_rights", id="e: nor theirs"),
        pytest.param(target("group", ours=False), ADMIN, None, id="f: any in a group whose administrator we are"),
        pytest.param(target("supergroup", ours=False), ADMIN, "delete_no_rights", id="f: not in a supergroup"),
        pytest.param(target("supergroup", ours=False), DELETER, None, id="g: any in a supergroup with the right"),
        pytest.param(target("channel", ours=False), DELETER, None, id="g: any in a channel with the right"),
    ],
)
def test_what_a_bot_may_delete(what: Target, rights: Rights, refusal: str | None) -> None:
    assert may_delete(what, rights) == refusal


def test_every_refusal_is_explained_to_a_person() -> None:
    explained = manifest("telegram_bot").errors
    assert {"delete_too_old", "delete_dice_too_new", "delete_no_rights"} <= set(explained)


def test_the_window_is_known_before_an_attempt() -> None:
    can: Capabilities = manifest("telegram_bot").capabilities
    assert can.delete_within * 1000 == 48 * HOUR
