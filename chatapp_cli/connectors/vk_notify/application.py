"""The application to join VK Notify: its form and its checks (S-087, S-089)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chatapp_cli.domain.company import is_company_inn, is_kpp, is_ogrn, is_ogrnip, is_person_inn
from chatapp_cli.domain.form import Choice, Field, Form
from chatapp_cli.domain.text import T, Text

COMPANY: Final = "ooo"
PERSON: Final = "ip"

FORM: Final = Form(
    title=T("Statement of joining"),
    intro=(
        T("Read the rules at https://notify.mail.ru/ first: the statement accepts them."),
        T("The statement is sent by electronic document interchange (EDO), signed by whom you name here."),
    ),
    fields=(
        Field(
            name="accepted",
            label=T("The rules were read and are accepted"),
            kind="flag",
            default="off",
        ),
        Field(
            name="form",
            label=T("Kind of business"),
            kind="choice",
            default=PERSON,
            choices=(
                Choice(value=PERSON, label=T("Sole proprietor (ИП)")),
                Choice(value=COMPANY, label=T("Limited company (ООО)")),
            ),
        ),
        Field(name="company", label=T("Name of the company"), hint=T("Without ООО."), when={"form": COMPANY}),
        Field(name="edo_id", label=T("EDO identifier"), hint=T("From your EDO operator, such as 2BM-….")),
        Field(name="edo_operator", label=T("EDO operator"), hint=T("Such as Калуга Астрал, Контур, Тензор.")),
        Field(name="inn", label=T("ИНН of the company"), hint=T("Ten digits, of a sole proprietor twelve.")),
        Field(name="ogrn", label=T("ОГРН"), hint=T("Thirteen digits; ОГРНИП of a sole proprietor fifteen.")),
        Field(name="kpp", label=T("КПП"), hint=T("Nine digits."), when={"form": COMPANY}),
        Field(name="address", label=T("Registered address")),
        Field(name="position", label=T("Position of the signatory"), hint=T("Such as генеральный директор.")),
        Field(name="signer", label=T("Full name of the signatory"), hint=T("Surname, name and patronymic.")),
        Field(name="basis", label=T("Basis of the signatory's powers"), hint=T("Such as устав.")),
    ),
)

_ALWAYS: Final = ("edo_id", "edo_operator", "address", "position", "signer", "basis")
_NUMBERS: Final[Mapping[str, Mapping[str, tuple[Callable[[str], bool], Text]]]] = {
    COMPANY: {
        "inn": (is_company_inn, T("A company's ИНН has ten digits, the last one a check digit: look for a typo.")),
        "ogrn": (is_ogrn, T("An ОГРН has thirteen digits, the last one a check digit: look for a typo.")),
        "kpp": (is_kpp, T("A КПП has nine digits.")),
    },
    PERSON: {
        "inn": (
            is_person_inn,
            T("A sole proprietor's ИНН has twelve digits, the last two check digits: look for a typo."),
        ),
        "ogrn": (is_ogrnip, T("An ОГРНИП has fifteen digits, the last one a check digit: look for a typo.")),
    },
}


def slips(answers: Mapping[str, str]) -> Mapping[str, Text]:
    """Errors by field."""
    found = {name: T("An answer is needed.") for name in _wanted(answers) if not _said(answers, name)}
    if answers.get("accepted") != "on":
        found["accepted"] = T("Without accepting the rules nobody can join.")
    if "signer" not in found and len(_said(answers, "signer").split()) < 2:  # noqa: PLR2004 - surname and name
        found["signer"] = T("Surname and name at least.")
    for name, (holds, words) in _NUMBERS[answers["form"]].items():
        if not holds(_said(answers, name)):
            found[name] = words
    return found


def applicant(answers: Mapping[str, str]) -> str:
    """The applicant as listed in the company register."""
    if answers["form"] == COMPANY:
        return f"ООО «{_said(answers, 'company')}»"
    return f"ИП {_said(answers, 'signer')}"


def _wanted(answers: Mapping[str, str]) -> tuple[str, ...]:
    return (*_ALWAYS, "company") if answers["form"] == COMPANY else _ALWAYS


def _said(answers: Mapping[str, str], name: str) -> str:
    return " ".join(answers.get(name, "").split())
