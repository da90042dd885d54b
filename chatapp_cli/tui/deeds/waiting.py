"""What can be done with a message of ours before it has gone, and when it did not get through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from chatapp_cli.domain import when
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import later, sending
from chatapp_cli.services.sending import Order
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.deeds.said import Said, deed, unless
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import about


async def retry(hands: Hands, said: Said) -> None:
    """Send again; with an uncertain one the person knows that there may be two."""
    if said.entry.message.state == State.UNCERTAIN and not await hands.confirm(
        _("Send it again?"), _("It may have got through already; then the client has it twice."), yes=_("Send again")
    ):
        return
    await hands.office.write(lambda tx: sending.retry(tx, said.entry.message.id))


async def cancel(hands: Hands, said: Said) -> None:
    """Take back what has not gone yet; its words return to the composer, if that is empty."""
    await hands.office.write(lambda tx: sending.cancel(tx, said.entry.message.id))
    said.among.composer.take_back(said.entry)


async def resolve(hands: Hands, said: Said) -> None:
    """A person looked and knows."""
    options = [("sent", _("It got through")), ("failed", _("It did not get through"))]

    async def take(verdict: str) -> None:
        known: Literal["sent", "failed"] = "sent" if verdict == "sent" else "failed"
        await hands.office.write(lambda tx: sending.resolve(tx, said.entry.message.id, known))

    await hands.choose(_("What became of this message?"), options, keys=["1", "2"], take=take)


async def order_for_later(hands: Hands, card: DialogCard, put_out: Callable[[Order], Awaitable[None]]) -> None:
    """Put something out at the time that the person names, and for which they say whether an answer makes it needless.

    A time that is none, and what is refused of the message, is said where they were asked.
    """
    options = [("always", _("In any case")), ("unless", _("Only if the client does not write first"))]

    async def timed(typed: str) -> bool:
        if not typed.strip():
            return False
        at = when.when(typed, now=hands.office.desk.world.clock.now())

        async def take(chosen: str) -> None:
            await put_out(replace(hands.office.order(), at=at, unless_heard=chosen == "unless"))

        return await hands.choose(_goes_at(hands, at), options, keys=["1", "2"], take=take) is not None

    note = _("Such as: 18:30, tomorrow at 9, in 2 hours")
    await hands.prompt(about(_("When should it be sent?"), [card]), note=note, take=timed)


def _goes_at(hands: Hands, at: Millis) -> str:
    return _("It will be sent at {time}.", time=words.moment(at, hands.office.desk.world.clock.now()))


async def retime(hands: Hands, said: Said) -> None:
    """Another time for what is scheduled, or now."""
    message = said.entry.message.id
    note = _("Such as: 18:30, tomorrow at 9, in 2 hours. Empty: now.")

    async def take(typed: str) -> None:
        at = when.when(typed, now=hands.office.desk.world.clock.now()) if typed.strip() else None
        await hands.office.write(lambda tx: later.reschedule(tx, said.can, message, at))
        hands.say(_("It goes now.") if at is None else _goes_at(hands, at))

    await hands.prompt(_("When should it be sent?"), note=note, take=take)


DEEDS: dict[str, Deed[Said]] = {
    "retry": deed(
        retry,
        unless(
            lambda said: said.ours and said.entry.message.state in {State.FAILED, State.UNCERTAIN},
            T("Only what failed or is uncertain goes again; what was taken back is written anew."),
        ),
    ),
    "cancel": deed(
        cancel, unless(lambda said: said.waits, T("Only a message that has not been sent can be cancelled."))
    ),
    "retime": deed(
        retime,
        unless(lambda said: said.entry.message.state == State.SCHEDULED, T("Only a scheduled message has a time.")),
    ),
    "resolve": deed(
        resolve,
        unless(
            lambda said: said.entry.message.state == State.UNCERTAIN,
            T("Only an uncertain message needs a person's decision."),
        ),
    ),
}
