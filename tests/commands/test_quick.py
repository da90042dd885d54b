"""``chatapp quick``, and quick replies in ``chatapp reply``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Program, Shell, Write

GREETING = "{имя клиента}, здравствуйте! Это {operator_name}, {название компании}. Заказ {номер заказа} готов."
SHEET = "section;title;text;keywords\nЗаказы;Доставка;Везём за два дня;курьер\nЗаказы;Адрес;Садовая, 5;где вы\n"


@pytest.fixture
def filled(chatapp: Shell) -> Shell:
    chatapp("quick", "add-section", "Заказы")
    chatapp("quick", "add", "заказы", "Доставка", "-t", "Везём за два дня", "-k", "курьер", "--category", "продажи")
    chatapp("quick", "add", "Заказы", "Готов", "--text", GREETING)
    return chatapp


@pytest.mark.req("S-137", "S-138", "S-140")
def test_replies_are_found_shown_changed_and_removed(filled: Shell, tmp_path: Path) -> None:
    assert filled("quick", "list", "--search", "курьер").rows == [
        ["1", "Заказы", "Доставка", "sales", "0", "Везём за два дня"]
    ]
    assert [row["title"] for row in filled("quick", "list", "--json").json] == ["Готов", "Доставка"]
    assert [row[2] for row in filled("quick", "list", "-s", "заказы", "--category", "Продажи").rows] == ["Доставка"]
    price = tmp_path / "прайс.txt"
    price.write_text("900", "utf-8")
    filled("quick", "edit", "готов", "--title", "Заказ готов", "--keywords", "когда", "--file", price)
    shown = filled("quick", "show", "заказ готов", "--json").json
    assert (shown["gaps"], shown["keywords"]) == (
        ["имя клиента", "operator_name", "название компании", "номер заказа"],
        "когда",
    )
    assert [file["name"] for file in shown["files"]] == ["прайс.txt"]
    assert "прайс.txt" in filled("quick", "show", "Заказ готов").out
    filled("quick", "edit", "Заказ готов", "--no-files")
    assert filled("quick", "show", "Заказ готов", "--json").json["files"] == []
    filled("quick", "remove", "Заказ готов")
    assert [row[2] for row in filled("quick", "list").rows] == ["Доставка"]


@pytest.mark.req("S-136")
def test_a_section_is_closed_by_the_first_invitation(filled: Shell) -> None:
    filled("quick", "rename-section", "Заказы", "Заказ")
    assert filled("quick", "sections").rows == [["1", "Заказ", "2", "everybody"]]
    filled("quick", "invite", "Заказ", "Марина")
    assert filled("quick", "sections", "--json").json[0]["editors"] == ["Марина", "Ольга"]
    refused = filled.run("quick", "remove", "Готов", CHATAPP_OPERATOR="Иван")
    assert (refused.code, refused.err.splitlines()) == (
        1,
        ["Иван may not edit the section Заказ.", "→ Ask one of its editors to be invited: Марина, Ольга"],
    )
    for name in ("Марина", "Ольга"):
        filled("quick", "uninvite", "Заказ", name)
    filled("quick", "remove", "Готов", CHATAPP_OPERATOR="Иван")
    filled("quick", "remove-section", "Заказ", "--force")
    assert filled("quick", "sections").out == ""


@pytest.mark.req("S-139", "S-140")
@pytest.mark.req("C-10", part="quick replies")
def test_a_quick_reply_answers_with_everything_filled(filled: Shell, program: Program, client_writes: Write) -> None:
    client_writes("Готово?")
    short = filled.run("reply", 1, "--quick", "Готов", CHATAPP_COMPANY_NAME="Тёплый дом")
    assert (short.code, short.err.splitlines()[0]) == (2, "Nothing fills {номер заказа}.")
    assert filled.run("reply", 1, "--quick", "Готов", "--text", "Да").code == 2
    sent = filled(
        "reply", 1, "--quick", "Готов", "--value", "Номер заказа=15", "--json", CHATAPP_COMPANY_NAME="Тёплый дом"
    )
    assert sent.json["state"] == "sent"
    assert program.heard == ["Анна, здравствуйте! Это Ольга, Тёплый дом. Заказ 15 готов."]
    assert [(row["title"], row["used"]) for row in filled("quick", "list", "--json").json] == [
        ("Готов", 1),
        ("Доставка", 0),
    ]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_exported_is_the_same_when_it_is_imported(filled: Shell, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"replies.{form}"
    file.write_text(filled("quick", "export", "--form", form).out, "utf-8")
    assert filled("quick", "import", file, "--json").json == {"added": 0, "changed": 0, "same": 2}
    filled("quick", "remove-section", "Заказы", "--force")
    assert filled("quick", "import", file).out == "2\n"
    assert filled("quick", "export", "--form", form).out == file.read_text("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_spreadsheets_file_is_taken_over_and_a_dry_run_changes_nothing(
    filled: Shell, tmp_path: Path, encoding: str
) -> None:
    file = tmp_path / "replies.csv"
    file.write_text(SHEET, encoding)
    before = filled("quick", "export").out
    assert filled("quick", "import", file, "--dry-run", "--json").json == {"added": 1, "changed": 1, "same": 0}
    assert filled("quick", "export").out == before
    assert filled("quick", "import", file).err == "New: 1, changed: 1, the same: 0.\n"
    assert filled("quick", "show", "Адрес", "--json").json["keywords"] == "где вы"


def test_of_a_faulty_file_nothing_is_taken_and_every_fault_is_told(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "replies.csv"
    file.write_text(
        "section,title,text\nОпт,Скидка,От 50 штук\nОпт,,Пусто\nОпт,скидка,Ещё\n,Без раздела,Да\nОпт,Лишнее,Да,1\n",
        "utf-8",
    )
    target = filled.run("quick", "import", file)
    assert (target.code, target.out) == (2, "")
    assert target.err.splitlines() == [
        "3: A quick reply needs a title.",
        "4: The same section and title stand in 2 already.",
        "5: A section needs a name.",
        "6: The line has 4 cells, 3 are expected.",
        "Nothing was imported: 4 errors.",
        "→ Correct them and import the file again.",
    ]
    assert [row[1] for row in filled("quick", "sections").rows] == ["Заказы"]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", "title,text\n", "1: The column section is missing; the first line names the columns."),
        ("a.csv", "section,title,text,color\n", "1: There is no column color; known are: section, title"),
        ("a.json", "{", "1: This is not understood: "),
        ("a.json", "{}", "1: A list of replies is expected."),
        ("a.json", '["да"]', "1: A reply is an object of texts: section, title"),
        ("a.json", json.dumps([{"section": "О", "title": "С"}]), "1: The column text is missing"),
        ("a.txt", "", "txt is not one of: csv, json, yaml, yml"),
        ("a.yaml", "sections: [", "1: This is not understood: "),
        ("a.yaml", "sections: {}", "1, sections: A list is expected."),
        ("a.yaml", "sections: О", "1, sections: A list is expected."),
        ("a.yaml", "- О", "1: Fields are expected here: sections"),
        ("a.yaml", "sections: [{title: О}]", "1: There is no field title; known are: name, editors, replies"),
        ("a.yaml", "sections: [&a {name: О}, *a]", "1: This is not understood: "),
    ],
)
def test_a_file_that_is_not_understood_is_told_so(
    chatapp: Shell, tmp_path: Path, name: str, content: str, what: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    target = chatapp.run("quick", "import", tmp_path / name)
    assert (target.code, target.err.splitlines()[0].startswith(what)) == (2, True), target


def test_what_is_not_there_is_told(chatapp: Shell, tmp_path: Path) -> None:
    assert "There is no such quick reply" in chatapp("quick", "list").err
    assert "There is no section Опт." in chatapp.run("quick", "add", "Опт", "А", "--text", "да").err
    assert "There is no readable file" in chatapp.run("quick", "import", tmp_path / "none.csv").err
    piped = chatapp("quick", "import", "-", "--json", stdin=SHEET)
    assert piped.json == {"added": 2, "changed": 0, "same": 0}


@pytest.mark.req("S-136")
def test_a_file_with_a_reply_for_a_section_of_others_is_not_taken_over_at_all(filled: Shell) -> None:
    filled("quick", "invite", "Заказы", "Марина")
    sheet = "section,title,text\nОпт,Скидка,От 50 штук\nЗаказы,Адрес,Садовая\n"
    target = filled.run("quick", "import", "-", stdin=sheet, CHATAPP_OPERATOR="Иван")
    assert (target.code, target.err.splitlines()[0]) == (2, "3: Иван may not edit the section Заказы.")
    assert [row[1] for row in filled("quick", "sections").rows] == ["Заказы"]
    assert filled("quick", "import", "-", stdin=sheet).out == "2\n"


BOOK = """sections:
- name: Заказы
  editors: [Марина, Ольга]
  replies:
  - title: Готов
    text: |
      {имя клиента}, заказ готов.
      Ждём вас.
    keywords: когда, забрать
    category: информация
    files: [прайс.txt]
- name: Опт
  replies:
  - {title: Скидка, text: 10}
  editors: null
- name: Пустой
  editors: ~
  replies:
"""


@pytest.mark.req("S-136", "S-137", "S-138")
def test_yaml_carries_sections_editors_and_files_there_and_back(chatapp: Shell, tmp_path: Path) -> None:
    book, copy = tmp_path / "book.yaml", tmp_path / "copy" / "book.yaml"
    book.write_text(BOOK, "utf-8")
    (tmp_path / "прайс.txt").write_text("ель 900")
    assert chatapp("quick", "import", book, "--json").json == {"added": 2, "changed": 0, "same": 0}
    sections = chatapp("quick", "sections", "--json").json
    assert {one["name"]: one["editors"] for one in sections} == {
        "Заказы": ["Марина", "Ольга"],
        "Опт": [],
        "Пустой": [],
    }
    ready = chatapp("quick", "show", "Готов", "--json").json
    assert (ready["text"], ready["category"]) == ("{имя клиента}, заказ готов.\nЖдём вас.", "информация")
    assert [file["name"] for file in ready["files"]] == ["прайс.txt"]
    assert chatapp("quick", "show", "Скидка", "--json").json["text"] == "10"
    copy.parent.mkdir()
    chatapp("quick", "export", "--to", copy)
    assert [path.read_text() for path in copy.parent.rglob("прайс.txt")] == ["ель 900"]
    assert chatapp("quick", "import", copy, "--json").json == {"added": 0, "changed": 0, "same": 2}
    for name in ("Заказы", "Опт", "Пустой"):
        chatapp("quick", "remove-section", name, "--force")
    assert chatapp("quick", "import", copy, "--json").json == {"added": 2, "changed": 0, "same": 0}
    again = tmp_path / "again.yaml"
    chatapp("quick", "export", "--to", again)
    assert again.read_text("utf-8").replace("again-files", "book-files") == copy.read_text("utf-8")


@pytest.mark.req("S-136")
def test_whoever_takes_over_a_section_of_others_does_not_become_its_editor(chatapp: Shell) -> None:
    book = "sections: [{name: Заказы, editors: [Марина], replies: [{title: Да, text: Да}]}]"
    chatapp("quick", "import", "-", "--form", "yaml", stdin=book)
    assert chatapp("quick", "sections", "--json").json[0]["editors"] == ["Марина"]
    refused = chatapp.run("quick", "import", "-", "--form", "yaml", stdin=book.replace("text: Да", "text: Нет"))
    assert refused.err.splitlines()[0] == "1: Ольга may not edit the section Заказы."


def test_what_is_wrong_in_yaml_is_told_by_line_and_field_and_nothing_is_taken(chatapp: Shell, tmp_path: Path) -> None:
    book = tmp_path / "book.yml"
    book.write_text(
        "sections:\n- name: Опт\n  replies:\n  - title: Скидка\n    text: [1]\n  - title: ''\n    text: Пусто\n"
        "  - title: Прайс\n    text: Вот\n    files:\n    - нет.pdf\n  - title: Да\n- editors: [Марина]\n",
        "utf-8",
    )
    target = chatapp.run("quick", "import", book)
    assert (target.code, target.err.splitlines()) == (
        2,
        [
            "5, text: A text is expected.",
            "6, title: A quick reply needs a title.",
            f"11, files: There is no readable file {tmp_path / 'нет.pdf'}.",
            "12, text: A quick reply needs a text or a file.",
            "13, name: A section needs a name.",
            "Nothing was imported: 5 errors.",
            "→ Correct them and import the file again.",
        ],
    )
    assert chatapp("quick", "sections", "--json").json == []


def test_a_place_that_cannot_be_written_is_told(filled: Shell, tmp_path: Path) -> None:
    target = filled.run("quick", "export", "--to", tmp_path / "none" / "book.csv")
    assert (target.code, target.err.splitlines()[1]) == (1, "→ Name another place.")


@pytest.mark.req("S-140")
def test_a_usual_category_is_one_in_either_language(filled: Shell) -> None:
    filled("quick", "edit", "Готов", "--category", "Продажи")
    for said in ("sales", "продажи"):
        rows = filled("quick", "list", "--category", said).rows
        assert [row[2:4] for row in rows] == [["Готов", "sales"], ["Доставка", "sales"]]
    assert {row[2] for row in filled("quick", "list", "--search", "sales").rows} == {"Готов", "Доставка"}


@pytest.mark.parametrize("label", ["Анна СКАНДАЛИСТКА", "вернуть 1200 ₽", "не отвечать!", "Тендер"])
def test_what_operators_call_a_dialog_never_reaches_the_client(
    filled: Shell, program: Program, client_writes: Write, label: str
) -> None:
    client_writes("Готово?")
    filled("dialog", "rename", 1, label)
    filled("reply", 1, "--quick", "Готов", "--value", "номер заказа=15", "--value", "название компании=Дом")
    assert program.heard == ["Анна, здравствуйте! Это Ольга, Дом. Заказ 15 готов."]


@pytest.mark.parametrize("name", ["", "+79160000001", "@anna_b", "anna@example.org"])
def test_for_a_client_whose_name_nobody_knows_it_is_asked(
    filled: Shell, program: Program, client_writes: Write, name: str
) -> None:
    client_writes("Готово?", name=name)
    filled("dialog", "rename", 1, "СКАНДАЛИСТКА")
    gaps = ("--value", "номер заказа=15", "--value", "название компании=Дом")
    refused = filled.run("reply", 1, "--quick", "Готов", *gaps)
    assert (refused.code, refused.err.splitlines()) == (
        2,
        ["Nothing fills {имя клиента}.", '→ Fill every one so: --value "имя клиента=…"'],
    )
    filled("reply", 1, "--quick", "Готов", *gaps, "--value", "имя клиента=Анна")
    assert program.heard == ["Анна, здравствуйте! Это Ольга, Дом. Заказ 15 готов."]


def test_a_long_file_is_checked_as_a_whole_and_taken_in_parts_that_go_on_where_they_stopped(
    chatapp: Shell, tmp_path: Path
) -> None:
    def sheet(n: int, *more: str) -> str:
        return "\n".join(["section,title,text", *(f"Опт,Ответ {number},Да" for number in range(n)), *more])

    faulty = sheet(250, "Опт,Ответ 3,Нет", ",Без раздела,Да")
    target = chatapp.run("quick", "import", "-", stdin=faulty)
    assert (target.code, target.err.splitlines()[-2]) == (2, "Nothing was imported: 2 errors.")
    assert chatapp("quick", "list", "--json").json == []
    assert chatapp("quick", "import", "-", "--json", stdin=sheet(120)).json["added"] == 120
    counts = chatapp("quick", "import", "-", "--json", stdin=sheet(250)).json
    assert counts == {"added": 130, "changed": 0, "same": 120}
