"""Why a provider was not reached, in words that are kept in English and translated for whoever reads them.

A detail is stored as plain text, because most are the words of a provider, and programs read it too. So a reason of
ours is kept as its English sentence, behind the host that it is about, and recognised where it is shown.
"""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.os_words import WORDS
from chatapp_cli.domain.text import T, Text

NO_SUCH_NAME: Final = T("the name is not found")
BAD_CERTIFICATE: Final = T("its certificate is not accepted")
NO_TLS: Final = T("it does not speak TLS as expected")
CLOSED: Final = T("the connection was closed")
TOO_SLOW: Final = T("Connection timed out")
_REASONS: Final = {str(one): one for one in (NO_SUCH_NAME, BAD_CERTIFICATE, NO_TLS, CLOSED, TOO_SLOW, *WORDS.values())}


def kept(why: Text, where: str = "") -> str:
    """A reason as it is kept; ``where``: the host that it is about, as ``host:port``."""
    return f"{where}: {why}" if where else str(why)


def said(detail: str) -> Text | str:
    """A kept detail as it is shown: a reason of ours can be translated, the words of others stay as they are."""
    where, _, why = detail.rpartition(": ")
    reason = _REASONS.get(why)
    if reason is None:
        return detail
    return T("{where}: {why}", where=where, why=reason) if where else reason
