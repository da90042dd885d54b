"""Pictures as coloured half cells, decoded within limits of size and memory, as they come from strangers."""

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
"""The most cells that a picture takes, across and down."""
LARGEST = 32 * 1_048_576
"""Bytes: larger files are not drawn."""
MOST_PIXELS = {"JPEG": 120_000_000}
"""The most pixels, by format: a JPEG can be decoded at an eighth of its size."""
MOST_OTHERWISE = 16_000_000  # of other formats
_READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_KINDS = frozenset({"photo", "sticker"})


class Drawn(NamedTuple):
    """A picture with two pixels in each cell, one above the other."""

    width: int
    height: int
    pixels: bytes
    """Three bytes each: red, green, blue."""
    sixels: str = ""
    """Empty: the picture consists of cells only."""

    @property
    def rows(self) -> int:
        """The lines that it takes."""
        return (self.height + 1) // 2

    def line(self, row: int, base: Style) -> list[Segment]:
        """The cells of one line."""
        return [Segment("▀", base + self._cell(x, 2 * row)) for x in range(self.width)]

    def _cell(self, x: int, y: int) -> Style:
        lower = self._colour(x, y + 1) if y + 1 < self.height else None
        return Style(color=self._colour(x, y), bgcolor=lower)

    def _colour(self, x: int, y: int) -> Color:
        at = 3 * (y * self.width + x)
        red, green, blue = self.pixels[at : at + 3]
        return Color.from_rgb(red, green, blue)


def wanted(setting: str, colours: str | None) -> bool:
    """Whether pictures are shown: with ``auto`` only in a terminal with true colour."""
    return setting == "halfcells" or (setting != "off" and colours == "truecolor")


def drawable(file: FileRow) -> bool:
    """Whether a file may be drawn in the conversation: a photo or sticker."""
    return file.kind in _KINDS and viewable(file)


def viewable(file: FileRow) -> bool:
    """Whether a file can be shown as a picture, which includes images sent as documents."""
    pictured = file.mime.startswith("image/") if file.mime else file.kind in _KINDS
    return pictured and file.state == "here" and 0 < file.size <= LARGEST


def drawn(path: Path, paper: str, room: tuple[int, int] = (WIDTH, ROWS)) -> Drawn | None:
    """The picture in cells on a background ``paper``; ``None`` if it is broken or too large."""
    small = scaled(path, paper, (room[0], 2 * room[1]))
    return None if small is None else Drawn(small.width, small.height, small.tobytes())


def scaled(path: Path, paper: str, size: tuple[int, int]) -> Image | None:
    """The picture upright, within ``size`` pixels, on a background ``paper``; ``None`` if it is broken or too large."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # checked below before decoding; Pillow would print a warning
    try:
        with Image.open(path, formats=_READ) as image:
            if image.width * image.height > MOST_PIXELS.get(image.format or "", MOST_OTHERWISE):
                return None
            return _on_paper(_small(image, size), paper)
    except Exception:  # noqa: BLE001 - decoders may raise anything for broken bytes
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
