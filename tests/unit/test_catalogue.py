"""Compiled catalogues."""

import gettext
import sys

import pytest

from chatapp_cli.catalogue import Catalogue
from chatapp_cli.i18n import CATALOGUES

FILE = CATALOGUES / "ru" / "LC_MESSAGES" / "chatapp.mo"


def test_every_sentence_reads_as_the_standard_library_reads_it() -> None:
    with FILE.open("rb") as file:
        standard = gettext.GNUTranslations(file)
    ours, words = Catalogue(FILE.read_bytes()), vars(standard)["_catalog"]
    sentences = [msgid for msgid in words if isinstance(msgid, str)]
    counted = {msgid for msgid, _form in (one for one in words if isinstance(one, tuple))}
    assert len(sentences) > 4000
    assert len(counted) > 10
    assert {one for one in sentences if ours.gettext(one) != words[one]} == set()
    for one in counted:
        there = [standard.ngettext(one, "many", n) for n in range(130)]
        assert [ours.ngettext(one, "many", n) for n in range(130)] == there
        assert ours.gettext(one) == standard.gettext(one)


@pytest.mark.parametrize("catalogue", [Catalogue(), Catalogue(FILE.read_bytes())])
@pytest.mark.parametrize("unknown", ["Nobody wrote this", "\uffff", "name \ud83d"])
def test_what_is_not_translated_stays_as_it_is(catalogue: Catalogue, unknown: str) -> None:
    assert [catalogue.gettext(unknown) for _again in range(2)] == [unknown] * 2
    assert [catalogue.ngettext(unknown, "many", n) for n in (0, 1, 2)] == ["many", unknown, "many"]


def test_a_sentence_that_is_not_counted_has_no_form_for_a_number() -> None:
    assert Catalogue(FILE.read_bytes()).ngettext("Log in as an operator", "many", 5) == "many"


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not a catalogue"):
        Catalogue(bytes(20))


def test_what_is_not_translated_is_not_remembered() -> None:
    catalogue = Catalogue(FILE.read_bytes())
    catalogue.gettext("Log in as an operator")

    def held() -> int:
        return sum(sys.getsizeof(one) for one in vars(catalogue).values() if isinstance(one, dict))

    before = held()
    assert [catalogue.gettext(f"Anna {n}") for n in range(1000)] == [f"Anna {n}" for n in range(1000)]
    assert held() == before
