"""Linking a device: consent first, codes until the phone agrees, and words for whatever goes wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web.connector import create
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.contract.connector_contract import ScriptedAsker
from tests.contract.proxy import ConnectProxy


async def refused(connector: Connector, answers: Mapping[str, str], **more: object) -> Mapping[str, str]:
    """Bind in vain; returns who was blamed with which words."""
    asker = ScriptedAsker(answers)
    with pytest.raises(UsageError):
        await connector.bind(asker, **more)  # type: ignore[arg-type]
    return asker.blamed


def devices(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "company" / "devices" / "whatsapp_web").iterdir())


@pytest.mark.req("S-042")
def test_it_is_labelled_as_the_web_one() -> None:
    assert manifest("whatsapp_web").label == "[WEB] WhatsApp"
    assert manifest("whatsapp_web").source_id == 13


@pytest.mark.req("S-044")
@pytest.mark.req("S-120")
@pytest.mark.req("S-123")
def test_it_writes_first_by_phone_and_chat_id_carefully() -> None:
    can = manifest("whatsapp_web").capabilities
    assert list(can.write_first) == ["phone", "chat_id"]
    assert [(rate.scope, rate.limit, rate.per) for rate in can.rates] == [
        ("account", 20, 60),
        ("strangers", 1, 60),
        ("strangers", 30, 86400),
    ]


@pytest.mark.req("S-040")
@pytest.mark.req("S-041")
async def test_the_code_is_shown_with_instructions_and_then_the_progress(
    connector: Connector, sandbox: WhatsAppWebSandbox
) -> None:
    asker = ScriptedAsker(sandbox.answers)
    await connector.bind(asker)
    (form,) = asker.forms
    shown = [str(words) for words in form.intro]
    assert any("may limit or ban the number" in words for words in shown)
    assert any("warmed up" in words for words in shown)
    assert "iOS: Settings → “Linked Devices” → “Link a Device”." in shown
    code, agreed, connected, done = asker.notices
    assert code.qr == "https://wa.me/settings/linked_devices#1"
    assert "Do not close the screen, wait until the process is finished." in map(str, code.lines)
    assert [str(one.lines[0]) for one in (agreed, connected, done)] == [
        "The phone agreed; the device is connecting.",
        "The device is linked; messages are being synchronised.",
        "Done: the device is linked and synchronised.",
    ]


@pytest.mark.req("S-041")
async def test_a_code_that_expires_is_replaced(connector: Connector, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.scans_at = 3
    asker = ScriptedAsker(sandbox.answers)
    bound = await connector.bind(asker)
    assert [one.qr[-2:] for one in asker.notices if one.qr] == ["#1", "#2", "#3"]
    assert bound.account == "79161234567"


async def test_a_code_that_nobody_scans_ends_with_a_next_step(
    connector: Connector, sandbox: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    sandbox.scans_at = None
    blamed = await refused(connector, sandbox.answers)
    assert blamed == {"": "Nobody entered the code in time. Have the phone ready and start again."}
    assert len(sandbox.pids) == 3
    assert devices(tmp_path) == []


async def test_a_pairing_code_is_shown_instead_of_a_picture(connector: Connector, sandbox: WhatsAppWebSandbox) -> None:
    asker = ScriptedAsker({**sandbox.answers, "method": "code", "phone": "8 (916) 123-45-67"})
    bound = await connector.bind(asker)
    assert str(asker.notices[0].lines[-1]).endswith("and enter: ЁЛКА-0001")
    assert bound.settings["method"] == "code"


@pytest.mark.req("C-01")
async def test_the_binding_names_the_account_and_keeps_the_device_from_other_eyes(bound: Bound, tmp_path: Path) -> None:
    (folder,) = devices(tmp_path)
    assert (bound.account, bound.title) == ("79161234567", "+79161234567")
    assert bound.settings["device"] == folder.name
    assert bound.facts == {"Phone": "+79161234567", "Name": "Ёлочный базар"}
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_renewing_replaces_the_device_and_the_old_one_goes_once_the_new_one_works(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound, tmp_path: Path
) -> None:
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert again.settings["device"] > bound.settings["device"]
    assert all(finding.ok for finding in await connector.check(bound))
    assert len(devices(tmp_path)) == 2, "the new one is not in the store yet"
    assert all(finding.ok for finding in await connector.check(again))
    assert [folder.name for folder in devices(tmp_path)] == [again.settings["device"]]


async def test_another_account_is_another_channel_and_is_taken_off_its_phone_again(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound, tmp_path: Path
) -> None:
    other = replace(bound, account="79990000000")
    blamed = await refused(connector, sandbox.answers, previous=other)
    assert blamed == {"method": "This is another account, +79161234567. Bind it as a channel of its own."}
    assert [device.linked for device in sandbox.town.devices.values()] == [True, False]
    assert len(devices(tmp_path)) == 1


async def test_without_a_company_there_is_no_place_for_keys(sandbox: WhatsAppWebSandbox) -> None:
    blamed = await refused(create(system_world()), sandbox.answers)
    nowhere = "There is no folder of a company to keep the device's keys in."
    assert blamed == {"": f"{nowhere} Bind and run this channel with a company: serve kind=whatsapp_web"}


async def test_a_child_of_another_version_is_refused(connector: Connector, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.protocol = 2
    blamed = await refused(connector, sandbox.answers)
    assert blamed == {
        "child": "The program that speaks with WhatsApp belongs to another version of this one.",
        "": "Update both, or leave its command empty: bind again.",
    }


async def test_the_childs_surroundings_hold_nothing_of_the_desks_settings(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    os.environ["CHATAPP_SECRET_KEY"] = "very secret"
    try:
        async with connector.open(1, bound):  # type: ignore[arg-type]
            around = Path(f"/proc/{sandbox.pids[-1]}/environ").read_bytes()
            said = Path(f"/proc/{sandbox.pids[-1]}/cmdline").read_bytes()
    finally:
        del os.environ["CHATAPP_SECRET_KEY"]
    assert b"PATH=" in around
    assert b"very secret" not in around + said


async def test_proxies_that_lead_nowhere_are_blamed_before_anything_is_started(
    connector: Connector, sandbox: WhatsAppWebSandbox
) -> None:
    async with ConnectProxy("olga:word-1") as proxy:
        wrong = proxy.url.replace("word-1", "word-2")
        blamed = await refused(connector, {**sandbox.answers, "proxies": wrong})
    assert blamed == {
        "proxies": "None of the proxies leads to WhatsApp.",
        "": "Replace them: proxies kind=whatsapp_web",
    }
    assert sandbox.pids == []
