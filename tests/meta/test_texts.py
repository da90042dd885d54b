"""Every sentence of a person's screen is there in both languages."""

import pytest

from chatapp_cli import i18n
from chatapp_cli.domain.text import T
from scripts import messages


def test_the_catalogues_hold_what_the_sources_say() -> None:
    assert messages.outdated(write=False) == []


@pytest.mark.req("S-012")
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_sentence_is_translated_with_the_same_placeholders(language: str) -> None:
    assert messages.faults(messages.translated(language, messages.template())) == []


@pytest.mark.req("S-012")
def test_a_sentence_is_said_in_the_chosen_language_with_its_values() -> None:
    text = T("The channel answered: {code} {detail}", code="429", detail="wait")
    assert i18n.show(text) == "The channel answered: 429 wait"
    i18n.use("ru")
    assert i18n.show(text) == "Канал ответил: 429 wait"


def test_a_catalogue_that_lost_a_value_or_a_sentence_is_found_out() -> None:
    catalog = messages.template()
    catalog.add("Hello, {name}", "Здравствуйте")
    catalog.add("Bye, {name}", "До свидания, {name}")
    found = messages.faults(catalog)
    assert "other placeholders: 'Hello, {name}'" in found
    assert not [fault for fault in found if "Bye" in fault]
    assert [fault for fault in found if fault.startswith("not translated")]
