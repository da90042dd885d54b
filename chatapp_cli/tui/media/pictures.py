"""Pictures as coloured half cells: whatever a stranger sent, small, and never more memory than it is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from chatapp_cli.store.rows.messages import FileRow

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, ROWS = 40, 10
"""Cells that a picture takes at most."""
LARGEST = 32 * 1_048_576
"""Bytes of a file beyond which nobody looks into it."""
MOST_PIXELS = {"JPEG": 120_000_000}
"""By format; a JPEG is read in an eighth of its size, everything else whole."""
MOST_OTHERWISE = 16_000_000
_READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_KINDS = frozenset({"photo", "sticker"})


class Drawn(NamedTuple):
    """A picture in the size of its cells: two pixels a cell, one above the other."""

    width: int
    height: int
    pixels: bytes
    """Red, green, blue."""
    sixels: str = ""
    """Nothing but cells."""

    @property
    def rows(self) -> int:
        """Lines that it takes."""
        return (self.height + 1) // 2

    def line(self, row: int, base: Style) -> list[Segment]:
        """One line of it."""
        return [Segment("▀", base + self._cell(x, 2 * row)) for x in range(self.width)]

    def _cell(self, x: int, y: int) -> Style:
        lower = self._colour(x, y + 1) if y + 1 < self.height else None
        return Style(color=self._colour(x, y), bgcolor=lower)

    def _colour(self, x: int, y: int) -> Color:
        at = 3 * (y * self.width + x)
        red, green, blue = self.pixels[at : at + 3]
        return Color.from_rgb(red, green, blue)


def wanted(setting: str, colours: str | None) -> bool:
    """Whether pictures are shown: by themselves only where a terminal has all the colours."""
    return setting == "halfcells" or (setting != "off" and colours == "truecolor")


def drawable(file: FileRow) -> bool:
    """Whether a file may be a picture that can be shown."""
    return file.kind in _KINDS and viewable(file)


def viewable(file: FileRow) -> bool:
    """Whether somebody may want to look at it as a picture, a scan that came as a document too."""
    pictured = file.mime.startswith("image/") if file.mime else file.kind in _KINDS
    return pictured and file.state == "here" and 0 < file.size <= LARGEST


def drawn(path: Path, paper: str, room: tuple[int, int] = (WIDTH, ROWS)) -> Drawn | None:
    """The picture in cells, on paper of this colour; ``None`` if it is broken or would take too much."""
    small = scaled(path, paper, (room[0], 2 * room[1]))
    return None if small is None else Drawn(small.width, small.height, small.tobytes())


def scaled(path: Path, paper: str, size: tuple[int, int]) -> Image | None:
    """The picture upright and no larger than that; ``None`` if it is broken or would take too much."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # we look ourselves, before anything is decoded, and without words on the screen
    try:
        with Image.open(path, formats=_READ) as image:
            if image.width * image.height > MOST_PIXELS.get(image.format or "", MOST_OTHERWISE):
                return None
            return _on_paper(_small(image, size), paper)
    except Exception:  # noqa: BLE001 - decoders raise whatever a stranger's bytes lead them into
        return None


def _small(image: Image, size: tuple[int, int]) -> Image:
    from PIL import ImageOps

    longest = 2 * max(size)
    image.thumbnail((longest, longest), reducing_gap=1.0)
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail(size)
    return upright


def _on_paper(image: Image, paper: str) -> Image:
    from PIL import Image as Images

    background = Images.new("RGBA", image.size, paper)
    background.alpha_composite(image.convert("RGBA"))
    return background.convert("RGB")
