"""Small pages that people see in a CRM: they bear no script, and only the linked CRM may show them in its frame."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.ports.crm import CrmReply

_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2em;color:#333}code{background:#eef;padding:.2em .4em}"
    "label{display:block;margin:.6em 0}"
    ".them,.us{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6em 0}.us{margin-left:2em}"
)


def spoken(language: str) -> str:
    """The language of ours in which a page answers one of the CRM's."""
    return "ru" if language.lower().startswith("ru") else "en"


def page(origin: str, language: str, title: Text, body: str, *, status: int = 200, forms: bool = False) -> CrmReply:
    """A page for the frame of a CRM; ``body`` is HTML, ``forms``: its forms may come back to us."""
    tongue = spoken(language)
    with speaking(tongue):
        head = escape(show(title))
    whole = (
        f'<!doctype html><html lang="{tongue}"><meta charset="utf-8"><title>{head}</title><style>{_STYLE}</style>'
        f"<h1>{head}</h1>{body}</html>"
    )
    action = "'self'" if forms else "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action {action}; frame-ancestors {origin}"
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return CrmReply(status=status, body=whole.encode(), content_type="text/html; charset=utf-8", headers=headers)


def labelled(label: Text, field: str) -> str:
    """A field of a form below its label, in the language that is spoken now; ``field`` is HTML."""
    return f"<label>{escape(show(label))}<br>{field}</label>"


def select(name: str, choices: Sequence[tuple[str, Text]], *, chosen: str = "", required: bool = False) -> str:
    """A field with choices, each a value and its words."""
    inside = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(show(label))}</option>'
        for value, label in choices
    )
    return f'<select name="{name}"{" required" if required else ""}>{inside}</select>'


def to_pair() -> str:
    """The commands by which a channel is paired after a CRM was linked, as HTML: they are to be copied."""
    return "".join(f"<p><code>chatapp crm {verb}</code></p>" for verb in ("places", "attach CHANNEL PLACE"))


def paragraphs(language: str, lines: Sequence[Text]) -> str:
    """Sentences as HTML."""
    with speaking(spoken(language)):
        return "".join(f"<p>{escape(show(line))}</p>" for line in lines)
