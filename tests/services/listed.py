"""Lists in files beside the tests: what is found is compared with them, or with ``RENEW`` set written there anew."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from pathlib import Path

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """Blocks of lines under names."""

    path: Path

    def all(self) -> dict[str, Lines]:
        """The list as it stands."""
        blocks = self.path.read_text("utf-8").strip().split("\n\n") if self.path.exists() else []
        return {block.partition("\n")[0]: block.split("\n")[1:] for block in blocks}

    def agrees(self, name: str, found: Lines) -> bool:
        """Compare what is found with the list, or with ``RENEW`` set to the list's name write it there."""
        if self._is_renewed:
            self._write({**self.all(), name: found})
        assert list(found) == list(self.all().get(name, ()))
        return True

    def knows(self, names: Collection[str]) -> bool:
        """Tell whether it knows these names and no others; when it is written anew, what nobody asks for goes."""
        if self._is_renewed:
            self._write({name: lines for name, lines in self.all().items() if name in names})
        assert sorted(self.all()) == sorted(names)
        return True

    @property
    def _is_renewed(self) -> bool:
        return os.environ.get("RENEW") == self.path.stem

    def _write(self, blocks: Mapping[str, Lines]) -> None:
        said = "\n\n".join("\n".join([name, *blocks[name]]) for name in sorted(blocks))
        self.path.write_text(f"{said}\n", "utf-8")


def moments(text: str, now: int) -> str:
    """Times as their distance from now."""
    return re.sub(r"\b1[789]\d{11}\b", lambda at: f"now{int(at[0]) - now:+}" if int(at[0]) != now else "now", text)


SHORT = {"ChannelRow": "channel", "DialogCard": "dialog"}
"""What is told by its number alone where it is a part of something."""


def told(value: object, *, whole: bool = True) -> str:
    """A value on one line; what is empty in it is left out."""
    if not whole and (known := SHORT.get(type(value).__name__)):
        return f"{known} {value.id}"  # type: ignore[attr-defined]
    if isinstance(value, ChatappError):
        code = getattr(value, "code", "") or type(value).__name__
        return f"{code}{_filled(value.what)} / {_filled(value.next_step) if value.next_step else '-'}"
    if isinstance(value, Text):
        return f"«{show(value)}»"
    return _told_of_many(value) or ((str(value) or "''") if isinstance(value, Decimal | str) else repr(value))


def _filled(text: Text) -> str:
    """What a sentence is about: its words may change and its meaning stay."""
    return f"({', '.join(f'{name}={told(value)}' for name, value in text.params.items())})"


def _told_of_many(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{told(key)}: {told(one, whole=False)}" for key, one in value.items()) + "}"
    if names := _names(value):
        filled = {name: getattr(value, name) for name in names}
        said = (f"{name}={told(one, whole=False)}" for name, one in filled.items() if one or one is False)
        return f"{type(value).__name__}({', '.join(said)})"
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return f"[{', '.join(told(one, whole=False) for one in items)}]"
    return ""


def _names(value: object) -> Sequence[str]:
    if is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in fields(value)]
    return getattr(value, "_fields", ())
