"""One renewal of a refresh token at a time, whichever processes work with the account.

Providers that rotate refresh tokens revoke the whole login if a used one comes twice (RFC 9700, 4.14.2). So a process
notes in the channel's memory that it is about to ask, and others wait for its token. A note that outlives its request
means that an answer may have been lost: the same token is tried once more, and if it is refused then, it is never
presented again and the account has to be bound anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Literal

import msgspec

from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Retryable
from chatapp_cli.kit.tokens import PATIENCE, Ask, AskedElsewhere, Granted, GrantLost, GrantRefused, name_of
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World


class _Note(msgspec.Struct, frozen=True):
    """What became of a token: ``asking`` by one holder, ``unanswered``, or ``lost``."""

    token: str
    """Digest of the stored token that it is about: once that is replaced, the note means nothing."""
    state: Literal["asking", "unanswered", "lost"]
    holder: str
    doubtful: bool = False
    """Whether an earlier answer may have been lost."""


class Rotation:
    """An ``Ask`` that one process at a time carries out, for refresh tokens that work once."""

    def __init__(self, ask: Ask, bound: Bound, world: World) -> None:
        self._ask, self._world, self._memory = ask, world, bound.memory
        self._first = bound.secrets["token"]
        self._token, self._note = name_of(bound), f"renewal:{bound.secrets['grant']}"
        self._looks: tuple[str, Iterator[float]] = "", iter(())
        """The note of another process that is waited for, and the pauses until it is taken for dead."""

    async def __call__(self, refresh: str) -> Granted:
        """Ask the provider.

        Raises GrantRefused if the token is used or was replaced meanwhile, GrantLost if nothing can mend that, and
        AskedElsewhere while another process may be asking.
        """
        mine = await self._take(refresh)
        try:
            return await self._ask(refresh)
        except OutcomeUnknown as unknown:
            await self._end(mine, "unanswered")
            raise Retryable(unknown.code, unknown.detail) from None
        except GrantRefused as refusal:
            await self._end(mine, "lost" if mine.doubtful else None)
            if mine.doubtful:
                raise GrantLost("access_ended", refusal.detail) from None
            raise
        except ChannelError:
            await self._end(mine, "unanswered" if mine.doubtful else None)
            raise

    async def _take(self, refresh: str) -> _Note:
        """Note that this process asks. Raises AskedElsewhere if another may be asking."""
        token, text = await self._known(refresh)
        note = _about(token, text)
        if note and note.state == "lost":
            raise GrantLost("access_ended")
        if note and note.state == "asking" and (pause := self._next_pause(text)) is not None:
            raise AskedElsewhere(pause)
        mine = _Note(token=token, state="asking", holder=self._world.chance.key(), doubtful=note is not None)
        if await self._memory.swap(self._note, text, _written(mine)):
            return mine
        raise AskedElsewhere(0.0)

    def _next_pause(self, text: str) -> float | None:
        """How long to wait until the next look at a note that does not change; ``None`` once its time is over."""
        if self._looks[0] != text:
            self._looks = text, iter(PATIENCE)
        return next(self._looks[1], None)

    async def _known(self, refresh: str) -> tuple[str, str]:
        """The digest of the stored token, and the note. Raises GrantRefused if the token is not ours any more."""
        kept = {**await self._memory.known(self._token), **await self._memory.known(self._note)}
        token = kept.get(self._token, self._first)
        if msgspec.json.decode(token)["refresh"] != refresh:
            raise GrantRefused("access_ended")
        return sha256(token.encode()).hexdigest(), kept.get(self._note, "")

    async def _end(self, mine: _Note, state: Literal["unanswered", "lost"] | None) -> None:
        """Replace our note, unless another process took over; ``None`` removes it."""
        left = _written(msgspec.structs.replace(mine, state=state)) if state else ""
        await self._memory.swap(self._note, _written(mine), left)


def _about(token: str, text: str) -> _Note | None:
    """The note, if it is about this token."""
    note = msgspec.json.decode(text, type=_Note) if text else None
    return note if note and note.token == token else None


def _written(note: _Note) -> str:
    return msgspec.json.encode(note).decode()
