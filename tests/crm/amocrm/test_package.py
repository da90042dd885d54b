"""The widget for Salesbot: what the archive holds, and what its script does in the designer."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.crm.amocrm import package
from chatapp_cli.domain.errors import Refused
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import StepChoices
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import AmoDesk

CHOICES = StepChoices(lines={"1": "Продажи «А» </script> \u2028"}, kinds={"telegram": "Telegram", "sms": "SMS"})
LABELS = [
    "Линия", "Мессенджер", "Шаблон сообщения", "Файл", "В группе", "Указать свой контакт", "Выбор контакта",
    *(f"Параметр {place}" for place in range(1, 11)),
]  # fmt: skip
HARNESS = """
const fs = require('fs');
const [params, picked, status] = JSON.parse(process.argv[3]);
const words = JSON.parse(fs.readFileSync(process.argv[2] + '/i18n/ru.json', 'utf8'));
const event = { preventDefault() {}, target: { files: [picked] } };
const element = (html) => ({ html, acts: {}, remove() {}, text(said) { this.said = said; },
  on(name, act) { this.acts[name] = act; }, trigger(name) { if (this.acts[name]) this.acts[name](event); } });
const field = { length: 1, value: '', told: [], trigger(name) { this.told.push(name); return this; },
  val(said) { if (said === undefined) return this.value; this.value = said; return this; } };
let made, asked = null;
global.define = (needs, make) => { made = make(element); };
require(process.argv[2] + '/script.js');
const widget = new made();
widget.i18n = (name) => words[name];
widget.$authorizedAjax = (said) => {
  asked = said;
  const back = { done(act) { if (status === 200) act({ url: 'https://desk.example.ru/1.png' }); return back; },
    fail(act) { if (status !== 200) act({ status }); return back; } };
  return back;
};
const rows = [];
const body = { append(row) { rows.push(row); },
  find(one) { return one === '[name="file"]' ? field : { length: 0 }; } };
const row = (label, control) => ({ label, control });
const back = widget.callbacks.salesbotDesignerSettings(body, row, params);
rows.filter((one) => one.acts).forEach((one) => one.trigger('click'));
if (picked) rows.filter((one) => one.acts).forEach((one) => one.trigger('change'));
const saved = widget.callbacks.onSalesbotDesignerSave('send_message', params);
const notes = rows.map((one) => one.said).filter(Boolean);
console.log(JSON.stringify({ rows, back, asked, notes, told: field.told, saved: JSON.parse(saved) }));
"""


@pytest.fixture
async def bound(desk: AmoDesk) -> Bound:
    return await desk.link()


def unpacked(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.req("S-191")
@pytest.mark.req("S-192", part="every field with its words and what it starts with")
async def test_the_archive_holds_what_is_uploaded_in_the_words_of_the_designer(bound: Bound, desk: AmoDesk) -> None:
    raw = desk.crm.package(bound, CHOICES, public_url=desk.url)
    assert raw == desk.crm.package(bound, CHOICES, public_url=desk.url)
    found = unpacked(raw)
    images = {f"images/{name}.png" for name in ("logo", "logo_main", "logo_medium", "logo_min", "logo_small")}
    assert set(found) == {"manifest.json", "script.js", "i18n/ru.json", "i18n/en.json", *images}
    manifest, words = json.loads(found["manifest.json"]), json.loads(found["i18n/ru.json"])
    assert manifest["locations"] == ["settings", "salesbot_designer"]
    step = manifest["salesbot_designer"]["send_message"]
    named = [said["name"].partition(".")[2] for said in [step, *step["settings"].values()]]
    assert [words["salesbot"][name] for name in named[1:]] == LABELS
    assert words["salesbot"][named[0]] == "Send message (Отправка сообщения)"
    assert words["widget"]["name"] == "Виджет ChatApp"
    presets = {name: one["default_value"] for name, one in step["settings"].items()}
    told: Any = desk.crm.definition(bound, CHOICES, public_url=desk.url)
    kept = told["bot"][0]["question"][0]["params"]["data"]
    assert presets == {name: kept.get(name, "") for name in presets}
    assert {one["name"]: one["default"] for one in told["fields"]} == presets
    assert set(words["salesbot"]) == set(json.loads(found["i18n/en.json"])["salesbot"])
    assert all(found[name].startswith(b"\x89PNG") for name in images)
    assert b"@DESK@" not in found["script.js"]
    assert desk.address("salesbot").encode() in found["script.js"]


@pytest.mark.req("S-195")
async def test_the_step_is_exported_to_be_read_with_its_fields_exits_and_what_a_bot_keeps_of_it(
    bound: Bound, desk: AmoDesk
) -> None:
    told: Any = desk.crm.definition(bound, CHOICES, public_url=desk.url)
    fields = {one["label"]: one for one in told["fields"]}
    assert list(fields) == LABELS
    assert fields["Линия"]["choices"][0] == {"value": "auto", "label": "Автоматическое определение"}
    assert [one["label"] for one in fields["Мессенджер"]["choices"]][1:] == ["Telegram", "SMS"]
    assert [one["label"] for one in fields["В группе"]["choices"]] == ["выполнять работу", "остановить работу"]
    assert [one["label"] for one in fields["Выбор контакта"]["choices"]] == [
        "Основной контакт", "Контакт с группой", "Всем контактам",
    ]  # fmt: skip
    assert [one["title"] for one in told["exits"]] == ["При успешном выполнении", "При ошибке"]
    assert told["bot"][0]["question"][0]["params"]["url"] == desk.address("salesbot")


async def test_a_desk_that_has_moved_or_cannot_check_signatures_builds_nothing(
    bound: Bound, desk: AmoDesk, account: Account
) -> None:
    for address in ("https://other.example.ru", ""):
        with pytest.raises(Refused, match="The link was made for"):
            desk.crm.package(bound, CHOICES, public_url=address)
    plain = await desk.link(channel=False, way="token", token=account.long_lived(40))
    with pytest.raises(Refused, match="does not know the secret key"):
        desk.crm.definition(plain, CHOICES, public_url=desk.url)


@pytest.mark.real
@pytest.mark.req("S-192")
async def test_the_script_draws_the_fields_and_saves_the_bot_that_is_exported(
    bound: Bound, desk: AmoDesk, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    for name, content in unpacked(desk.crm.package(bound, CHOICES, public_url=desk.url)).items():
        tmp_path.joinpath(name).parent.mkdir(exist_ok=True)
        tmp_path.joinpath(name).write_bytes(content)
    harness = tmp_path / "harness.js"
    harness.write_text(HARNESS)

    def designed(picked: Any = None, status: int = 200, **params: str) -> Any:
        said = json.dumps([params, picked, status])
        done = subprocess.run([node, str(harness), str(tmp_path), said], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    told = designed()
    assert told["saved"] == desk.crm.definition(bound, CHOICES, public_url=desk.url)["bot"]
    assert told["back"] == {
        "exits": [
            {"code": "success", "title": "При успешном выполнении"},
            {"code": "fail", "title": "При ошибке"},
        ]
    }
    drawn = [row.get("label") or row["html"] for row in told["rows"]]
    assert drawn == [
        "Линия", "Мессенджер", "Файл", told["rows"][3]["html"], told["rows"][4]["html"], "<span></span>",
        "Параметр 1", '<a href="#">Раскрыть все параметры</a>', "В группе",
        "Указать свой контакт", "Выбор контакта", *(f"Параметр {place}" for place in range(2, 11)),
    ]  # fmt: skip
    assert "&lt;/script&gt;" in told["rows"][0]["control"]
    assert told["rows"][3]["html"] == '<a href="#">Загрузить файл</a>'
    assert 'accept=".jpg,' in told["rows"][4]["html"]
    picked = {"name": "ёлка 1.png", "size": 8, "type": "image/png"}
    given = designed(picked)
    assert given["asked"] == {
        "url": f"{desk.address('file')}?name=%D1%91%D0%BB%D0%BA%D0%B0%201.png", "method": "POST", "data": picked,
        "processData": False, "contentType": "image/png", "dataType": "json",
    }  # fmt: skip
    assert given["saved"][0]["question"][0]["params"]["data"]["file"] == "https://desk.example.ru/1.png"
    assert (given["notes"], given["told"]) == (["Файл загружен. Сохраните бота."], ["input", "change"])
    refused = designed(picked, 415)
    assert (refused["notes"], refused["told"]) == (["Файлы этого вида не принимаются."], [])
    large = designed({**picked, "size": (32 << 20) + 1})
    assert (large["notes"], large["asked"]) == (["Файл слишком большой: можно до 32 МБ."], None)
    chosen = designed(line="1", template="Да", contact_value='"@anna"', param3="x", contact_choice="all")
    data = chosen["saved"][0]["question"][0]["params"]["data"]
    assert data == package.DEFAULTS | {
        "line": "1", "template": "Да", "file": "", "contact_value": '"@anna"', "contact_choice": "all",
        "params": {"3": "x"},
    }  # fmt: skip
    assert "&quot;@anna&quot;" in next(
        one["control"] for one in chosen["rows"] if one.get("label") == "Указать свой контакт"
    )
