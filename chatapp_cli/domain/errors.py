"""Errors, named for what happens next.

ChatappError                what, why and the next step, for a person
├── UsageError              the request itself is wrong; nothing was tried           exit 2
├── NotFound                no such line, channel, dialog, message                   exit 1
├── Refused                 a rule of ours forbids it; nothing was tried             exit 1
├── StoreError              the store cannot be opened or written                    exit 2
│   ├── StoreAway           its server does not answer; the same request works later exit 3
│   └── StoreLost           this process can write no more, and ends                 exit 2
│       └── StoreDamaged    the store itself is damaged: a backup has to be restored exit 2
├── Busy                    another process owns it; the same request works later    exit 3
└── ChannelError            what a provider answered, or did not
    ├── Retryable           stays queued, jittered back-off, attempts counted        exit 3
    ├── RateLimited         stays queued exactly that long, attempts not counted     exit 3
    ├── Rejected            failed for good, with the provider's code                exit 1
    │   └── PlaceRefused    a CRM: its pairing waits until the place is right       exit 1
    ├── OutcomeUnknown      uncertain: reconciled, or a person decides               exit 1
    ├── SendingBlocked      stays queued; sending rests, receiving goes on           exit 4
    ├── NeedsRebind         stays queued; the channel stops: bind again              exit 4
    └── Misconfigured       stays queued; the channel stops: change a setting        exit 2
"""

from __future__ import annotations

import math
from typing import ClassVar, Final, Literal, TypeAlias

from chatapp_cli.domain.border import clean
from chatapp_cli.domain.network_words import said
from chatapp_cli.domain.text import T, Text

LONGEST_REST: Final = 86_400.0
"""Longest pause in seconds that a provider may ask for: flood waits of a day are real, longer ones are a mistake."""
SHORT_REST: Final = 60.0
"""Pause in seconds if the provider gives no valid number."""
Pause: TypeAlias = Literal["account", "dialog", "strangers"]


class ChatappError(Exception):
    """An error to show to a person: what happened and what to do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: Text, next_step: Text | None = None) -> None:
        super().__init__(str(what))
        self.what = what
        self.next_step = next_step


class UsageError(ChatappError):
    """The request is wrong in itself; ``field`` names the part to blame, if there is one."""

    exit_code = 2

    def __init__(self, what: Text, next_step: Text | None = None, *, field: str | None = None) -> None:
        super().__init__(what, next_step)
        self.field = field


class NotFound(ChatappError):
    """There is no such thing in the store."""


class Refused(ChatappError):
    """A capability, a block or another rule of ours forbids it; ``code`` is stable for programs."""

    def __init__(self, code: str, what: Text, next_step: Text | None = None) -> None:
        super().__init__(what, next_step)
        self.code = code


class StoreError(ChatappError):
    """The store is damaged, full, newer than this program, or not reachable."""

    exit_code = 2


class StoreLost(StoreError):
    """Nothing more can be written by this process, whatever it tries; a daemon ends with it."""


class StoreDamaged(StoreLost):
    """The store is damaged: nothing more is written to it, and nothing acknowledged. ``url`` is the store's."""

    def __init__(self, what: Text, next_step: Text | None = None, *, url: str = "") -> None:
        super().__init__(what, next_step)
        self.url = url


class StoreAway(StoreError):
    """The database server is down or unreachable."""

    exit_code = 3


class Busy(ChatappError):
    """Another process holds what is needed."""

    exit_code = 3


class ChannelError(ChatappError):
    """An error in talking to a provider.

    ``code`` is a stable word that the channel's manifest explains under ``[errors.<code>]``;
    ``detail`` is what the provider said, or why it was not reached, without secrets and without what could control a
    terminal; ``said`` is the same for a person, in their language.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        detail = clean(detail)
        super().__init__(T("The channel answered: {code} {detail}", code=code, detail=said(detail)))
        self.code = code
        self.detail = detail
        self.connection_lives = False
        """Whether the connection to the provider certainly goes on after it, as after an answer of the server."""

    @property
    def said(self) -> Text | str:
        """The detail as it is shown."""
        return said(self.detail)


class Retryable(ChannelError):
    """Certainly not done, and likely to work later."""

    exit_code = 3


class ReadInPart(Retryable):
    """Some of what was to be read could not be, and may be later; everything else was."""


class RateLimited(ChannelError):
    """Certainly not done; the provider gave the seconds to wait, a day at most, for the account or one dialog.

    With ``strangers`` only dialogs in which the other side never wrote have to wait.
    """

    exit_code = 3

    def __init__(self, code: str, detail: str = "", *, retry_after: float, scope: Pause = "account") -> None:
        super().__init__(code, detail)
        self.retry_after = min(max(retry_after, 0.0), LONGEST_REST) if math.isfinite(retry_after) else SHORT_REST
        self.scope = scope


class Rejected(ChannelError):
    """Certainly not done, and trying again would not help."""


class PlaceRefused(Rejected):
    """A CRM did not do it because of the place of the pairing alone: everything of that pairing would be refused so.

    Once the place is right again, or the pairing has another one, it is likely to work.
    """


class OutcomeUnknown(ChannelError):
    """It may or may not have been done; ``ids`` are the provider ids that it would have, if known."""

    def __init__(self, code: str, detail: str = "", *, ids: tuple[str, ...] = ()) -> None:
        super().__init__(code, detail)
        self.ids = ids


class SendingBlocked(ChannelError):
    """The provider does not let the account send, for a reason that only a person can remove.

    Sending is tried again after a while; receiving goes on.
    """

    exit_code = 4


class NeedsRebind(ChannelError):
    """The credentials are no longer accepted."""

    exit_code = 4


class Misconfigured(ChannelError):
    """A setting is wrong; ``field`` names it.

    ``look_within``: seconds after which it is looked whether it still is, at the latest, if it may end by itself.
    """

    exit_code = 2

    def __init__(self, code: str, detail: str = "", *, field: str | None = None, look_within: float = math.inf) -> None:
        super().__init__(code, detail)
        self.field = field
        self.look_within = look_within
