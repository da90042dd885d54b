"""The loop of every binding: ask, verify, ask again with the error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field, Form
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound

Answers = Mapping[str, str]
Wrong = TypeVar("Wrong", bound=UsageError)


def blamed(error: UsageError, answers: Answers) -> Mapping[str, Text]:  # noqa: ARG001 - others look at the answers
    """Put an error at the field that it names, and its next step at the form as a whole, or both there."""
    if not error.field:
        return {
            "": error.what if error.next_step is None else T("{what} {step}", what=error.what, step=error.next_step)
        }
    return {error.field: error.what} | ({} if error.next_step is None else {"": error.next_step})


def form_of(
    kind: str,
    previous: Bound | None,
    *,
    title: Text | None = None,
    intro: Sequence[Text] = (),
    here: Answers | None = None,
) -> Form:
    """Return the manifest's fields as a form.

    Its values are those of the previous binding, otherwise the defaults of this installation (``here``), otherwise
    those of the manifest; a field that another answer may tell has none of these last.
    """
    about = manifest(kind)
    values = {field.name: field.default for field in about.fields if not field.found_in} | dict(here or {})
    settings = previous.settings if previous else {}
    values |= {field.name: settings[field.name] for field in about.fields if field.name in settings}
    return Form(title=title or about.title, intro=intro, fields=about.fields, values=values)


def left_after(fields: Sequence[Field], answers: Answers) -> Sequence[Field]:
    """The questions that are left after some were answered in a form of their own, and apply after these answers."""
    return [replace(one, when={}) for one in fields if one.name not in answers and one.applies(answers)]


async def ask_until_proved(
    ask: Asker,
    form: Form,
    prove: Callable[[Answers], Awaitable[Bound]],
    *,
    wrong: type[Wrong] = UsageError,  # type: ignore[assignment]  # a default cannot bind the variable
    blame: Callable[[Wrong, Answers], Mapping[str, Text]] = blamed,
) -> Bound:
    """Ask until ``prove`` accepts the answers.

    ``prove`` gets every field of the form; a field that was not asked has its initial value. For a wrong answer it
    raises ``wrong``, which ``blame`` turns into the errors of the next form; any other error ends the binding.
    """
    known = form.values
    while True:
        values = {**known, **await ask.form(form)}
        try:
            return await prove(values)
        except wrong as error:
            form = replace(form, values=values, errors=blame(error, values))
