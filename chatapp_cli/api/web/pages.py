"""The few pages around the window; every value is escaped."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from starlette.responses import HTMLResponse

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import _, language, show

FOLDER: Final = Path(__file__).parent / "pages"
SIZE: Final = 16
"""The font size in pixels; the browser's zoom changes it."""
SCRIPTS: Final = """<script src="/desk/static/js/textual.js"></script>
<script src="/desk/static/desk.js"></script>
"""


def login(company: str, proof: str, *, name: str = "", trouble: str = "", status: int = 200) -> HTMLResponse:
    """The form that asks for name and password."""
    words = {"name_word": _("Your name"), "password_word": _("Password"), "enter_word": _("Log in")}
    return _page("login", status, company=company, proof=proof, name=name, trouble=trouble, **words)


def window(company: str, proof: str, *, name: str, socket: str, limit: int, large: str) -> HTMLResponse:
    """The terminal with the window; for a file above the limit in bytes it shows ``large``."""
    words = {
        "name": name,
        "large_word": large,
        "leave_word": _("Log out"),
        "upload_word": _("Upload a file"),
        "lost_word": _("The file did not arrive. Please try again."),
        "waiting_word": _("The window opens…"),
        "over_word": _("The window has closed."),
        "again_word": _("Open it again"),
    }
    return _page("window", 200, SCRIPTS, company=company, proof=proof, socket=socket, size=SIZE, limit=limit, **words)


def word(company: str, error: ChatappError, status: int) -> HTMLResponse:
    """An error, and what to do about it."""
    what, step = show(error.what), show(error.next_step)
    return _page("word", status, company=company, what=what, step=step, again_word=_("Try again"))


def _page(template: str, /, status: int, head: str = "", **values: object) -> HTMLResponse:
    body = _template(template).substitute({key: escape(str(value)) for key, value in values.items()})
    title = escape(str(values["company"]))
    return HTMLResponse(_template("frame").substitute(lang=language(), title=title, head=head, body=body), status)


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / f"{name}.html").read_text("utf-8"))
