"""What the daemon answers to monitors and to providers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.services import channels
from chatapp_cli.settings import LoadedSettings
from chatapp_cli.store.database import Database
from chatapp_cli.store.effects import effect, table
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import bound, eventually, serving, the_dialogs


@pytest.fixture
async def program() -> AsyncIterator[ApiSandbox]:
    async with ApiSandbox() as program:
        yield program


def signed(secret: str, event: object) -> dict[str, object]:
    body = json.dumps(event)
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("evt-1", now, body)
    stamp = str(int(now.timestamp()))
    return {
        "content": body,
        "headers": {"webhook-id": "evt-1", "webhook-timestamp": stamp, "webhook-signature": signature},
    }


async def test_a_monitor_sees_life_readiness_and_figures(company: Company, program: ApiSandbox) -> None:
    channel = await bound(company, program)
    async with serving(company) as address, httpx.AsyncClient(base_url=address) as http:
        key = company.read(lambda tx: channels.one(tx, channel)).hook_key
        program.calls(f"{address}/hooks/{key}")
        await program.say(ANNA, "Ау")
        await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok")
        await eventually(lambda: the_dialogs(company))
        assert (alive := (await http.get("/healthz")).json())["status"] == "ok"
        assert set(alive["workers"].values()) == {"ok"}
        ready = (await http.get("/readyz")).json()
        assert ready["status"] == "ready"
        assert [(c["kind"], c["health"]) for c in ready["channels"]] == [("api", "ok")]
        figures = (await http.get("/metrics")).text
        assert 'chatapp_messages_total{kind="api",what="received"} 1.0' in figures
        assert f'chatapp_channel_up{{channel="{channel}",kind="api"}} 1.0' in figures
        assert "chatapp_dialogs_unread 1.0" in figures


async def test_health_the_log_and_the_doctor_name_an_effect_that_fails(company: Company, program: ApiSandbox) -> None:
    await bound(company, program)
    failing = table(effect(MessageReceived, "ledger", lambda _tx, _heard: {}["amount"]))
    with closing(Database(company.database.driver, company.world.clock, failing)) as database, capture_logs() as logs:
        async with serving(replace(company, database=database)) as address, httpx.AsyncClient(base_url=address) as http:
            key = company.read(channels.everything)[0].hook_key
            program.calls(f"{address}/hooks/{key}")
            await program.say(ANNA, "Ау")
            await eventually(lambda: the_dialogs(company))
            health = (await http.get("/healthz")).json()
            assert (health["status"], health["effects"]) == ("degraded", ["ledger"])
    assert [one["effect"] for one in logs if one["event"] == "effect.failed"] == ["ledger"]
    found = [one for one in examine(LoadedSettings(company.settings, {}, Path())) if one.name == "effect"]
    assert [(one.ok, str(one.what)) for one in found] == [(False, "ledger fails and is skipped: KeyError: 'amount'")]


@pytest.mark.req("S-111")
async def test_the_same_webhook_twice_is_one_message_and_a_false_one_none(
    company: Company, program: ApiSandbox
) -> None:
    channel = await bound(company, program)
    secret = company.bound(company.read(lambda tx: channels.one(tx, channel))).secrets["secret"]
    event = {"type": "message", "id": "m1", "chat_id": "c1", "text": "раз", "sender": {"name": "Вера"}}
    async with serving(company) as address, httpx.AsyncClient(base_url=address) as http:
        await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok")
        door = f"/hooks/{company.read(lambda tx: channels.one(tx, channel)).hook_key}"
        answers = [(await http.post(door, **signed(secret, event))).status_code for _ in range(2)]  # type: ignore[arg-type]
        false = await http.post(door, **signed("whsec_" + "A" * 32, event))  # type: ignore[arg-type]
        assert answers == [200, 200]
        assert false.status_code == 401
        assert (await http.options(door)).status_code == 405
        (dialog,) = the_dialogs(company)
        assert (dialog.name, dialog.unread) == ("Вера", 1)


async def test_a_webhook_is_refused_in_time_while_another_process_keeps_the_store_and_stored_once_in_the_end(
    company: Company, program: ApiSandbox
) -> None:
    channel = await bound(company, program)
    secret = company.bound(company.read(lambda tx: channels.one(tx, channel))).secrets["secret"]
    event = {"type": "message", "id": "m1", "chat_id": "c1", "text": "раз", "sender": {"name": "Вера"}}
    async with serving(company) as address, httpx.AsyncClient(base_url=address, timeout=60) as http:
        await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok")
        door = f"/hooks/{company.read(lambda tx: channels.one(tx, channel)).hook_key}"
        with closing(sqlite3.connect(company.settings.folder / "chatapp.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            refused = await http.post(door, **signed(secret, event))  # type: ignore[arg-type]
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert refused.text.startswith("not stored: Nothing could be stored for 10 s.")
        assert refused.elapsed.total_seconds() < 15
        assert (await http.post(door, **signed(secret, event))).status_code == 200  # type: ignore[arg-type]
        (dialog,) = the_dialogs(company)
        assert (dialog.name, dialog.unread) == ("Вера", 1)


async def test_a_program_that_signs_wrongly_is_told_of_once_an_hour(company: Company, program: ApiSandbox) -> None:
    channel = await bound(company, program)
    event = {"type": "message", "id": "m1", "chat_id": "c1", "text": "раз", "sender": {"name": "Вера"}}
    async with serving(company) as address, httpx.AsyncClient(base_url=address) as http:
        await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok")
        door = f"/hooks/{company.read(lambda tx: channels.one(tx, channel)).hook_key}"
        with capture_logs() as lines:
            for _ in range(3):
                await http.post(door, **signed("whsec_" + "A" * 32, event))  # type: ignore[arg-type]
            await http.post(door, content=b"", headers={})
    refused = [line for line in lines if line["event"] == "hook.refused"]
    assert [(line["channel"], line["kind"], line["status"], line["count"]) for line in refused] == [
        (channel, "api", 401, 1)
    ]
    assert door.rpartition("/")[2] not in str(lines)


@pytest.mark.req("S-110")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_gateways_letters_reach_the_store_in_the_charset_in_which_it_wrote_them(
    company: Company, method: str
) -> None:
    form = "id=7&phone=84901234567&mes=%CF%F0%E8%E2%E5%F2"
    async with SmsSandbox() as gateway:
        channel = await bound(company, gateway)
        async with serving(company) as address, httpx.AsyncClient(base_url=address) as http:
            await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok")
            door = f"/hooks/{company.read(lambda tx: channels.one(tx, channel)).hook_key}"
            kind = {"Content-Type": "application/x-www-form-urlencoded; charset=windows-1251"}
            answer = await (
                http.get(f"{door}?{form}") if method == "GET" else http.post(door, content=form, headers=kind)
            )
            assert (answer.status_code, answer.text) == (200, "OK")
            (dialog,) = the_dialogs(company)
    assert (dialog.preview, dialog.address) == ("Привет", "+84901234567")
    (kept,) = company.read(lambda tx: tx.compose(bytes, "SELECT raw FROM arrived", {}))
    assert b"%CF%F0%E8%E2%E5%F2" in kept


async def test_an_unknown_address_is_404_however_much_is_sent_to_it(company: Company) -> None:
    async with serving(company) as address, httpx.AsyncClient(base_url=address) as http:
        await eventually(lambda: _ready(http))
        assert (await http.post("/hooks/nobody", content=b"{}")).status_code == 404
        assert (await http.post("/hooks/nobody", content=b" " * (41 << 20))).status_code == 404


async def _ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/readyz")).status_code == 200
