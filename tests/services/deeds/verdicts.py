"""What a sender does with the outbox, what a provider tells of what went, and what rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from chatapp_cli.domain.arrival import Arrival, Batch, ChatRead, DeliveryChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import channels, ingest, outbox, sending, transcript
from chatapp_cli.store.tx import Tx
from tests.services.calls import Place
from tests.services.deeds.kinds import DAY, THEN, Deed, Job
from tests.services.deeds.reports import says
from tests.stores import EVERYTHING, Shop, hand_over


def queued(shop: Shop, at: Place, **order: object) -> MessageId:
    """A message of ours that may go; the scheduled one is out of its way."""
    shop.write(lambda tx: sending.cancel(tx, at.waits))
    draft = Draft(text="Едем")
    return shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, at.dialog, draft, shop.order(**order)))


def asked(shop: Shop, at: Place, action: Operation, value: str) -> None:
    """A change of a message of ours that the provider has in two parts."""
    sent = with_outbox(lambda tx, claim: outbox.succeed(tx, claim, TWO))
    shop.write(sent(shop, at))
    ours = shop.read(lambda tx: transcript.latest(tx, at.dialog))[-1].message.id
    order = shop.order()
    shop.write(lambda tx: sending.change(tx, EVERYTHING, ours, action, value, options=order))


TWO = Receipt(ids=("e1", "e2"), texts=("e2",))


def with_outbox(
    verdict: Callable[[Tx, outbox.Claim], object],
    *,
    action: tuple[Operation, str] | None = None,
    begun: bool = True,
    attempts: int = 1,
    before: Callable[[Shop, Place], object] | None = None,
) -> Deed:
    """A verdict on what was claimed, and handed over."""

    def deed(shop: Shop, at: Place) -> Job:
        asked(shop, at, *action) if action else queued(shop, at)
        take = partial(hand_over if begun else outbox.claim, media=shop.media, channel=at.channel.id)
        claim = shop.write(take)
        for _ in range(attempts - 1):
            shop.write(partial(outbox.postpone, claim=claim, error=AGAIN, seconds=0, counted=True))
            claim = shop.write(take)
        if before is not None:
            before(shop, at)
        return lambda tx: verdict(tx, claim)

    return deed


def tells(state: State, ext_id: str = "e1", **values: object) -> Callable[[Shop, Place], object]:
    return lambda shop, at: shop.take(
        at.channel.id, DeliveryChanged(**{"ext_id": ext_id, "state": state, "at": THEN, **values})
    )


def echo(ext_id: str) -> Callable[[Shop, Place], object]:
    return lambda shop, at: shop.take(at.channel.id, says("Едем", ext_id=ext_id, from_us=True)(at))


def sent(*, then: Callable[[Shop, Place], object] | None, event: DeliveryChanged | ChatRead | None = None) -> Deed:
    """News of a message of ours that went in two parts."""

    def deed(shop: Shop, at: Place) -> Job:
        shop.write(with_outbox(lambda tx, claim: outbox.succeed(tx, claim, TWO))(shop, at))
        if then is not None:
            then(shop, at)
        told = event or ChatRead(peer_key=f"anna{at.line}", ext_id="e1", at=THEN)
        arrival = Arrival(provider_id="news", raw=b"{}", events=(told,))
        return lambda tx: repr(ingest.ingest(tx, at.channel.id, Batch(arrivals=(arrival,))))

    return deed


def news(state: State, ext_id: str = "e1", **values: object) -> DeliveryChanged:
    return DeliveryChanged(**{"ext_id": ext_id, "state": state, "at": THEN, "code": "", **values})


def on_the_channel(do: Callable[[Tx, Place], object], before: Callable[[Shop, Place], object] | None = None) -> Deed:
    """Something is said of the account while a message of ours waits for its turn."""

    def deed(shop: Shop, at: Place) -> Job:
        queued(shop, at)
        if before is not None:
            before(shop, at)
        return lambda tx: do(tx, at)

    return deed


def paused(shop: Shop, at: Place) -> None:
    shop.write(lambda tx: outbox.pause(tx, at.channel.id, seconds=90, code="flood", detail="90 s"))
    shop.write(lambda tx: outbox.delay(tx, at.dialog, {"dialog": 90}))


def misconfigured(shop: Shop, at: Place) -> None:
    paused(shop, at)
    shop.write(lambda tx: channels.set_health(tx, at.channel.id, Health.MISCONFIGURED, "no_money"))


UNSURE, AGAIN = OutcomeUnknown("timeout", "read"), Retryable("busy", "later")
REACT, EDIT, DELETE = (Operation.REACT, "👍"), (Operation.EDIT, "Выехали"), (Operation.DELETE, "")
VERDICTS: Mapping[str, Deed] = {
    "outbox.claim": lambda shop, at: (
        queued(shop, at),
        lambda tx: type(outbox.claim(tx, shop.media, at.channel.id)).__name__,
    )[1],
    "outbox.begin": with_outbox(outbox.begin, begun=False),
    "outbox.begin of an edit": with_outbox(outbox.begin, begun=False, action=EDIT),
    "outbox.begin of what was taken back": with_outbox(
        outbox.begin,
        begun=False,
        before=lambda shop, at: shop.write(
            lambda tx: sending.cancel(tx, transcript.latest(tx, at.dialog)[-1].message.id)
        ),
    ),
    "outbox.begin twice": with_outbox(outbox.begin),
    "outbox.succeed": with_outbox(lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=("e1",), at=THEN))),
    "outbox.succeed in parts": with_outbox(lambda tx, claim: outbox.succeed(tx, claim, TWO)),
    "outbox.succeed after its echo": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=("e1",))), before=echo("e1")
    ),
    "outbox.succeed with the id of another": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=("9",))),
        before=lambda shop, at: shop.take(at.channel.id, says()(at)),
    ),
    "outbox.succeed after it was read": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, TWO), before=tells(State.READ)
    ),
    "outbox.succeed after its part failed": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, TWO), before=tells(State.FAILED, "e2", code="bounced", detail="550")
    ),
    "outbox.succeed after its part was read": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, TWO), before=tells(State.READ, "e2")
    ),
    "outbox.succeed of an edit": with_outbox(lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=())), action=EDIT),
    "outbox.succeed of a deletion": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=())), action=DELETE
    ),
    "outbox.succeed of a reaction": with_outbox(
        lambda tx, claim: outbox.succeed(tx, claim, Receipt(ids=())), action=REACT
    ),
    "outbox.fail": with_outbox(lambda tx, claim: outbox.fail(tx, claim, Rejected("no_such_user", "404"))),
    "outbox.fail of an edit": with_outbox(
        lambda tx, claim: outbox.fail(tx, claim, Rejected("too_old", "400")), action=EDIT
    ),
    "outbox.postpone counted": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=2.5, counted=True)
    ),
    "outbox.postpone uncounted": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=2.5, counted=False)
    ),
    "outbox.postpone of an edit": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=2.5, counted=True), action=EDIT
    ),
    "outbox.postpone the last time": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=1, counted=True), attempts=30
    ),
    "outbox.postpone the last time but one": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=1, counted=True), attempts=29
    ),
    "outbox.postpone uncounted the last time": with_outbox(
        lambda tx, claim: outbox.postpone(tx, claim, AGAIN, seconds=1, counted=False), attempts=30
    ),
    "outbox.leave_uncertain": with_outbox(lambda tx, claim: outbox.leave_uncertain(tx, claim, UNSURE)),
    "outbox.leave_uncertain with an id": with_outbox(
        lambda tx, claim: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout", ids=("e1",)))
    ),
    "outbox.leave_uncertain after its echo": with_outbox(
        lambda tx, claim: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout", ids=("e1",))), before=echo("e1")
    ),
    "outbox.leave_uncertain after it was told of": with_outbox(
        lambda tx, claim: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout", ids=("e1",))),
        before=tells(State.DELIVERED),
    ),
    "outbox.leave_uncertain of an edit": with_outbox(
        lambda tx, claim: outbox.leave_uncertain(tx, claim, UNSURE), action=EDIT
    ),
    "outbox.delay": on_the_channel(lambda tx, at: outbox.delay(tx, at.dialog, {"dialog": 1.5})),
    "outbox.delay strangers": on_the_channel(
        lambda tx, at: outbox.delay(tx, at.dialog, {"strangers": 7}, code="flood")
    ),
    "outbox.pause shortly": on_the_channel(lambda tx, at: outbox.pause(tx, at.channel.id, seconds=59.5, code="flood")),
    "outbox.pause": on_the_channel(
        lambda tx, at: outbox.pause(tx, at.channel.id, seconds=60, code="flood", detail="60 s")
    ),
    "outbox.show_pause": on_the_channel(lambda tx, at: outbox.show_pause(tx, at.channel.id, seconds=6.5)),
    "outbox.show_pause of what rests": on_the_channel(
        lambda tx, at: outbox.show_pause(tx, at.channel.id, seconds=120), before=paused
    ),
    "outbox.unpause": on_the_channel(lambda tx, at: outbox.unpause(tx, at.channel.id), before=paused),
    "outbox.pause_strangers": with_outbox(
        lambda tx, claim: outbox.pause_strangers(tx, claim.row, seconds=3600.4, code="peer_flood")
    ),
    "outbox.promote": lambda shop, at: (
        setattr(shop.clock, "at", shop.clock.at + DAY),
        outbox.promote,
    )[1],
    "news of a delivery": sent(then=None, event=news(State.DELIVERED, code="x", detail="y")),
    "news of reading": sent(then=tells(State.DELIVERED), event=news(State.READ)),
    "news of a delivery after reading": sent(then=tells(State.READ), event=news(State.DELIVERED)),
    "news of a failure": sent(then=None, event=news(State.FAILED, code="bounced", detail="550")),
    "news of a failure after a delivery": sent(then=tells(State.DELIVERED), event=news(State.FAILED, code="bounced")),
    "news of a part's failure": sent(then=tells(State.DELIVERED), event=news(State.FAILED, "e2", code="bounced")),
    "news of a part's delivery": sent(then=None, event=news(State.DELIVERED, "e2")),
    "news of what nobody knows": sent(then=None, event=news(State.DELIVERED, "e7", code="a", detail="b")),
    "channels.resume of what rests": on_the_channel(lambda tx, at: channels.resume(tx, at.channel.id), before=paused),
    "channels.configure of what was set wrong": on_the_channel(
        lambda tx, at: channels.configure(
            tx, channels.one(tx, at.channel.id), manifest("email"), {"sender_name": "Мы"}
        ),
        before=misconfigured,
    ),
    "channels.set_health": on_the_channel(
        lambda tx, at: channels.set_health(tx, at.channel.id, Health.RETRYING, "silent", "no answer")
    ),
    "channels.prove": on_the_channel(lambda tx, at: channels.prove(tx, at.channel.id)),
    "channels.set_secret to nothing": lambda shop, at: (
        shop.write(lambda tx: channels.set_secret(tx, shop.vault, at.channel, "token", "x")),
        lambda tx: (
            (
                channels.set_secret(tx, shop.vault, at.channel, "token", ""),
                dict(channels.bound(tx, shop.vault, at.channel).secrets),
            )[1]
            == {}
        ),
    )[1],
}
