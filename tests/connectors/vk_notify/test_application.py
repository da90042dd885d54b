"""The application to join: what has to be told, what is noticed, and the document."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from chatapp_cli.connectors.vk_notify.connector import create
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.connector import TakesApplication
from tests.connectors.vk_notify.notices import PERSON
from tests.unit.kit.worlds import NOON, held_world

pytestmark = [pytest.mark.req("S-087"), pytest.mark.req("S-089")]

COMPANY = PERSON | {
    "form": "ooo",
    "company": "Ёлки & Палки",
    "inn": "4000000015",
    "ogrn": "1204000000016",
    "kpp": "400001001",
    "position": "генеральный директор",
    "basis": "устав",
}


@pytest.fixture
def workspace() -> TakesApplication:
    made = create(held_world())
    assert isinstance(made, TakesApplication)
    assert manifest("vk_notify").capabilities.application
    return made


def test_the_form_asks_for_everything_that_the_provider_wants(workspace: TakesApplication) -> None:
    form = workspace.application()
    assert [field.name for field in form.fields] == list(dict.fromkeys(["accepted", *PERSON]))
    assert "https://notify.mail.ru/" in str(form.intro[0])
    only_companies = [field.name for field in form.fields if field.when == {"form": "ooo"}]
    assert only_companies == ["company", "kpp"]


@pytest.mark.parametrize("answers", [PERSON, COMPANY], ids=["ИП", "ООО"])
def test_answers_that_hold_are_taken(workspace: TakesApplication, answers: Mapping[str, str]) -> None:
    assert workspace.slips(answers) == {}


@pytest.mark.parametrize(
    ("answers", "changes", "blamed"),
    [
        (PERSON, {"accepted": "off"}, {"accepted"}),
        (PERSON, {"inn": "400000000066"}, {"inn"}),
        (PERSON, {"inn": "4000000015"}, {"inn"}),
        (PERSON, {"ogrn": "1204000000016"}, {"ogrn"}),
        (PERSON, {"signer": "Ёлкина"}, {"signer"}),
        (PERSON, {"signer": "", "basis": " "}, {"signer", "basis"}),
        (COMPANY, {"inn": "400000000065", "kpp": "", "company": ""}, {"inn", "kpp", "company"}),
        (COMPANY, {"ogrn": "1204000000017"}, {"ogrn"}),
        (COMPANY, {"kpp": "40000100"}, {"kpp"}),
    ],
)
def test_what_cannot_be_right_is_blamed_on_its_field(
    workspace: TakesApplication, answers: Mapping[str, str], changes: Mapping[str, str], blamed: set[str]
) -> None:
    assert set(workspace.slips({**answers, **changes})) == blamed


@pytest.mark.req("S-088")
def test_an_application_is_called_by_who_applies(workspace: TakesApplication) -> None:
    assert workspace.applicant(PERSON) == "ИП Ёлкина Ольга Петровна"
    assert workspace.applicant(COMPANY) == "ООО «Ёлки & Палки»"


@pytest.mark.req("S-088")
@pytest.mark.parametrize("answers", [PERSON, COMPANY], ids=["ИП", "ООО"])
def test_the_statement_tells_everything_and_whom_it_goes_to(
    workspace: TakesApplication, answers: Mapping[str, str]
) -> None:
    made = workspace.statement(answers, NOON)
    document = Document(BytesIO(made.content))
    words = [paragraph.text for paragraph in document.paragraphs]
    (table,) = document.tables
    rows = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert words[0] == "Заявление о присоединении"
    assert any("«Калуга Астрал»" in line or "Калуга Астрал" in line for line in words)
    assert any("2AE5B1FF4E2-75B8-46EB-87AE-69C8CDD15C1B" in line for line in words)
    assert "Дата составления: 18.11.2026" in words
    assert rows["ИНН"] == answers["inn"]
    assert rows["Адрес регистрации"] == answers["address"]
    assert ("КПП" in rows) == (answers["form"] == "ooo")
    assert len(rows) == (11 if answers["form"] == "ooo" else 10)
    assert made.name.endswith(".docx")
    assert not set('\\/:*?"<>|') & set(made.name)


def test_odd_letters_do_not_break_the_document(workspace: TakesApplication) -> None:
    made = workspace.statement(
        PERSON | {"address": "г. Калуга\x00\x1b[31m\n{д}.\u2028 7", "signer": "../../Ёлка Анна"}, NOON
    )
    document = Document(BytesIO(made.content))
    cells = [cell.text for row in document.tables[0].rows for cell in row.cells]
    assert "г. Калуга[31m {д}. 7" in cells
    assert made.name == "Заявление о присоединении, ИП ....Ёлка Анна.docx"


def test_the_library_for_documents_is_imported_only_for_a_document() -> None:
    script = "import sys; import chatapp_cli.connectors.vk_notify.connector; print('docx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "False"
