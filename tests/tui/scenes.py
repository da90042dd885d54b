"""Every page and state of the window: the keys that lead there, and what has to have happened before."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from textual.app import App

from chatapp_cli.domain.form import Notice
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Asker
from chatapp_cli.services import lines
from chatapp_cli.settings import Settings
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.questions.contact_pick import ContactPick
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.widgets.composer import Pen
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui import automation, furniture, portals
from tests.tui.stage import Stage

Size: TypeAlias = tuple[int, int]
Seen: TypeAlias = Callable[[InboxApp], object]
"""Whether the window is so far."""
SMALL, GOOD, WIDE = (80, 24), (120, 35), (200, 50)
SIZES: Sequence[Size] = (SMALL, GOOD, WIDE)
NARROW: Sequence[Size] = ((60, 24),)
"""Below 80 columns there is one pane."""


def _nothing(_stage: Stage) -> None:
    """The company as it is furnished."""


def _nobody(_folder: Path) -> UserFiles:
    """Nobody's own settings."""
    return UserFiles()


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, the keys that lead to it, and how to tell that it is there."""

    name: str
    keys: Sequence[str | Seen]
    """Keys, and between them what has to be seen before the next one."""
    there: Seen
    before: Callable[[Stage], None] = _nothing
    sizes: Sequence[Size] = SIZES
    settings: Mapping[str, str] = field(default_factory=dict)
    user_files: Callable[[Path], UserFiles] = _nobody
    token: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)
    """What channels say when they are asked."""
    notices: bool = False
    """Whether notices are shown, which go by themselves."""
    bare: bool = False
    """Whether nothing is bound yet."""


def text_of(app: App[None]) -> str:
    """What is on the screen, without its colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


# What is waited for


def page(name: str) -> Seen:
    """A page is in front."""
    return lambda app: type(app.screen).__name__ == name


def shows(words: str) -> Seen:
    """Something can be read."""
    return lambda app: words in text_of(app)


def said(app: InboxApp) -> bool:
    """A notice is on the screen."""
    return bool(app.screen.query("Toast"))


def conversation(app: InboxApp) -> bool:
    """A dialog is open and has been read."""
    behind = app.screen_stack[0]
    opening = getattr(behind, "opening", None)
    return bool(opening) and bool(behind.query_one(Transcript).entries) and not opening.unread


def listed(app: InboxApp) -> bool:
    """The dialogs are there."""
    return app.screen.query_one(DialogList).order is not None


def drawn(app: InboxApp) -> bool:
    """A picture is on the screen."""
    return "▀▀▀" in text_of(app)


def misspelt(app: InboxApp) -> bool:
    """A word is underlined, and what is written has been kept."""
    page = app.screen
    return isinstance(page, InboxScreen) and bool(page.query_one(Pen).wrong and page.drafts.begun)


def scanning(app: InboxApp) -> bool:
    """The page with a code to scan, over the lines."""
    if not isinstance(app.screen, Scanning):
        line = app.company.read(lines.everything)[0]
        app.push_screen(Scanning(line, "telegram"))
        return False
    return "▀" in text_of(app) or "█" in text_of(app)


def choosing(app: InboxApp) -> bool:
    """An address book, over the form that asked for it."""
    if not isinstance(app.screen, ContactPick):
        app.push_screen(ContactPick(furniture.CONTACTS))
        return False
    return bool(app.screen.found)


class Scanning(BindScreen):
    """A binding that has come to its code."""

    async def converse(self, ask: Asker) -> str:
        """Wait for a telephone that never comes."""
        words = T("Point the camera at the code; a new one comes when it expires.")
        await ask.show(Notice(title=T("QR code"), lines=(words,), qr="tg://login?token=" + "k" * 43))
        return await asyncio.get_running_loop().create_future()


class Literate(UserFiles):
    """A person with a small dictionary."""

    def speller(self, settings: Settings) -> Callable[[], list[str]]:
        """The program that knows four words."""
        del settings
        assert self.settings_file is not None
        found = str(furniture.dictionary(self.settings_file.parent))
        return lambda: [sys.executable, "-m", "chatapp_cli.kit.spelling", found]


def _literate(folder: Path) -> UserFiles:
    return Literate(settings_file=folder / "config.toml")


# The ways


def to(name: str) -> tuple[str | Seen, ...]:
    """Find a dialog by its name and open it."""
    return ("/", *name, lambda app: app.screen.query_one(DialogList).order.dialog_filter.text == name, "enter", "enter")  # type: ignore[union-attr]  # it is listed


OPEN = ("1", "enter", conversation)
DMITRY = to("Дмитрий")
LAST = (*OPEN, "escape", "tab", "G")
"""To the last message of the first dialog."""
BOUND = ("f2", page("LinesScreen"), "down")
CARD: Seen = lambda app: bool(app.screen.query("ClientCard.-shown"))  # noqa: E731 - a condition like the others
TO_CHATS = (*BOUND, shows("Марина Тёплая"), "down", "down", "down", "f", page("ChatsScreen"))

TO_BORIS = (*to("Савин"), conversation, "escape", "tab", "G")
INBOX = (
    Scene("inbox", (), lambda app: app.screen.query_one(DialogList).under_cursor),
    Scene("empty", (), lambda app: "F2" in text_of(app), bare=True),
    Scene("nothing", ("7",), lambda app: app.screen.query_one(DialogList).order.dialog_filter.blocked),  # type: ignore[union-attr]
    Scene("chosen", ("1", "V", "j", "V"), lambda app: len(app.screen.query_one(DialogList).picked) == len("VV")),
    Scene("filters", ("0",), page("Narrow")),
    Scene("viewed", (), shows("Возвраты 1"), before=furniture.views_are_kept),
    Scene("views", ("g", "v"), page("Views"), before=furniture.views_are_kept),
    Scene("chord", ("g",), page("Chord")),
    Scene("palette", ("colon",), page("PaletteScreen")),
    Scene("help", ("question_mark",), page("Help")),
    Scene("undo", ("1", "j", "E"), said, notices=True),
    Scene("narrow", (), lambda app: app.screen.query_one(DialogList).under_cursor, sizes=NARROW),
    Scene("login", (), page("LoginScreen"), before=furniture.accounts, token="no longer"),
)
CONVERSATION = (
    Scene("conversation", OPEN, conversation, before=furniture.anna_writes),
    Scene("narrow-conversation", OPEN, conversation, sizes=NARROW),
    Scene("mail", to("Олег"), conversation),
    Scene("folded", to("Савин"), conversation, before=furniture.boris_answers_all),
    Scene("unfolded", (*TO_BORIS, "Y"), shows("<hello@teply-dom.example>:"), before=furniture.boris_answers_all),
    Scene("whole-mail", (*TO_BORIS, "g", "m"), shows("act-17.pdf ·"), before=furniture.boris_answers_all),
    Scene(
        "mail-headers",
        (*TO_BORIS, "g", "m", shows("act-17"), "H"),
        shows("Message-ID"),
        before=furniture.boris_answers_all,
    ),
    Scene("note", to("Игорь"), conversation),
    Scene("failed", (*to("Вера"), conversation, "escape", "tab", "G"), conversation),
    Scene("unreachable", to("Зоя"), conversation),
    Scene("standstill", to("Север"), conversation),
    Scene("peek", ("1", "down", "Q"), lambda app: app.screen.query_one(Transcript).entries),
    Scene("company", OPEN, conversation, before=furniture.colleague_writes),
    Scene("card", (*OPEN, "escape", "i"), CARD),
    Scene("kin", (*DMITRY, "escape", "i"), CARD, before=furniture.dmitry_writes_elsewhere),
    Scene(
        "joined", (*to("Дмитрий"), conversation, "escape", "i", "J"), shows("→ TG bot"), before=furniture.dmitry_is_one
    ),
    Scene("within", (*OPEN, "escape", "'", *"пояс", "enter"), lambda app: app.screen.query("HitBar")),
    Scene("tabs", (*OPEN, "escape", "j", "T"), lambda app: app.screen.query_one("TabBar").display),
    Scene("menu", (*OPEN, "escape", "full_stop"), page("Choose")),
    Scene("deeds", (*LAST, "full_stop"), page("Choose")),
    Scene("refused", (*LAST, "e"), said, notices=True),
    Scene("history", (*LAST, "k", "H"), page("History")),
    Scene("forward", (*LAST, "F"), page("ForwardPick")),
    Scene("illustrated", OPEN, drawn, before=furniture.anna_shows, settings={"pictures": "halfcells"}),
    Scene("picture", (*LAST, "l"), drawn, before=furniture.anna_shows, settings={"pictures": "halfcells"}),
)
WRITING = (
    Scene("quick", (*OPEN, "slash"), page("QuickPick")),
    Scene("variable", (*OPEN, "slash", *"готов", "enter"), page("TextPrompt")),
    Scene("later", (*OPEN, *"Да", "ctrl+l"), page("TextPrompt")),
    Scene("attach", (*OPEN, "ctrl+o"), page("TextPrompt")),
    Scene("misspelt", (*OPEN, *"Превет, плед готов"), misspelt, user_files=_literate),
    Scene("spelling", (*OPEN, *"Превет", misspelt, "ctrl+s"), page("Choose"), user_files=_literate),
    Scene("closed", to("Громов"), conversation),
    Scene("templates", (*to("Громов"), conversation, "escape", "P"), page("Choose")),
    Scene("fill", (*to("Громов"), conversation, "escape", "P", "enter", *"Фёдор"), page("Fill")),
)
PAGES = (
    Scene("lines", ("f2",), page("LinesScreen")),
    Scene("channel", (*BOUND, "down", "down", "down", "down"), page("LinesScreen")),
    Scene("kinds", ("f2", "b"), page("Choose")),
    Scene("bind", (*BOUND, "down", "b"), lambda app: app.screen.query("FormView")),
    Scene("scan", BOUND, scanning),
    Scene("confirm", (*BOUND, "u"), page("Confirm")),
    Scene("applications", ("f2", "d"), page("ApplicationsScreen"), before=furniture.papers),
    Scene("apply", ("f2", "d", "a"), lambda app: app.screen.query("FormView")),
    Scene("chats", TO_CHATS, shows("@teply_dom_news"), before=furniture.account, answers={"chats": furniture.CHATS}),
    Scene("troubles", ("f3",), page("TroublesScreen")),
    Scene("crm", ("ctrl+k", shows("Анна"), "down", "down", "down"), shows("ERROR_CONNECTOR"), before=portals.furnish),
    Scene("portal", ("ctrl+k", shows("Анна"), "end", "up"), shows("→"), before=portals.furnish),
    Scene("rules", ("ctrl+k", shows("Анна"), "p"), page("CrmRulesScreen"), before=portals.ruled),
    Scene("robots", ("ctrl+k", shows("Анна"), "h"), page("RobotRunsScreen"), before=portals.automated),
    Scene(
        "who-is-who",
        ("ctrl+k", shows("Анна"), "e"),
        page("Choose"),
        before=portals.staffed,
        answers={"employees": portals.STAFF},
    ),
    Scene(
        "deal",
        (*OPEN, "escape", "i"),
        shows("17 · Ждёт"),
        before=portals.dealt,
        answers={"cards": portals.DEALS},
    ),
    Scene("unlinked", ("ctrl+k",), page("CrmScreen")),
    Scene(
        "pairing",
        ("ctrl+k", shows("Анна"), "down", "enter"),
        lambda app: app.screen.query("FormView"),
        before=portals.furnish,
    ),
    Scene("people", ("f4",), page("PeopleScreen")),
    Scene(
        "found",
        ("f4", *"8 916 000-00-02", "enter"),
        shows("Рита Лебедева"),
        before=furniture.account,
        answers={"find": furniture.FOUND},
    ),
    Scene("replies", ("f5",), page("RepliesScreen")),
    Scene("reply", ("f5", "down", "e"), page("ReplyForm")),
    Scene("section", ("f5", "s"), page("TextPrompt")),
    Scene("automation", ("#", shows("Возвраты"), "j", "j"), page("AutomationScreen"), before=automation.automated),
    Scene("auto-rule", ("#", shows("Возвраты"), "j", "e"), shows("Юлия"), before=automation.automated),
    Scene("auto-answer", ("#", "n"), lambda app: app.screen.query("FormView")),
    Scene("auto-trial", ("#", shows("Возвраты"), "T"), shows("100 %"), before=automation.automated),
    Scene("auto-log", ("#", shows("Возвраты"), "L"), page("AutoLogScreen"), before=automation.automated),
    Scene("find", ("f7",), page("SearchScreen")),
    Scene("results", ("f7", *"пледы"), shows("120 пледов")),
    Scene("begin", ("ctrl+n",), page("BeginScreen")),
    Scene("begun", ("ctrl+n", *"nina@pochta.example"), shows("nina@pochta.example ·")),
    Scene("contacts", ("ctrl+n", page("BeginScreen")), choosing),
    Scene("operators", ("g", "o"), page("OperatorsScreen"), before=furniture.accounts),
    Scene("account", ("g", "o", "a"), page("TextPrompt"), before=furniture.accounts),
    Scene("password", ("g", "o", "p"), page("NewPassword"), before=furniture.accounts),
    Scene("seen", ("g", "o", "enter"), page("PickLines"), before=furniture.accounts),
)
SCENES = (*INBOX, *CONVERSATION, *WRITING, *PAGES)
