"""A mail as the server hands it out, and the options by which a mailbox reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chatapp_cli.domain.ids import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as the server keeps it."""

    uid: int
    at: Millis
    """When the server received it."""
    size: int
    raw: bytes = field(repr=False)
    """All of it, or only its beginning if ``size`` is larger."""
    sent: bool = False
    """Whether it lies in the folder of sent mail, so that it is ours."""
    settled: bool = False
    """Whether it is so old that nobody needs to be told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reading options of a mailbox."""

    own_address: str
    by_subject: bool = True
    newsletters_wait: bool = True
    aliases: Sequence[str] = ()
    """Further addresses of ours."""
    plain_until: Millis = 0
    """Mails received until then were read by a version that identified a mail by its Message-ID alone."""

    @property
    def own_addresses(self) -> Sequence[str]:
        """Every address of ours, the mailbox's first."""
        return (self.own_address, *self.aliases)

    @property
    def domain(self) -> str:
        """The part of our address behind the @."""
        return self.own_address.rpartition("@")[2]
