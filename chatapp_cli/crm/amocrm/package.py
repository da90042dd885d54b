"""The widget that puts our step into Salesbot: an archive for one link, and what the step asks for, to be read.

No API makes or changes bots, so that an administrator uploads the archive into the integration, and puts the step into
a bot by hand. A copied bot keeps the address and the choices of the one that it was copied from (S-195): there is
nothing here that copies one.
Sources: providers' sheet §6.1; amoCRM's pages on widgets and on Salesbot in them.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.crm.amocrm import salesbot, uploads
from chatapp_cli.crm.amocrm.access import is_long_lived
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import StepChoices

HANDLER: Final = "send_message"
FIELDS: Final = ("line", "messenger", "template", "file", "group_mode", "contact_value", "contact_choice")
"""What the step asks for besides its parameters, in the order of S-192."""
DEFAULTS: Final[Mapping[str, str]] = {
    "line": salesbot.AUTO,
    "messenger": salesbot.AUTO,
    "group_mode": "work",
    "contact_choice": "main",
}
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "group_mode": ("work", salesbot.STOP),
    "contact_choice": ("main", "group", "all"),
}
EXITS: Final = ("success", "fail")
TRIGGER: Final[Mapping[str, str]] = {
    "deals": "",
    "run": "run_value",
    "works": "works_value",
    "unread": "on",
    "current": "",
}
"""The form of a trigger at a stage (S-190), and what is to be chosen there; empty: as one likes.

«Оставлять сообщение непрочитанным», because the desk does so too: what a bot sends answers no client there.
"""
_FOLDER: Final = "widget"
_PLACE: Final = "'@DESK@'"
"""Where the script gets what is different for each desk."""
_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The time of all files, so that the same desk gives the same archive."""
_PLAIN: Final = 0o644 << 16


def address(bound: Bound, public_url: str) -> str:
    """Where bots call us. Raises Refused for a link without the secret that bots sign with, and after a move.

    A bot's token names the address that the integration was made for.
    """
    if is_long_lived(bound):
        raise Refused(
            "no_secret",
            T("A link by a long-lived token cannot tell real bots from others: it does not know the secret key."),
            T("Link the account again, by an integration: {how}", how=to_do(Next.LINK_AGAIN)),
        )
    linked = urlsplit(bound.settings["redirect_uri"])
    if public_url != f"{linked.scheme}://{linked.netloc}":
        raise Refused(
            "moved",
            T("The link was made for {old}, and the desk is at {new}.", old=linked.netloc, new=public_url or "–"),
            T("Link the CRM again, and build the widget then: {how}", how=to_do(Next.LINK_AGAIN)),
        )
    return f"{public_url}/hooks/{bound.hook_key}/{salesbot.PAGE}"


def archive(bound: Bound, choices: StepChoices, public_url: str) -> bytes:
    """The widget as a zip file. Raises Refused."""
    about = _desk(address(bound, public_url), uploads.address(bound), choices)
    desk = json.dumps(about, ensure_ascii=True)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in _files("", files(__package__).joinpath(_FOLDER)):
            said = content.replace(_PLACE.encode(), desk.encode()) if name == "script.js" else content
            entry = zipfile.ZipInfo(name, _AT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _PLAIN
            into.writestr(entry, said)
    return kept.getvalue()


def _files(above: str, folder: Any) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for one in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{above}{one.name}"
        found += _files(f"{name}/", one) if one.is_dir() else [(name, one.read_bytes())]
    return found


def _desk(url: str, upload: str, choices: StepChoices) -> Mapping[str, object]:
    """What the script knows of the desk."""
    return {
        "url": url,
        "upload": upload,
        "largest": uploads.LARGEST,
        "endings": [f".{ending}" for ending in uploads.ENDINGS],
        "lines": _listed(choices.lines),
        "messengers": _listed(choices.kinds),
        "fields": FIELDS,
        "choices": CHOICES,
        "defaults": DEFAULTS,
        "parameters": salesbot.PARAMETERS,
    }


def _listed(choices: Mapping[str, str]) -> list[Mapping[str, str]]:
    return [{"value": value, "label": label} for value, label in choices.items()]


def definition(bound: Bound, choices: StepChoices, public_url: str) -> Mapping[str, object]:
    """What the step asks for, its exits, and what the bot keeps of it if nothing is chosen. Raises Refused."""
    url = address(bound, public_url)
    said = json.loads(files(__package__).joinpath(_FOLDER, "i18n", "ru.json").read_text("utf-8"))
    words = said["salesbot"]
    known = {"line": choices.lines, "messenger": choices.kinds}
    automatic = {salesbot.AUTO: words["auto"]}
    return {
        "handler": HANDLER,
        "name": words[HANDLER],
        "fields": [
            {
                "name": name,
                "label": words[name],
                "default": DEFAULTS.get(name, ""),
                "choices": _listed({**automatic, **known[name]})
                if name in known
                else _listed({value: words[f"{name}_{value}"] for value in CHOICES.get(name, ())}),
            }
            for name in (*FIELDS, *(f"param{place}" for place in range(1, salesbot.PARAMETERS + 1)))
        ],
        "exits": [{"code": code, "title": words[code]} for code in EXITS],
        "trigger": _trigger(said["trigger"]),
        "bot": bot(url, {name: DEFAULTS.get(name, "") for name in FIELDS} | {"params": {}}),
    }


def _trigger(words: Mapping[str, str]) -> Mapping[str, object]:
    """Where a bot is started: an administrator sets it up by hand, as no API does."""
    fields = [{"name": name, "label": words[name], "value": words.get(value, value)} for name, value in TRIGGER.items()]
    return {"where": words["where"], "fields": fields}


def bot(url: str, data: Mapping[str, object]) -> list[Mapping[str, object]]:
    """What a bot keeps of the step: it asks us, stands still, and leaves by the exit that we tell."""
    asks = {"handler": "widget_request", "params": {"url": url, "data": data}}
    goes_on = {"handler": "goto", "params": {"type": "question", "step": 1}}
    told = {"term1": "{{json.status}}", "term2": "success", "operation": "="}
    leaves = {"handler": "exits", "params": {"value": "success"}}
    decides = {"handler": "conditions", "params": {"logic": "and", "conditions": [told], "result": [leaves]}}
    fails = {"handler": "exits", "params": {"value": "fail"}}
    return [{"question": [asks, goes_on], "require": []}, {"question": [decides, fails], "require": []}]
