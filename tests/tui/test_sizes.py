"""What is on the screen fits on it, at the smallest size that is promised and at a large one, in both languages."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.color import Color

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.themes import COLOURS, paint_styles
from tests.tui.conftest import Opener, Window


def whole(it: Window, width: int, height: int) -> None:
    lines = it.text().split("\n")
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}


@pytest.mark.req("S-013", "S-213")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50), (60, 20)])
async def test_every_line_is_exactly_as_wide_as_the_terminal(
    window: Opener, size: tuple[int, int], language: str
) -> None:
    i18n.use(language)
    async with window(size) as it:
        whole(it, *size)
        await it.open("Анна")
        await it.sees("Доплачу")
        whole(it, *size)
        await it.press("escape", "f2")
        await it.sees("@teply_dom_bot")
        whole(it, *size)


@pytest.mark.req("S-013")
async def test_80_by_24_shows_names_times_health_and_keys_uncut(window: Opener) -> None:
    async with window((80, 24)) as it:
        await it.sees("1 All", "Анна Кузнецова ⚑    11:48")
        await it.sees("● TG bot ● Mail ● API", "stopped 17 min", "! 2 F3", "◷ 1 to send")
        assert "/ search" in it.text().split("\n")[-1]


async def test_a_wide_list_has_one_aligned_line_for_each_dialog(window: Opener) -> None:
    async with window((200, 50)) as it:
        await it.sees("А можно ещё свечу", "что делать?")
        lines = it.text().split("\n")
        anna = next(line for line in lines if "Анна Кузнецова" in line)
        igor = next(line for line in lines if "Игорь" in line)
        assert anna.index("А можно ещё свечу") == igor.index("что делать?")
        assert anna.index("11:48") == igor.index("11:54")
        assert anna.index("TG bot") == igor.index("TG bot")


@pytest.mark.parametrize("name", ["light", "contrast", "mono", "dark"])
async def test_the_theme_changes_by_a_key_and_paints_everything_again(window: Opener, name: str) -> None:
    async with window() as it:
        await it.open("Анна")
        for _press in range(4):
            await it.press("f9")
            if it.app.theme == name:
                break
        assert it.app.theme == name
        expected = it.app.appearance.styles.base.bgcolor
        strip = it.app.screen.query_one("Transcript").render_line(3)
        assert next(iter(strip)).style.bgcolor == expected


async def test_a_conversation_that_the_card_makes_narrow_is_wrapped_anew(window: Opener) -> None:
    async with window() as it:
        await it.open("Дмитрий Орлов")
        await it.sees("Дмитрий, перенесли доставку на завтра, с 10")
        await it.press("escape", "i")
        await it.sees("10:54 ✓✓ │")
        assert "завтра, с 10 до 14." in it.text()


async def test_a_long_notice_is_shown_whole_in_a_small_window(company: Company) -> None:
    i18n.use("ru")
    app = InboxApp(company, alone=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.press("escape", "tab", "G", "e")
        await it.sees("Изменять можно только свои сообщения.")


async def test_a_small_window_says_in_full_that_a_dialog_stays_unread(window: Opener) -> None:
    async with window((80, 24)) as it:
        await it.press("1", "Q")
        await it.sees("stays unread")


def test_what_is_written_faintly_can_still_be_read_in_every_theme() -> None:
    """A ratio of 3 is what the guidelines for accessible pages want of large words and signs."""
    for name, colours in COLOURS.items():
        paper = luminance(colours.background)
        for ink in (
            colours.text,
            colours.muted,
            colours.faint,
            colours.accent,
            colours.warn,
            colours.bad,
            *colours.tags,
        ):
            light, dark = sorted((paper, luminance(ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (name, ink)


@pytest.mark.req("S-118")
async def test_a_tag_has_a_colour_of_its_own_in_every_theme_that_has_colours(window: Opener) -> None:
    for name in ("dark", "light", "contrast"):
        paint = paint_styles(name)
        assert paint.tag("Возврат") == paint.tag("возврат")
        assert len({paint.tag(tag) for tag in ("возврат", "опт", "vip", "срочно", "брак", "рекомендация")}) >= 4
    assert paint_styles("mono").tag("возврат") == Style()
    async with window() as it:
        await it.open("Анна")
        ((left, _right),) = it.app.screen.query_one("Heading").lines()
        assert ("  #возврат", it.app.appearance.styles.tag("возврат")) in left


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in Color.parse(colour).normalized]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


async def test_a_small_window_shows_whose_conversation_it_is_before_what_the_channel_cannot_tell(
    window: Opener,
) -> None:
    async with window((80, 24)) as it:
        await it.open("Анна")
        await it.sees("Анна Кузнецова  ", "✓✓ n/a")
