"""A desk that is served in this process, with what its operators and customers do there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from chatapp_cli.api.server import serve
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.stage import CallsHooks, Sandbox
from chatapp_cli.services import channels, lines, sending, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.rows.dialogs import DialogRow
from tests.contract.connector_contract import ScriptedAsker


@asynccontextmanager
async def serving(company: Company) -> AsyncIterator[str]:
    """A daemon as ``chatapp serve`` runs it; yields its address."""
    stop = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(company, announce=address.set_result, stop=stop))
    await asyncio.wait({address, task}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield address.result()
    finally:
        stop.set()
        await task


async def eventually(what: Callable[[], Awaitable[object] | object], seconds: float = 30) -> object:
    async with asyncio.timeout(seconds):
        while True:
            found = what()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


async def bound(company: Company, sandbox: Sandbox) -> ChannelId:
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    return await bind(company, ScriptedAsker(sandbox.answers), line=line, kind=sandbox.kind)


async def attached(company: Company, row: LinkRow, channel: ChannelRow, place: str, options: Mapping[str, str]) -> None:
    """Pair a channel with a place of a CRM, by its number or name."""
    await linking.attach(company, row, channel, await linking.place_of(company, row, place), options)


def call_here(company: Company, sandbox: Sandbox, channel: ChannelId, address: str) -> None:
    if isinstance(sandbox, CallsHooks):
        key = company.read(lambda tx: channels.one(tx, channel)).hook_key
        sandbox.calls(f"{address}/hooks/{key}")


def the_dialogs(company: Company) -> list[DialogRow]:
    return company.read(lambda tx: dialog_list.page(tx, company.database.driver.dialect, DialogFilter()))


def answer(company: Company, channel: ChannelId, dialog: DialogRow, text: str) -> MessageId:
    can = company.capabilities(company.read(lambda tx: channels.one(tx, channel)))
    order = sending.SendOptions(key=company.world.chance.key())
    return company.write(lambda tx: sending.enqueue(tx, can, dialog.id, Draft(text=text), order))


def state_of(company: Company, message: MessageId) -> str:
    return company.read(lambda tx: transcript.message(tx, message)).state
