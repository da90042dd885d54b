"""Our themes, and the styles that line widgets paint with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from rich.style import Style
from textual.app import App
from textual.theme import Theme


class Colours(NamedTuple):
    """The colours of a theme; all styles are made from them."""

    dark: bool
    background: str
    surface: str
    panel: str
    cursor: str
    rule: str
    text: str
    muted: str
    faint: str
    accent: str
    own: str
    own_background: str
    warn: str
    bad: str
    good: str
    tags: Sequence[str]
    """A tag has one of these, chosen by its name."""
    reverse: bool = False
    """Whether the theme has no colours: the cursor is reversed, and bold stands for what has a colour elsewhere."""


DARK = Colours(
    dark=True,
    background="#12161c",
    surface="#181d25",
    panel="#1f2630",
    cursor="#26303d",
    rule="#2a323d",
    text="#d3d9e1",
    muted="#8b96a5",
    faint="#5d6877",
    accent="#7cb7e8",
    own="#8ecfb0",
    own_background="#17211f",
    warn="#e3b566",
    bad="#ee8a86",
    good="#86c995",
    tags=("#7fc8c2", "#b9a4e6", "#e3a1c4", "#b6cc7d", "#d6b98c", "#8fbfe6"),
)
LIGHT = Colours(
    dark=False,
    background="#fbfaf7",
    surface="#f4f2ed",
    panel="#ebe8e1",
    cursor="#dfe7ef",
    rule="#d8d4ca",
    text="#272c33",
    muted="#646c77",
    faint="#7f868f",
    accent="#1f6299",
    own="#2b6f4e",
    own_background="#f0f4ee",
    warn="#94610b",
    bad="#b3352f",
    good="#2f7a41",
    tags=("#1d6f6a", "#6a4fa3", "#a03a72", "#5f6b1c", "#85591f", "#2a5f9e"),
)
CONTRAST = Colours(
    dark=True,
    background="#000000",
    surface="#000000",
    panel="#262626",
    cursor="#003c8f",
    rule="#9a9a9a",
    text="#ffffff",
    muted="#e4e4e4",
    faint="#c6c6c6",
    accent="#66d9ff",
    own="#7dffb0",
    own_background="#0c1f14",
    warn="#ffd75f",
    bad="#ff9c9c",
    good="#8bff8b",
    tags=("#7dfff4", "#d6bcff", "#ffb3e0", "#e3ff7d", "#ffd9a0", "#a8d4ff"),
)
MONO = Colours(
    dark=True,
    background="#000000",
    surface="#000000",
    panel="#000000",
    cursor="#ffffff",
    rule="#ffffff",
    text="#ffffff",
    muted="#ffffff",
    faint="#ffffff",
    accent="#ffffff",
    own="#ffffff",
    own_background="#000000",
    warn="#ffffff",
    bad="#ffffff",
    good="#ffffff",
    tags=("#ffffff",),
    reverse=True,
)
COLOURS = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "mono": MONO}
"""The themes by name, in the order in which a key switches them."""


def next_theme(name: str) -> str:
    """The name of the next theme; after the last one the first."""
    names = list(COLOURS)
    return names[(names.index(name) + 1) % len(names)]


class PaintStyles(NamedTuple):
    """Styles for painting lines."""

    plain: Style
    strong: Style
    muted: Style
    faint: Style
    rule: Style
    accent: Style
    badge: Style
    own: Style
    warn: Style
    bad: Style
    good: Style
    link: Style
    base: Style
    cursor: Style
    shaded: Style
    """The cursor of a list without the focus."""
    text: Style
    """The background of our own messages."""
    tags: Sequence[Style]

    def tag(self, name: str) -> Style:
        """The style of a tag, which is the same everywhere and for every operator."""
        return self.tags[crc32(name.casefold().encode()) % len(self.tags)]


def paint_styles(name: str) -> PaintStyles:
    """The styles of a theme."""
    c = COLOURS[name]
    if c.reverse:
        return _without_colours(c)
    return PaintStyles(
        plain=Style(color=c.text),
        strong=Style(color=c.text, bold=True),
        muted=Style(color=c.muted),
        faint=Style(color=c.faint),
        rule=Style(color=c.rule),
        accent=Style(color=c.accent),
        badge=Style(color=c.accent, dim=False),
        own=Style(color=c.own),
        warn=Style(color=c.warn),
        bad=Style(color=c.bad),
        good=Style(color=c.good),
        link=Style(color=c.accent, underline=True),
        base=Style(color=c.text, bgcolor=c.background),
        cursor=Style(color=c.text, bgcolor=c.cursor),
        shaded=Style(color=c.text, bgcolor=c.panel),
        text=Style(color=c.text, bgcolor=c.own_background),
        tags=[Style(color=colour) for colour in c.tags],
    )


def _without_colours(c: Colours) -> PaintStyles:
    """Styles without colours: bold is important, reversed is the cursor, underlined a cursor without the focus."""
    on, bold = Style(color=c.text, bgcolor=c.background), Style(bold=True)
    return PaintStyles(
        plain=Style(),
        strong=bold,
        muted=Style(),
        faint=Style(),
        rule=Style(),
        accent=bold,
        badge=bold,
        own=Style(),
        warn=bold,
        bad=bold + Style(underline=True),
        good=Style(),
        link=Style(underline=True),
        base=on,
        cursor=on + Style(reverse=True),
        shaded=on + Style(underline=True),
        text=on,
        tags=[Style()],
    )


_GREY = "#404040"
"""Behind the box that has the focus where the cursor is reversed: its text stays white."""


def _theme(name: str, c: Colours) -> Theme:
    return Theme(
        name=name,
        dark=c.dark,
        primary=c.accent,
        secondary=c.own,
        accent=c.accent,
        warning=c.warn,
        error=c.bad,
        success=c.good,
        foreground=c.text,
        background=c.background,
        surface=c.surface,
        panel=c.panel,
        text_alpha=1.0,
        variables={
            "muted": c.muted,
            "faint": c.faint,
            "rule": c.rule,
            "cursor": _GREY if c.reverse else c.cursor,
            "own": c.own,
            "scrollbar": c.rule,
            "scrollbar-hover": c.muted,
            "scrollbar-active": c.accent,
            "scrollbar-background": c.background,
            "scrollbar-background-hover": c.background,
            "scrollbar-background-active": c.background,
            "scrollbar-corner-color": c.background,
            "input-cursor-background": c.accent,
            "input-cursor-foreground": c.background,
            "input-selection-background": "#808080" if c.reverse else c.cursor,
            "block-cursor-background": c.cursor,
            "block-cursor-foreground": c.background if c.reverse else c.text,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": c.cursor if c.reverse else c.panel,
            "block-cursor-blurred-foreground": c.background if c.reverse else c.text,
            "button-focus-text-style": "none",
            "border": c.accent,
            "border-blurred": c.rule,
            "footer-background": c.surface,
        },
    )


THEMES = tuple(_theme(name, colours) for name, colours in COLOURS.items())


def begin_in(app: App[None], theme: str) -> None:
    """Set a theme before the first paint; a change of theme would parse all styles a second time."""
    for known in THEMES:
        app.register_theme(known)
    app.set_reactive(App.theme, theme)
    app.stylesheet.set_variables(app.get_css_variables())
    for name, dark in (("-dark-mode", True), ("-light-mode", False)):
        app.set_class(app.current_theme.dark == dark, name, update=False)
