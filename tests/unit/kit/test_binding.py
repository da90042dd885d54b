"""The loop that asks until an answer holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T
from chatapp_cli.kit.binding import ask_until_proved, form_of
from chatapp_cli.ports.bind import Bound

BOUND = Bound(account="1", title="Ель")


class Answering:
    """Gives one set of answers after the other."""

    def __init__(self, *answers: Mapping[str, str]) -> None:
        self.forms: list[Form] = []
        self._answers: Sequence[Mapping[str, str]] = answers

    async def form(self, form: Form) -> Mapping[str, str]:
        self.forms.append(form)
        return self._answers[len(self.forms) - 1]

    async def show(self, notice: Notice) -> None:
        raise AssertionError("a form alone is shown")

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError("no page is visited")


FORM = Form(title=T("Mailbox"), fields=(), values={"name": "", "host": "known"})


async def test_a_wrong_answer_is_asked_for_again_with_what_was_wrong_and_what_was_typed() -> None:
    asker, proved = Answering({"name": "Fir"}, {"name": "Pine"}), []

    async def prove(values: Mapping[str, str]) -> Bound:
        proved.append(values["name"])
        if values["name"] == "Fir":
            raise UsageError(T("taken"), field="name")
        return BOUND

    assert await ask_until_proved(asker, FORM, prove) == BOUND
    assert proved == ["Fir", "Pine"]
    again = asker.forms[1]
    assert ({name: str(words) for name, words in again.errors.items()}, again.values["name"]) == (
        {"name": "taken"},
        "Fir",
    )


async def test_a_field_that_is_no_longer_asked_has_its_first_value_again() -> None:
    asker, hosts = Answering({"name": "Fir", "host": "typed"}, {"name": "Fir"}), []

    async def prove(values: Mapping[str, str]) -> Bound:
        hosts.append(values["host"])
        if len(hosts) == 1:
            raise UsageError(T("no server"), field="host")
        return BOUND

    await ask_until_proved(asker, FORM, prove)
    assert hosts == ["typed", "known"]


async def test_what_is_no_wrong_answer_ends_the_conversation() -> None:
    class Wrong(UsageError):
        """An answer of this form."""

    async def prove(values: Mapping[str, str]) -> Bound:
        raise Refused("code", T("Nobody can be asked.")) if values["name"] else UsageError(T("no terminal"))

    for name, error in (("Fir", Refused), ("", UsageError)):
        asker = Answering({"name": name})
        with pytest.raises(error):
            await ask_until_proved(asker, FORM, prove, wrong=Wrong)
        assert len(asker.forms) == 1


def test_a_form_is_filled_from_the_last_binding_then_from_the_installation_then_from_the_manifest() -> None:
    previous = Bound(account="1", title="", settings={"method": "qr", "home": "2 127.0.0.1:443"})
    fresh = form_of("telegram", None, here={"dc": "127.0.0.1:443"}).values
    assert (fresh["method"], fresh["dc"], fresh["api_hash"]) == ("code", "127.0.0.1:443", "")
    renewed = form_of("telegram", previous, here={"dc": "127.0.0.1:443"}).values
    assert (renewed["method"], renewed["dc"]) == ("qr", "127.0.0.1:443")
    assert "home" not in renewed
