"""Events of CRMs as they are stored: every kind has its form, its words, and somebody who applies it."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.crm.events import (
    CardChanged,
    CardCommented,
    CopyCame,
    CrmEvent,
    CrmRewrote,
    CrmStepAsked,
    CrmWrote,
    PlaceConfigured,
)
from chatapp_cli.services import crm_event_form, crm_intake, crm_put_off

OF_SESSIONS: set[type[CrmEvent]] = {CopyCame, PlaceConfigured, CardChanged, CardCommented}


def test_every_event_is_applied_by_somebody_and_has_words_if_it_may_be_put_off() -> None:
    everything = set(crm_event_form.EVENTS)
    assert crm_put_off.WORDS.keys() == everything - crm_intake.AT_ONCE.keys()
    assert crm_intake.APPLIED.keys() == everything - crm_intake.AT_ONCE.keys() - OF_SESSIONS


def test_stored_events_are_known_and_found_by_how_they_begin() -> None:
    for kind in crm_event_form.EVENTS:
        assert crm_event_form.kind_of(f'["{kind.__name__}",{{}}]') is kind
    assert [crm_event_form.kind_of(text) for text in ("", '["CrmWrote2",{}]')] == [None, None]
    assert crm_event_form.pattern_of(CrmRewrote) == '["CrmRewrote",%'
    assert crm_event_form.pattern_of(CardChanged, CardCommented) == '["CardC%'
    assert crm_event_form.pattern_of_remote(CrmStepAsked, "ё_1") == '["CrmStepAsked",{"remote":"ё!_1",%'
    with pytest.raises(AssertionError, match="CrmConversation"):
        crm_event_form.pattern_of(CrmWrote, CrmRewrote)
