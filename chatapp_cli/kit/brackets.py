"""Reads forms whose names have brackets, as PHP writes them: ``data[MESSAGES][0][chat][id]=7``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

_COUNTS: Final = frozenset({"", "0"})
"""Keys of which the first of a list has one."""

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
    form = _Form()
    tree, put, put_counting = form.tree, form.put, form.put_counting
    for pair in body.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            # Brackets are all that names have encoded as a rule, and ``unquote`` takes ten times as long.
            name, value = _decoded(name.replace("%5B", "[").replace("%5D", "]")), _decoded(value)
        if "[" in name:
            keep = put_counting if "[0]" in name or "[]" in name else put
            keep(_path(name, deepest), value)
        elif name:
            tree[name] = value
    form.list_those_that_count()
    return tree


def members(tree: Any) -> Sequence[Any]:
    """The members of a list, also of one with gaps; none of anything else."""
    if isinstance(tree, Mapping):
        return list(tree.values())
    return tree if isinstance(tree, list) else ()


def _decoded(text: str) -> str:
    return unquote(text.replace("+", " ")) if "%" in text or "+" in text else text


def _path(name: str, deepest: int) -> list[str]:
    """The keys in a name; what stands behind a closed bracket does not count, an unclosed one is part of the name."""
    opened = name.count("[")
    if opened > deepest:
        raise ValueError(f"more than {deepest} brackets in a name")
    whole = name[-1] == "]" and opened == name.count("]") == name.count("][") + 1
    if whole and 0 < name.index("[") < name.index("]"):
        return name[:-1].replace("][", "[").split("[")
    root, _, rest = name.partition("[")
    return _odd_path(name, root, rest) if root else [name]


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


class _Form:
    """The tree of a form while it grows: mappings of plain ``dict``, which are made by tens of thousands."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self._counting: dict[int, tuple[int, dict[str, Any], str, dict[str, Any]]] = {}
        """Mappings with a key 0, by their identity: depth, the mapping around it, its key there, itself."""
        self._last: dict[int, int] = {}
        """The last number that an empty bracket stood for, by the mapping's identity."""
        self._kept: list[dict[str, Any]] = []
        """The mappings of ``_last``: one that another value replaced must not leave its identity to a new one."""

    def put(self, path: list[str], value: str) -> None:
        """Put a value where its keys lead, none of them 0 or empty; a text in its way is replaced."""
        here, last = self.tree, path.pop()
        keys = iter(path)
        for key in keys:
            there = here.get(key)
            if there.__class__ is not dict:  # all that is below is new
                inside: Any = {last: value}
                for below in reversed([*keys]):
                    inside = {below: inside}
                here[key] = inside
                return
            here = there
        here[last] = value

    def put_counting(self, path: list[str], value: str) -> None:
        """The same with any keys; notes which mappings may turn out to be lists."""
        here = self.tree
        around, at = here, ""
        last = path.pop()
        for depth, said in enumerate(path):
            key = said
            there = here.get(key) if key else None
            if there.__class__ is not dict:
                there = {}
                if said in _COUNTS:
                    key = self._key(here, said, (depth, around, at))
                here[key] = there
            around, at, here = here, key, there
        if last in _COUNTS:
            last = self._key(here, last, (len(path), around, at))
        here[last] = value

    def _key(self, here: dict[str, Any], key: str, where: tuple[int, dict[str, Any], str]) -> str:
        """The key that is meant; notes a mapping that may turn out to be a list."""
        found = key or self._appended(here)
        if found == "0" and here is not self.tree:
            self._counting[id(here)] = (*where, here)
        return found

    def _appended(self, here: dict[str, Any]) -> str:
        """The first number that is no key yet; the search goes on where it ended the last time."""
        if id(here) not in self._last:
            self._kept.append(here)
        last = self._last.get(id(here), -1) + 1
        while str(last) in here:
            last += 1
        self._last[id(here)] = last
        return str(last)

    def list_those_that_count(self) -> None:
        """Make lists of the mappings whose keys count from zero, the inner ones first."""
        for _, around, at, one in sorted(self._counting.values(), key=itemgetter(0), reverse=True):
            if around.get(at) is one and (listed := _listed(one)) is not None:
                around[at] = listed


def _listed(tree: dict[str, Any]) -> list[Any] | None:
    try:
        return [tree[key] for key in map(str, range(len(tree)))]
    except KeyError:
        return None
