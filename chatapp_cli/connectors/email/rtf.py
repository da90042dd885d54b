"""Text of the compressed RTF in which Outlook keeps mails ([MS-OXRTFCP])."""

from __future__ import annotations

import re

_LONGEST_COMPRESSED = 256 * 1024
_LONGEST = 512 * 1024
"""In characters: the library looks at each."""
_SLOW = re.compile(r"\\(fldinst|fonttbl)", re.IGNORECASE)
"""Where the library searches in cubic time. In an ignored group with a name that it does not know, it does not."""


def to_text(compressed: bytes) -> str:
    """The text without its formatting. Raises an error of the libraries for what is no compressed RTF."""
    from compressed_rtf import decompress
    from striprtf.striprtf import rtf_to_text

    source = decompress(compressed[:_LONGEST_COMPRESSED]).decode("latin-1")[:_LONGEST]
    found: str = rtf_to_text(_SLOW.sub(r"\\*\\ignored\1", source), errors="replace")  # type: ignore[no-untyped-call]
    return found.replace("\0", "").strip()
