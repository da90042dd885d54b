"""Binding: what is told before, whom the channel trusts, and what is never shown."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Session
from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import TOKEN, Fault
from chatapp_cli.sandbox.max.town import BOT_ID
from tests.contract.connector_contract import ANNA, ScriptedAsker, collect
from tests.contract.proxy import ConnectProxy


async def test_the_way_to_a_bot_is_told_before_anything_is_asked(connector: Connector, sandbox: MaxSandbox) -> None:
    asker = ScriptedAsker(sandbox.answers)
    bound = await connector.bind(asker)
    (form,) = asker.forms
    assert form.fields[0].secret
    assert "business.max.ru" in str(form.intro[0])
    assert (bound.account, bound.title) == (str(BOT_ID), "Ёлочный базар")
    assert bound.facts == {"Name": "Ёлочный базар", "Username": "@yolki_bot", "Link": "https://max.ru/yolki_bot"}


def test_the_address_of_today_is_the_default() -> None:
    fields = {field.name: field for field in manifest("max").fields}
    assert fields["api_url"].default == "https://platform-api2.max.ru"
    assert fields["ca_file"].option


async def test_reading_starts_now(connector: Connector, sandbox: MaxSandbox) -> None:
    await sandbox.say(ANNA, "до привязки")
    bound = await connector.bind(ScriptedAsker(sandbox.answers))
    await sandbox.say(ANNA, "после")
    async with connector.open(ChannelId(1), bound) as session:
        (message,), _ = await collect(session, 1, bound.cursor)
    assert message.text == "после"


async def test_another_bots_token_does_not_renew_a_binding(connector: Connector, sandbox: MaxSandbox) -> None:
    asker = ScriptedAsker(sandbox.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker, previous=Bound(account="1", title="Другой", hook_key="k"))
    assert "belongs to another bot" in asker.blamed["token"]


async def test_a_renewed_binding_keeps_address_secret_and_place(
    connector: Connector, sandbox: MaxSandbox, bound: Bound
) -> None:
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert (again.hook_key, again.secrets, again.cursor) == (bound.hook_key, bound.secrets, None)


async def test_the_token_travels_in_the_header_alone(connector: Connector, sandbox: MaxSandbox, bound: Bound) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        await anext(aiter(session.events(bound.cursor)))
    assert all(TOKEN not in str(one.call.query) + str(one.call.path) for one in sandbox.exchanges)


async def test_a_token_that_was_revoked_needs_a_new_binding(
    connector: Connector, sandbox: MaxSandbox, bound: Bound
) -> None:
    sandbox.faults.append(Fault("GET", "/subscriptions", 403, "verify.token", "Invalid access_token"))
    with pytest.raises(NeedsRebind, match="unauthorised"):
        async with connector.open(ChannelId(1), bound):
            pass


async def test_everything_goes_through_the_proxy(connector: Connector, sandbox: MaxSandbox) -> None:
    async with ConnectProxy("desk:password") as proxy:
        bound = await connector.bind(ScriptedAsker({**sandbox.answers, "proxies": proxy.url}))
        async with connector.open(ChannelId(1), bound) as session:
            await sandbox.say(ANNA, "Ёлки?")
            (message,), _ = await collect(session, 1, bound.cursor)
        findings = await connector.check(bound)
        assert len(proxy.led_to) > 2
        assert {finding.name for finding in findings} == {"send", "receive", "proxy"}
        assert all(finding.ok for finding in findings)
    assert message.text == "Ёлки?"
    with pytest.raises(ChannelError, match="proxies_down"):
        async with connector.open(ChannelId(1), bound):
            pass


class Ministry:
    """A certificate authority that no machine knows."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Invented Root CA")])
        self.file = folder / "root.pem"
        root = self._certificate(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.file.write_bytes(root)
        self._folder = folder

    def server(self) -> ssl.SSLContext:
        """What a server on this machine proves itself with."""
        key = ec.generate_private_key(ec.SECP256R1())
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = self._folder / "server.pem"
        chain.write_bytes(secret + self._certificate(name, key, loopback))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain)
        return context

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def ministry(tmp_path: Path) -> Ministry:
    return Ministry(tmp_path)


async def test_an_authority_that_the_machine_does_not_know_is_trusted_only_by_name(
    connector: Connector, ministry: Ministry, tmp_path: Path
) -> None:
    async with MaxSandbox(tls=ministry.server()) as sandbox:
        asker = ScriptedAsker(sandbox.answers)
        with pytest.raises(UsageError):
            await connector.bind(asker)
        assert "This machine does not trust the certificate of MAX's server" in asker.blamed["ca_file"]
        (tmp_path / "other").mkdir()
        other = ScriptedAsker({**sandbox.answers, "ca_file": str(Ministry(tmp_path / "other").file)})
        with pytest.raises(UsageError):
            await connector.bind(other)
        assert "does not trust the certificate" in other.blamed["ca_file"]
        bound = await connector.bind(ScriptedAsker({**sandbox.answers, "ca_file": str(ministry.file)}))
        async with connector.open(ChannelId(1), bound) as session:
            await sandbox.say(ANNA, "Ёлки?")
            (message,), _ = await collect(session, 1, bound.cursor)
        assert message.text == "Ёлки?"
        ministry.file.write_text("no certificate")
        with pytest.raises(Misconfigured, match="bad_ca_file") as caught:
            async with connector.open(ChannelId(1), bound):
                pass
        assert caught.value.field == "ca_file"


async def test_trust_is_kept_behind_a_proxy(connector: Connector, ministry: Ministry) -> None:
    async with MaxSandbox(tls=ministry.server()) as sandbox, ConnectProxy() as proxy:
        answers = {**sandbox.answers, "proxies": proxy.url}
        asker = ScriptedAsker(answers)
        with pytest.raises(UsageError):
            await connector.bind(asker)
        assert "ca_file" in asker.blamed
        bound = await connector.bind(ScriptedAsker({**answers, "ca_file": str(ministry.file)}))
    assert bound.account == str(BOT_ID)


@pytest.mark.parametrize("trouble", ["quoting refusal", "silence", "outage"])
async def test_the_token_is_in_no_error_and_no_log(
    session: Session, sandbox: MaxSandbox, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.DEBUG)
    await sandbox.say(ANNA, "Здравствуйте")
    if trouble == "outage":
        await sandbox.vanish()
    status = 400 if trouble == "quoting refusal" else 0
    sandbox.faults.append(Fault("POST", "/messages", status, "proto.payload", f"bad {TOKEN}"))
    message = Outbound(message_id=MessageId(1), key="k" * 32, address=str(sandbox.town.dialog(ANNA).id), text="x")
    with pytest.raises(ChannelError) as caught:
        await session.send(message)
    assert TOKEN not in repr(vars(caught.value)) + str(caught.value) + caplog.text + repr(session)
