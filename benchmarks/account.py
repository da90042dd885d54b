"""An amoCRM account in miniature that serves from a thread, linked to a company and paired with its channel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.portal import Served, pair, thread, wait
from benchmarks.shop import BenchCompany, Told
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.amocrm.demo import DemoAccount
from chatapp_cli.services import links, options

KIND = "amocrm"
PIPELINE = Place(id="3383152", name="Продажи")


@dataclass(frozen=True, slots=True)
class ServedAccount(Served):
    """The account; with a chat channel of ours or without."""

    account: DemoAccount
    chats: bool

    @property
    def answers(self) -> Mapping[str, str]:
        """What linking it takes."""
        without = () if self.chats else ("channel_id", "channel_secret", "bot_id")
        return {name: said for name, said in self.account.answers.items() if name not in without}


@contextmanager
def account(*, chats: bool = True) -> Iterator[ServedAccount]:
    """An account with the limits of a real one."""
    with thread() as loop:
        served = ServedAccount(loop, DemoAccount(), chats)
        served.do(served.account.__aenter__())
        yield served
        served.do(served.account.__aexit__(None, None, None))


def link(made: BenchCompany, served: ServedAccount, port: int) -> None:
    """Link the company, whose daemon answers at this port, and pair its channel; the link works afterwards."""
    address = f"http://127.0.0.1:{port}"
    made.company.write(partial(options.configure_company, changes={"public_url": address}))
    number = asyncio.run(linking.link(made.company, Told(served.answers), kind=KIND))
    if served.chats:
        row = made.company.read(partial(links.one, link=number))
        served.do(served.account.lets_in(f"{address}/hooks/{row.hook_key}"))
    wait(lambda: made.company.read(partial(links.one, link=number)).state == LinkState.OK, "the link")
    pair(made.company, number, kind=KIND, place=PIPELINE)
    wait(lambda: bool(served.account.sources if served.chats else served.account.webhooks), "the pairing")
