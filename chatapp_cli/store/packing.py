"""The form in which raw arrivals are stored once they were understood: deflated, with a dictionary of their kind.

A dictionary holds what several of a sample have in common, such as the names of fields and common words, and so
hardly anything of a single client.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

SAMPLE = 8
"""The fewest arrivals from which a dictionary is made."""
_LONGEST = 2_500
"""Bytes of a dictionary; with an arrival of usual length it fits into the smaller window."""
_SEVERAL, _SHARE = 3, 20
"""A word is frequent if so many of a sample have it, and one in so many."""
_SAMPLED = 4_096
"""Bytes of an arrival that are looked at for a dictionary."""
_SHORTEST = 4
"""Bytes from which repeating something is cheaper than writing it."""
_SMALL_WINDOW, _LARGE_WINDOW = -12, -15
_TOKEN = re.compile(rb"[0-9A-Za-z_\x80-\xff]+|[^0-9A-Za-z_\x80-\xff]+")


def dictionary(sample: Sequence[bytes]) -> bytes:
    """What several of a sample have in common; the most frequent stands at the end, where it costs least."""
    texts = [_TOKEN.findall(raw[:_SAMPLED]) for raw in sample]
    counted = Counter(token for tokens in texts for token in set(tokens))
    least = max(_SEVERAL, len(texts) // _SHARE)
    runs = Counter(run for tokens in texts for run in _runs(tokens, counted, least))
    made = b""
    for run, _times in runs.most_common():
        if run not in made and len(made) + len(run) <= _LONGEST:
            made = run + made
    return made


def _runs(tokens: Sequence[bytes], counted: Counter[bytes], least: int) -> Iterator[bytes]:
    """The parts of an arrival that consist of frequent words."""
    run = b""
    for token in (*tokens, b""):
        if counted[token] >= least:
            run += token
            continue
        if len(run) >= _SHORTEST:
            yield run
        run = b""


def pack(raw: bytes, content: bytes) -> bytes:
    """Pack an arrival with the content of a dictionary."""
    small = len(raw) <= 1 << -_SMALL_WINDOW
    # The smaller window takes a tenth of the time, most of which is the clearing of memory.
    window, memory = (_SMALL_WINDOW, 5) if small else (_LARGE_WINDOW, 8)
    packer = zlib.compressobj(6, zlib.DEFLATED, window, memory, zdict=content)
    return packer.compress(raw) + packer.flush()


def unpack(packed: bytes, content: bytes) -> bytes:
    """The arrival as it came. Raises ``zlib.error`` if it was packed with another dictionary."""
    unpacker = zlib.decompressobj(_LARGE_WINDOW, zdict=content)
    return unpacker.decompress(packed) + unpacker.flush()
