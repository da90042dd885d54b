"""Reads forms whose names have brackets, as PHP writes them: ``data[MESSAGES][0][chat][id]=7``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

Tree: TypeAlias = "str | Sequence[Tree] | Mapping[str, Tree]"

DEEPEST: Final = 32
"""So many brackets a name may have."""
MOST: Final = 20_000
"""So many values a form may have."""


def parse(body: bytes, *, deepest: int = DEEPEST, most: int = MOST) -> dict[str, Any]:
    """Read a form into texts, lists and mappings.

    A mapping with the keys 0, 1, 2… without a gap is a list; one with gaps stays a mapping, see ``members``. Of a name
    that comes twice the last value holds. Raises ValueError for too deep or too many names.
    """
    if body.count(b"&") >= most:
        raise ValueError(f"more than {most} values in a form")
    tree = _Branch()
    for pair in body.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if not name:
            continue
        if "%" in name or "+" in name:
            name = unquote(name.replace("+", " "))
        if "%" in value or "+" in value:
            value = unquote(value.replace("+", " "))
        if "[" in name:
            _put(tree, _path(name, deepest), value)
        else:
            tree[name] = value
    return {name: _listed(found) if found.__class__ is _Branch else found for name, found in tree.items()}


def members(tree: Any) -> Sequence[Any]:
    """The members of a list, also of one with gaps; none of anything else."""
    if isinstance(tree, Mapping):
        return list(tree.values())
    return tree if isinstance(tree, list) else ()


def _path(name: str, deepest: int) -> list[str]:
    """The keys in a name; what stands behind a closed bracket does not count, an unclosed one is part of the name."""
    if (opened := name.count("[")) > deepest:
        raise ValueError(f"more than {deepest} brackets in a name")
    root, _, rest = name.partition("[")
    if not root:
        return [name]
    keys = rest[:-1].split("][")
    if rest[-1:] == "]" and len(keys) == opened == rest.count("]"):
        return [root, *keys]
    return _odd_path(name, root, rest)


def _odd_path(name: str, root: str, rest: str) -> list[str]:
    found = [root]
    while True:
        key, closed, rest = rest.partition("]")
        if not closed:
            return found if len(found) > 1 else [name]
        found.append(key)
        if not rest.startswith("["):
            return found
        rest = rest[1:]


class _Branch(dict[str, Any]):
    """A mapping that knows which key an empty bracket stands for."""

    __slots__ = ("last",)

    def appended(self) -> str:
        """The first number that is no key yet; the search goes on where it ended the last time."""
        self.last = getattr(self, "last", -1) + 1
        while str(self.last) in self:
            self.last += 1
        return str(self.last)


def _put(tree: _Branch, path: list[str], value: str) -> None:
    here, last = tree, path.pop()
    for key in path:
        there = here.get(key) if key else None
        if there.__class__ is not _Branch:
            there = here[key or here.appended()] = _Branch()
        here = there
    here[last or here.appended()] = value


def _listed(tree: _Branch) -> Any:
    """The same with lists where the keys count from zero."""
    for key, one in tree.items():
        if one.__class__ is _Branch:
            tree[key] = _listed(one)
    if "0" in tree and all(str(place) in tree for place in range(len(tree))):
        return [tree[str(place)] for place in range(len(tree))]
    return tree
