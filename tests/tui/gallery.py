"""Every page of the window with the invented company: for pictures, and for what a page shows at every size."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from chatapp_cli import i18n
from chatapp_cli.domain.quick_reply import Answer
from chatapp_cli.services import replies
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.app import Inbox
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.stage import ME, HeldClock, opened, warm_home

SIZES = ((80, 24), (120, 35), (200, 50))
LANGUAGES = ("ru", "en")
THEMES = ("dark", "light")
KEPT = Path(__file__).with_name("snapshots")
STEP = 0.02
SETTLED = 0.5
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, the keys that lead to it, and how to tell that it is there."""

    name: str
    keys: Sequence[str]
    there: Callable[[Inbox], object]


def _page(name: str) -> Callable[[Inbox], bool]:
    return lambda app: type(app.screen).__name__ == name


def _conversation(app: Inbox) -> bool:
    return bool(app.screen_stack[0].query_one(Transcript).entries)


REPLIES = (
    ("Приветствие", "{имя клиента}, здравствуйте! Чем помочь?", "добрый день, привет"),
    ("Доставка", "Доставим за два дня, 350 ₽ по городу.", "сколько везёте, цена доставки"),
    ("Самовывоз", "Садовая, 5, каждый день до 21:00.", "адрес, где забрать"),
)
OPEN = ("1", "enter")
SCENES = (
    Scene("inbox", (), lambda app: app.screen.query_one(DialogList).current),
    Scene("conversation", OPEN, _conversation),
    Scene("card", (*OPEN, "escape", "i"), lambda app: app.screen.query_one("Card").has_class("-shown")),
    Scene("menu", (*OPEN, "escape", "full_stop"), _page("Choose")),
    Scene("lines", ("f2",), _page("LinesScreen")),
    Scene("troubles", ("f3",), _page("TroublesScreen")),
    Scene("people", ("f4",), _page("PeopleScreen")),
    Scene("replies", ("f5",), _page("RepliesScreen")),
    Scene("find", ("f7",), _page("SearchScreen")),
    Scene("help", ("question_mark",), _page("Help")),
    Scene("begin", ("ctrl+n",), _page("BeginScreen")),
    Scene("operators", ("g", "o"), _page("OperatorsScreen")),
    Scene("palette", ("colon",), _page("Palette")),
    Scene("filters", ("0",), _page("Narrow")),
    Scene("quick", (*OPEN, "slash"), _page("QuickPick")),
    Scene("later", (*OPEN, *"Да", "ctrl+l"), _page("Prompt")),
    Scene("tabs", (*OPEN, "escape", "j", "T"), lambda app: app.screen.query_one("TabBar").display),
    Scene("chosen", ("1", "V", "j", "V"), lambda app: len(app.screen.query_one(DialogList).picked) == len("VV")),
)


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene in one language, theme and size."""

    scene: Scene
    language: str
    theme: str
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """As its picture is called."""
        return f"{self.scene.name}.{self.language}.{self.theme}.{self.size[0]}x{self.size[1]}"

    @property
    def kept(self) -> Path | None:
        """The text that it has to show; a theme changes none of it, and an open dialog is read after a second."""
        name = f"{self.scene.name}.{self.language}.{self.size[0]}x{self.size[1]}.txt"
        still = self.theme == THEMES[0] and not set(OPEN) <= set(self.scene.keys)
        return KEPT / name if still else None


def shots() -> Iterator[Shot]:
    """All of them."""
    for combination in itertools.product(SCENES, LANGUAGES, THEMES, SIZES):
        yield Shot(*combination)


@asynccontextmanager
async def played(furnished: Path, shot: Shot) -> AsyncIterator[Pilot[None]]:
    """The window on a page of a company that is left as it was."""
    i18n.use(shot.language)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(furnished, folder, dirs_exist_ok=True)
        desk = opened(Path(folder), HeldClock(), theme=shot.theme)
        app = Inbox(desk, alone=True)
        try:
            async with app.run_test(size=shot.size) as pilot:
                await until(pilot, lambda: app.screen.query_one(DialogList).current)
                for key in shot.scene.keys:
                    await pilot.press(key)
                await until(pilot, lambda: shot.scene.there(app))
                await pilot.pause(SETTLED)
                yield pilot
        finally:
            desk.close()


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for something. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(STEP)


def furnished(folder: Path) -> None:
    """Let the invented company live in a folder."""
    clock = HeldClock()
    desk = opened(folder, clock)
    warm_home(desk, clock)
    desk.write(_replies)
    desk.close()


def _replies(tx: Tx) -> None:
    replies.add_section(tx, "Магазин", actor=ME)
    shop = replies.section(tx, "Магазин")
    for title, text, keywords in REPLIES:
        replies.add(tx, shop, Answer(title=title, text=text, keywords=keywords), actor=ME)


def text_of(pilot: Pilot[None]) -> str:
    """What is on the screen, without its colours."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"
