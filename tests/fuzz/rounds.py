"""Lets bent arrivals loose on a channel: nothing may escape its understanding, its hook and the store."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import cast

import structlog

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.kit.signatures import sign
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest, StoredArrival, TakesHooks
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, lines, transcript
from chatapp_cli.settings import Settings
from chatapp_cli.store import dialog_list
from tests.fuzz.mutate import bent
from tests.fuzz.recorder import SEEDS, seeds
from tests.stores import OWNER

KINDS = tuple(manifests())
WHSEC = "whsec_" + "Q" * 43 + "="
SECRET = "a hook's own secret"
SERVER = {"imap_host": "h", "imap_port": "1", "imap_tls": "tls", "smtp_host": "h", "smtp_port": "1", "smtp_tls": "tls"}
SETTINGS: dict[str, Sequence[dict[str, str]]] = {
    "avito": [{"site_url": "https://www.avito.ru"}],
    "email": [
        {"login": "desk", **SERVER},
        {"login": "desk", "group_by_subject": "off", "remove_links": "on", **SERVER},
    ],
    "sms": [{"preset": name, "url": "http://127.0.0.1:1"} for name in ("sipout", "sms_ru", "smsc")],
    "vk": [{"private_refused": "comment"}, {"private_refused": "say"}],
    "whatsapp": [{"version": "v23.0", "verify_token": "t"}],
    "vk_notify": [{"preset": "reseller", "url": "http://127.0.0.1:1"}],
}
COMMON = {"api_url": "http://127.0.0.1:1", "url": "", "intake": "webhook", "public_url": "https://desk.example.org"}
ACCOUNTS = {
    "email": "desk@example.org",
    "vk": "220000042",
    "whatsapp": "106540000000042",
    "whatsapp_web": "79161234567",
}
HOOKED = ("api", "sms", "vk", "vk_notify", "whatsapp")
"""Channels whose session opens without the network, so that its door can be knocked at."""
STORED = 25
"""Of so many arrivals one goes on into a real store."""
TOGETHER = 40
"""Arrivals of a batch."""


@dataclass(slots=True)
class Round:
    """What became of the mutations of one channel."""

    kind: str
    seed: int
    words: Counter[str] = field(default_factory=Counter)
    escapes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = ", ".join(f"{n} {word}" for word, n in sorted(self.words.items()))
        return f"{self.kind}: {said}, {len(self.escapes)} escapes (seed {self.seed})"


def bindings(kind: str) -> list[Bound]:
    """Bindings as the store would give them back, one for each way of reading."""
    secrets = {"secret": WHSEC, "hook_secret": SECRET, "app_secret": SECRET, "password": "p", "token": "t"}
    account = ACCOUNTS.get(kind, "4711")
    return [
        Bound(account=account, title=kind, settings=COMMON | own, secrets=secrets, hook_key="key")
        for own in SETTINGS.get(kind, [{}])
    ]


def mutation(kind: str, seed: int, number: int, told: Sequence[bytes]) -> tuple[bytes, Random]:
    """The bytes of one mutation, the same for the same numbers, and the chance that goes on with them."""
    chance = Random(f"{seed} {kind} {number}")
    return bent(kind.removesuffix(".hook"), told, chance), chance


def understand(company: Company, kind: str, seed: int, numbers: Sequence[int]) -> tuple[Round, list[Arrival]]:
    """Read mutations as after a repair; the sample of what was read is for the store."""
    found, sample = Round(kind, seed), []
    connector, told, bounds = company.connector(kind), seeds(kind), bindings(kind)
    now = company.world.clock.now()
    for number in numbers:
        raw, chance = mutation(kind, seed, number, told)
        try:
            arrival = connector.understand(chance.choice(bounds), StoredArrival("again", now, raw))
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            found.escapes.append(_told(error, number, raw))
            continue
        found.words["dead" if arrival.problem else "understood"] += 1
        if number % STORED == 0:
            sample.append(replace(arrival, provider_id=f"{seed} {number}"))
    return found, sample


def _told(error: Exception, number: int, raw: bytes) -> str:
    shown = repr(raw if len(raw) <= 2_000 else raw[:1_000] + b" ... " + raw[-1_000:])
    return f"mutation {number}: {type(error).__name__}: {str(error)[:300]}\n    {shown}"


async def knock(company: Company, kind: str, seed: int, numbers: Sequence[int]) -> tuple[Round, list[Arrival]]:
    """Post mutations to the channel's door, signed as its provider signs them."""
    name = f"{kind}.hook"
    found, sample = Round(name, seed), []
    told = seeds(name) if (SEEDS / f"{name}.jsonl").exists() else seeds(kind)
    now = company.world.clock.now()
    async with AsyncExitStack() as stack:
        doors = [
            cast("TakesHooks", await stack.enter_async_context(company.connector(kind).open(ChannelId(1), bound)))
            for bound in bindings(kind)
        ]
        for number in numbers:
            raw, chance = mutation(name, seed, number, told)
            door = chance.choice(doors)
            try:
                reply = door.accept(_request(kind, raw, now, chance))
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                found.escapes.append(_told(error, number, raw))
                continue
            found.words[_answered(reply)] += 1
            if number % STORED == 0:
                sample += [
                    replace(one, provider_id=f"{seed} {number} {n}") for n, one in enumerate(reply.batch.arrivals)
                ]
    return found, sample


def _answered(reply: HookReply) -> str:
    if reply.status == 503:  # such as VK's question for a code that only a session knows: it asks again
        return "put off"
    if reply.status >= 500:
        return "not answered"
    if reply.status >= 400 and not reply.batch.arrivals:
        return "refused"
    return "dead" if any(one.problem for one in reply.batch.arrivals) else "understood"


def _request(kind: str, body: bytes, now: int, chance: Random) -> HookRequest:
    content = chance.choice(
        ("application/json", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=x-none", "")
    )
    if kind in {"sms", "vk_notify"} and b"=" in body[:80] and body[:1] not in b"{[":
        content = "application/x-www-form-urlencoded" + chance.choice(("", "; charset=windows-1251", "; charset=\x00"))
    if kind == "vk":  # its secret stands in the body, and was another one when the seeds were gathered
        body = re.sub(rb'"secret": ?"[^"]*"', f'"secret": "{SECRET}"'.encode(), body)
    headers = {"content-type": content, **_signature(kind, body, now)}
    return HookRequest(method="POST", path="", query={}, headers=headers, body=body)


def _signature(kind: str, body: bytes, now: int) -> dict[str, str]:
    if kind == "whatsapp":
        return {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    if kind == "api":
        return sign([WHSEC], id="evt_1", at=now, body=body.decode(errors="replace"))
    return {}


async def store(company: Company, kind: str, arrivals: Sequence[Arrival], found: Round) -> None:
    """Put arrivals into the store as the daemon does: none may be lost, and all that is kept can be shown."""
    kept = AsyncStore(company)
    try:
        channel = await kept.write(partial(_bound, company=company, kind=kind))
        intake = Intake(kept, channel)
        for start in range(0, len(arrivals), TOGETHER):
            batch = arrivals[start : start + TOGETHER]
            try:
                await intake.take(Batch(arrivals=batch))
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                found.escapes.append(f"the store took none of {start}…: {type(error).__name__}: {str(error)[:300]}")
        there = await kept.read(partial(_there, channel=channel))
        lost = {one.provider_id for one in arrivals} - there
        found.escapes += [f"lost in the store: {one}" for one in sorted(lost)]
        found.words["stored"] += len(there)
        await kept.read(partial(_look, company=company))
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        found.escapes.append(f"what was stored cannot be shown: {type(error).__name__}: {str(error)[:300]}")
    finally:
        await kept.aclose()


def _bound(tx, *, company: Company, kind: str) -> ChannelId:  # type: ignore[no-untyped-def]
    line = lines.add(tx, "Продажи")
    return channels.save(tx, company.vault, bindings(kind)[0], line=line, kind=kind)


def _there(tx, *, channel: ChannelId) -> set[str]:  # type: ignore[no-untyped-def]
    return set(tx.compose(str, "SELECT provider_id FROM arrived WHERE channel_id = :channel", {"channel": channel}))


def _look(tx, *, company: Company) -> None:  # type: ignore[no-untyped-def]
    for dialog in dialog_list.page(tx, company.database.driver.dialect, DialogFilter()):
        transcript.latest(tx, dialog.id)


@contextmanager
def quiet() -> Iterator[None]:
    """Thousands of dead letters are not worth a line each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.disable(logging.NOTSET)


def play(home: Path, kind: str, seed: int, numbers: Sequence[int], *, hook: bool = False) -> Round:
    """One round of a channel, or of its door, in a store of its own."""
    with quiet():
        company = open_company(Settings(home=str(home))).seen_by(OWNER)
        try:
            found, sample = (
                asyncio.run(knock(company, kind, seed, numbers)) if hook else understand(company, kind, seed, numbers)
            )
            asyncio.run(store(company, kind, sample, found))
        finally:
            company.close()
    return found


SEED = 9


EACH = 5_000


SLOW = ("email", "telegram", "whatsapp_web")
"""They have a file of their own, so that two cores share the work."""
