"""The numbers of channels that S-036 and C-04 fix for ever."""

import pytest

from chatapp_cli.kit.manifests import kind_of, manifests

FIXED = {
    "telegram_bot": 1,
    "telegram": 2,
    "vk": 3,
    "max": 4,
    "avito": 5,
    "api": 6,
    "whatsapp": 7,
    "sms": 8,
    "email": 11,
    "vk_notify": 12,
    "whatsapp_web": 13,
}
"""Nothing bears 9; 10 is kept for Telegram parsing."""


@pytest.mark.req("S-036")
@pytest.mark.req("C-04")
def test_every_channel_bears_the_number_that_was_fixed_for_it() -> None:
    found = {kind: one.source_id for kind, one in manifests().items()}
    assert found == {kind: FIXED[kind] for kind in found}
    assert list(found.values()) == sorted(set(found.values()))


def test_a_kind_is_named_by_its_number_as_well() -> None:
    assert [kind_of("6"), kind_of("11"), kind_of("api")] == ["api", "email", "api"]
    assert [kind_of("9"), kind_of("-1"), kind_of("pigeon")] == ["9", "-1", "pigeon"]
