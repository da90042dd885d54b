"""Pictures in cells: small, upright, never broken by what a stranger sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from rich.style import Style
from textual.strip import Strip

from chatapp_cli.domain.ids import ChannelId, FileId, MessageId
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.media import pictures
from chatapp_cli.tui.widgets.gallery import MOST, Gallery, PictureLine

RED, BLUE = (255, 0, 0), (0, 0, 255)


def saved(path: Path, image: Image.Image, kind: str = "PNG", **options: object) -> Path:
    image.save(path / "one", kind, **options)
    return path / "one"


def a_file(n: int = 1, **values: object) -> FileRow:
    plain = FileRow(
        id=FileId(n),
        message_id=MessageId(n),
        channel_id=ChannelId(1),
        kind="photo",
        name=f"{n}.png",
        mime="image/png",
        size=100,
        seconds=0,
        sha256=f"{n:064}",
        remote="",
        state="here",
        code="",
        attempts=0,
        words="",
    )
    return plain._replace(**values)


def test_a_large_picture_becomes_as_small_as_its_cells(tmp_path: Path) -> None:
    drawn = pictures.drawn(saved(tmp_path, Image.new("RGB", (1600, 1200), RED), "JPEG"), "#000000")
    assert drawn is not None
    assert (drawn.width, drawn.height, drawn.rows) == (27, 20, 10)
    assert len(drawn.pixels) == 27 * 20 * 3


def test_a_picture_stands_as_the_camera_was_held(tmp_path: Path) -> None:
    photo = Image.new("RGB", (40, 20), RED)
    photo.paste(BLUE, (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    drawn = pictures.drawn(saved(tmp_path, photo, exif=exif), "#000000")
    assert drawn is not None
    assert (drawn.width, drawn.height) == (10, 20)
    assert (tuple(drawn.pixels[:3]), tuple(drawn.pixels[-3:])) == (BLUE, RED)


def test_what_is_transparent_shows_the_paper(tmp_path: Path) -> None:
    drawn = pictures.drawn(saved(tmp_path, Image.new("RGBA", (4, 3), (0, 0, 0, 0))), "#102030")
    assert drawn is not None
    assert tuple(drawn.pixels[:3]) == (0x10, 0x20, 0x30)
    assert [segment.text for segment in drawn.line(1, Style())] == ["▀"] * 4


def bomb(path: Path) -> Path:
    """A few kilobytes that become eighty megabytes."""
    Image.new("1", (5000, 4000)).save(path / "bomb", "PNG")
    assert (path / "bomb").stat().st_size < 10_000
    return path / "bomb"


def test_a_bomb_a_broken_file_and_no_file_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\x89PNG\r\n\x1a\nand then nothing")
    whole = saved(tmp_path, Image.effect_noise((300, 300), 50))
    (tmp_path / "half").write_bytes(whole.read_bytes()[:4000])
    assert pictures.drawn(bomb(tmp_path), "#000000") is None
    for name in ("broken", "half", "nowhere"):
        assert pictures.drawn(tmp_path / name, "#000000") is None


@pytest.mark.parametrize(
    ("setting", "colours", "shown"),
    [
        ("auto", "truecolor", True),
        ("auto", "256", False),
        ("auto", None, False),
        ("off", "truecolor", False),
        ("halfcells", "256", True),
    ],
)
def test_pictures_are_shown_where_the_terminal_has_the_colours(setting: str, colours: str | None, shown: bool) -> None:
    assert pictures.wanted(setting, colours) is shown


def test_only_a_picture_that_is_here_and_not_huge_gets_room() -> None:
    gallery = Gallery()
    gallery.on = True
    assert gallery.rows(a_file()) == pictures.ROWS
    for other in ({"kind": "document"}, {"state": "wanted"}, {"size": pictures.LARGEST + 1}, {"mime": "text/html"}):
        assert gallery.rows(a_file(**other)) == 0


def test_however_many_pictures_were_seen_only_the_last_are_kept() -> None:
    gallery = Gallery()
    gallery.on = True
    small = pictures.Drawn(2, 2, bytes(12))
    for n in range(500):
        assert gallery.ask_once(a_file(n))
        assert gallery.put(a_file(n), small)
    blank = Strip.blank(10)
    shown = [gallery.over(blank, PictureLine(a_file(n), 0, 3), Style()) is not blank for n in range(500)]
    assert sum(shown) == MOST
    assert all(shown[-MOST:])
    assert gallery.ask_once(a_file(0))
    assert gallery.rows(a_file(0)) == 1


def test_a_scan_that_came_as_a_document_can_be_looked_at_but_stands_by_its_name() -> None:
    scan = a_file(kind="document")
    assert pictures.viewable(scan)
    assert not pictures.drawable(scan)
    assert not pictures.viewable(a_file(kind="document", mime=""))
