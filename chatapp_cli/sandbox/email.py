"""A small mail service: a real IMAP server (pymap) and a real SMTP server (aiosmtpd) on loopback."""

from __future__ import annotations

import asyncio
import logging
import re
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, make_msgid
from typing import Any, ClassVar, Final, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.imap import IMAPServer
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.modutf7 import modutf7_decode
from pymap.parsing.specials import FetchRequirement
from pymap.user import Passwords, UserMetadata
from pysasl import SASLAuth
from pysasl.hashing import BuiltinHash

from chatapp_cli.sandbox.email_faults import Faults
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

ADDRESS: Final = "desk@shop.example.org"
PASSWORD: Final = "app-password"
SENT: Final = "Отправленные"
_HOST: Final = "127.0.0.1"
_LARGEST: Final = 64 * 1024 * 1024
_LOGINS: Final = SASLAuth.defaults()
"""Made once: it looks for them among all installed packages."""


class _Config(Config):
    @property
    def tls_auth(self) -> SASLAuth:
        return _LOGINS


class _Port:
    """A loopback port that keeps its number while closed; closing cuts the connections."""

    def __init__(self, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self.number = 0
        self._protocol = protocol
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Transport] = set()

    async def open(self) -> None:
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._tracked, _HOST, self.number)
        self.number = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.abort()
            await self._server.wait_closed()
            self._server = None
        self._connections.clear()

    @property
    def open_connections(self) -> int:
        """How many connections nobody has closed."""
        return sum(not one.is_closing() for one in self._connections)

    def _tracked(self) -> asyncio.BaseProtocol:
        protocol = self._protocol()
        made = protocol.connection_made

        def connection_made(transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self._connections.add(transport)
            made(transport)

        protocol.connection_made = connection_made  # type: ignore[method-assign]  # both libraries build the rest
        return protocol


class EmailSandbox:
    """The desk's mailbox; mails to others are kept for ``heard``."""

    kind: ClassVar[str] = "email"

    def __init__(self, address: str = ADDRESS) -> None:
        self.address = address
        self.neighbours: dict[str, EmailSandbox] = {}
        """Mailboxes elsewhere that mails from here are delivered to, by address."""
        self.password = PASSWORD
        """The current password of both servers."""
        self.refusals: dict[str, str] = {}
        """SMTP answers for refused recipients, by address."""
        self.senders: list[str] = []
        """The envelope senders of the mails that were taken, in order."""
        self.takes_utf8 = True
        """Whether the SMTP server takes addresses with letters other than Latin before the @."""
        self.faults = Faults()
        """What goes wrong on the way from the IMAP server."""
        self._imap = _Port(self._imap_protocol)
        self._smtp = _Port(self._smtp_protocol)
        self._delivered: defaultdict[str, list[EmailMessage]] = defaultdict(list)
        self.smtp_logins = 0
        """How often somebody logged in to send."""
        self._said: dict[str, EmailMessage] = {}
        self._backend: DictBackend | None = None
        self._serve_imap: IMAPServer | None = None
        self._mailboxes: MailboxSet | None = None

    async def __aenter__(self) -> Self:
        args = Namespace(
            host=_HOST, port=0, debug=False, cert=None, key=None, tls=False, passlib_cfg=None,
            proxy_protocol="noop", demo_data=False, demo_user=self.address, demo_password=self.password,
        )  # fmt: skip
        backend, config = await self._made(args, max_append_len=_LARGEST, hash_context=BuiltinHash(rounds=1))
        self._backend = backend
        self._serve_imap = IMAPServer(backend.login, config)
        self._mailboxes = await _mailboxes(backend, config, self.address)
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()

    async def _made(self, args: Namespace, **overrides: Any) -> tuple[DictBackend, Config]:
        """The IMAP server's accounts, and how one logs in."""
        config = self._config(args, **overrides)
        login = Login(config)
        await DictBackend._add_demo_user(config, login)
        return DictBackend(login, config), config

    def _config(self, args: Namespace, **overrides: Any) -> Config:
        return _Config.from_args(args, **overrides)

    @property
    def answers(self) -> Mapping[str, str]:
        """A custom server on this machine, without TLS."""
        return {
            "service": "custom", "address": self.address, "password": self.password,
            "imap_host": _HOST, "imap_port": str(self._imap.number), "imap_tls": "none",
            "smtp_host": _HOST, "smtp_port": str(self._smtp.number), "smtp_tls": "none",
        }  # fmt: skip

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Send a mail to the desk; with the subject of a mail from the desk it is an answer to that."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = Address(who.name, addr_spec=who.email)
        mail["To"] = self.address
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = make_msgid(domain=who.email.rpartition("@")[2])
        mail["Subject"] = subject
        answers = (m for m in reversed(self._delivered[who.email]) if subject and subject in (m["Subject"] or ""))
        answered = next(answers, None)
        if answered is not None:
            mail["In-Reply-To"] = mail["References"] = str(answered["Message-ID"])
        mail.set_content(text)
        for file in files:
            kind, _, subtype = file.mime.partition("/")
            mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        self._said[who.email] = mail
        await self.deliver(mail.as_bytes())
        return str(mail["Message-ID"])

    async def answer_from_phone(self, who: Customer, text: str, *, subject: str = "") -> str:
        """Let somebody of the desk write from a phone: an answer to this customer's last mail, or a new mail."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = self.address
        mail["To"] = Address(who.name, addr_spec=who.email)
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = make_msgid(domain="phone.example.org")
        question = self._said.get(who.email)
        if question is not None and not subject:
            mail["Subject"] = f"Re: {question['Subject']}"
            mail["In-Reply-To"] = mail["References"] = str(question["Message-ID"])
        else:
            mail["Subject"] = subject
        mail.set_content(text)
        self._delivered[who.email].append(mail)
        await self.deliver(mail.as_bytes(), SENT)
        return str(mail["Message-ID"])

    async def add_folder(self, name: str) -> None:
        """Make another folder in the desk's mailbox."""
        assert self._mailboxes is not None
        await self._mailboxes.add_mailbox(name)

    async def remove_folder(self, name: str) -> None:
        """Delete a folder of the desk's mailbox."""
        assert self._mailboxes is not None
        await self._mailboxes.delete_mailbox(name)

    async def deliver(self, raw: bytes, folder: str = "INBOX", *, at: datetime | None = None) -> None:
        """Put a mail, however odd, into the desk's mailbox, as if it had come then."""
        assert self._mailboxes is not None
        mailbox = await self._mailboxes.get_mailbox(folder)
        await mailbox.append(AppendMessage(raw, at or datetime.now(UTC)))

    async def delete(self, uid: int, folder: str = "INBOX") -> None:
        """Delete a mail for good."""
        assert self._mailboxes is not None
        await (await self._mailboxes.get_mailbox(folder)).delete([uid])

    async def renumber(self) -> None:
        """Give the inbox another UIDVALIDITY and number its mails anew, as after a restored backup."""
        assert self._mailboxes is not None
        before = await self._mailboxes.get_mailbox("INBOX")
        kept = [message async for message in before.messages()]
        await self._mailboxes.rename_mailbox("INBOX", "before")
        await self._mailboxes.delete_mailbox("before")
        for message in kept:
            content = bytes((await message.load_content(FetchRequirement.CONTENT)).get_body())
            await self.deliver(content, at=message.internal_date)

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The mails to this customer."""
        return [_heard(mail) for mail in self.mails(who.email)]

    def mails(self, address: str) -> Sequence[EmailMessage]:
        """The raw mails."""
        return tuple(self._delivered[address])

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """Send a mail with these bytes in an unknown field."""
        head = f"From: {who.name} <{who.email}>\r\nTo: {self.address}\r\nX-Odd: ".encode()
        await self.deliver(head + value + f"\r\nMessage-ID: {make_msgid()}\r\n\r\n{text}\r\n".encode())

    async def end_login(self) -> None:
        """Change the password: connections are cut, and the old one no longer works."""
        assert self._backend is not None
        self.password += "-new"
        hashed = await Passwords(self._backend.config).hash_password(self.password)
        user = UserMetadata(self._backend.config, self.address, password=hashed)
        self._backend.login.users_dict[self.address] = user
        await self.vanish()
        await self.come_back()

    async def lose_imap(self) -> None:
        """Stop only the server that mail is read from."""
        await self._imap.shut()

    @property
    def smtp_open(self) -> int:
        """How many connections for sending are open."""
        return self._smtp.open_connections

    async def flags(self, folder: str = "INBOX") -> Sequence[set[str]]:
        """The flags of each mail in a folder, oldest first."""
        assert self._mailboxes is not None
        mailbox = await self._mailboxes.get_mailbox(folder)
        return [{str(flag) for flag in message.permanent_flags} async for message in mailbox.messages()]

    async def vanish(self) -> None:
        """Stop both servers and cut their connections."""
        await self._imap.shut()
        await self._smtp.shut()

    async def come_back(self) -> None:
        """Start both servers at the same ports."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations
        await self._imap.open()
        await self._smtp.open()

    def _imap_protocol(self) -> asyncio.BaseProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=_LARGEST), self._imap_connected)

    async def _imap_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.faults.between(reader, writer, self._serve_soundly, self._folder)
        finally:
            writer.close()

    async def _serve_soundly(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._serve_imap is not None
        await self._serve_imap(reader, writer, SocketInfoLocal(writer))

    async def _folder(self, name: str) -> MailboxData:
        """A folder, by its name as IMAP gives it."""
        assert self._mailboxes is not None
        return await self._mailboxes.get_mailbox(modutf7_decode(name.encode()))

    def _smtp_protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = SMTP(
            self,
            data_size_limit=_LARGEST,
            hostname=_HOST,
            authenticator=self._login,
            auth_require_tls=False,
            enable_SMTPUTF8=self.takes_utf8,
            loop=asyncio.get_running_loop(),
        )
        return protocol

    def _login(self, _server: SMTP, _session: Any, _envelope: Envelope, _mechanism: str, said: Any) -> AuthResult:
        known = (self.address.encode(), self.password.encode())
        self.smtp_logins += 1
        right = isinstance(said, LoginPassword) and (said.login, said.password) == known
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Any, envelope: Envelope, address: str, _options: Sequence[str]
    ) -> str:
        """Accept a recipient, unless it is to be refused or nobody has logged in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope
    ) -> str:
        """Deliver."""
        content = envelope.original_content or b""
        self.senders.append(envelope.mail_from or "")
        for address in envelope.rcpt_tos:
            self._delivered[address].append(_parse(content))
            if address == self.address:
                await self.deliver(content)
            elif (neighbour := self.neighbours.get(address)) is not None:
                await neighbour.deliver(content)
        return "250 OK"


async def _mailboxes(backend: DictBackend, config: Config, address: str) -> MailboxSet:
    """The desk's folders, created with its first session."""
    async with backend.login.demo_user_identity.new_session():
        mailboxes, _filters = config.set_cache[address]
    await mailboxes.add_mailbox(SENT)
    for name in ("INBOX", SENT):
        _keep_all(await mailboxes.get_mailbox(name))
    return mailboxes


def _keep_all(mailbox: MailboxData) -> None:
    """Let a folder store unparsable mails: pymap recurses once per nesting level, real servers stop somewhere."""
    append = mailbox.append

    async def kept(append_msg: AppendMessage, *, recent: bool = False) -> Message:
        try:
            return await append(append_msg, recent=recent)
        except RecursionError:
            message = await append(replace(append_msg, literal=b"\r\n"), recent=recent)
            message._content = _unparsed(append_msg.literal)
            return message

    mailbox.append = kept  # type: ignore[method-assign]  # pymap builds its folders itself


def _unparsed(raw: bytes) -> MessageContent:
    """A mail as pymap stores it, with its body as one unparsed text."""
    found = re.search(rb"\r?\n\r?\n", raw)
    start = found.end() if found else len(raw)
    body = {"lines": [(start, len(raw), len(raw))], "content_type": "application/octet-stream", "nested": []}
    return MessageContent.from_json(raw, {"header": MessageContent.parse(raw[:start]).json["header"], "body": body})


def _parse(content: bytes) -> EmailMessage:
    try:
        mail = message_from_bytes(content, policy=policy.default)
    except RecursionError:
        mail = BytesParser(policy=policy.default).parsebytes(content, headersonly=True)
    assert isinstance(mail, EmailMessage)
    return mail


def _bytes(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _heard(mail: EmailMessage) -> Heard:
    body = mail.get_body(("plain", "html"))
    files = [
        StageFile(name=part.get_filename() or "", mime=part.get_content_type(), content=_bytes(part))
        for part in mail.iter_attachments()
    ]
    return Heard(
        text=body.get_content() if body else "",
        subject=mail["Subject"] or "",
        files=files,
        reply_to=mail["In-Reply-To"] or "",
    )


def create() -> EmailSandbox:
    """Create the sandbox."""
    return EmailSandbox()
