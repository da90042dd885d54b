"""Dovecot and Postfix as processes of the test, with their own configuration, folders and ports on loopback."""

from __future__ import annotations

import asyncio
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from tests.real.email.certificates import Authority, Files

DESK = "desk@shop.example.org"
ANNA = "anna@example.org"
UNREACHABLE = "late.example.org"
"""A domain whose mail server does not answer."""
PASSWORD = "app-password"
MAIL_USER = "nobody"
SENT = '"&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"'
"""The folder of sent mail, as IMAP writes it."""

_DOVECOT = """
base_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
namespace inbox {{
  inbox = yes
  separator = .
  mailbox "Отправленные" {{
    auto = create
    special_use = \\Sent
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  client_limit = 400
}}
service auth {{
  unix_listener {home}/auth.sock {{
    mode = 0666
  }}
}}
mail_max_userip_connections = 50
"""

_OAUTH = """
auth_mechanisms = plain xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
"""

_INTROSPECTION = """
introspection_url = {url}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
myhostname = mx.shop.example.org
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
virtual_mailbox_domains = shop.example.org example.org
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = inline:{{ {{ {desk} = {desk}/ }}, {{ {anna} = {anna}/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/auth.sock
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
message_size_limit = 52428800
virtual_mailbox_limit = 0
notify_classes =
bounce_queue_lifetime = 1h
transport_maps = inline:{{ {{ {unreachable} = smtp:[127.0.0.1]:1 }} }}
delay_warning_time = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""

_MASTER_CF = """
127.0.0.1:{submission} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
smtp unix - - n - - smtp
proxymap unix - - n - - proxymap
"""


def missing() -> str:
    """Why the servers cannot run here, and what to do about it; empty if they can."""
    if os.geteuid() != 0:
        return "Dovecot and Postfix give up root's rights by themselves: run as root, as .ci/run does"
    absent = [program for program in ("dovecot", "postfix") if shutil.which(program) is None]
    return f"{' and '.join(absent)} missing: apt-get install dovecot-imapd postfix" if absent else ""


class MailServers:
    """One Dovecot and one Postfix that share a folder of mailboxes."""

    def __init__(self, introspection: str = "") -> None:
        """``introspection`` is where Dovecot asks about the tokens of XOAUTH2 (RFC 7662)."""
        self._introspection = introspection
        self.home = Path(tempfile.mkdtemp(prefix="mail-"))
        self.home.chmod(0o755)
        names = ("imap", "imaps", "submission", "smtps")
        self.ports: Mapping[str, int] = dict(zip(names, _free_ports(len(names)), strict=True))
        self.authority = Authority(self.home, "authority")
        self.stranger = Authority(self.home, "stranger")
        self._dovecot: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        user = pwd.getpwnam(MAIL_USER)
        for name in ("mail", "postfix", "queue", "data", "run"):
            (self.home / name).mkdir()
        os.chown(self.home / "mail", user.pw_uid, user.pw_gid)
        shutil.chown(self.home / "data", "postfix")
        self.start_dovecot()
        self._start_postfix()
        return self

    def __exit__(self, *exc: object) -> None:
        _run("postfix", "-c", str(self.home / "postfix"), "stop")
        self.stop_dovecot()
        shutil.rmtree(self.home, ignore_errors=True)

    def start_dovecot(self, files: Files | None = None) -> None:
        """Serve IMAP, with a certificate of the authority unless another is given."""
        config = self.home / "dovecot.conf"
        template = (_OAUTH if self._introspection else "") + _DOVECOT
        config.write_text(self._filled(template, files or self.authority.issue("imap")), "utf-8")
        (self.home / "oauth2.conf").write_text(_INTROSPECTION.format(url=self._introspection), "utf-8")
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(config)])
        _until_listens(self.ports["imaps"])

    def stop_dovecot(self) -> None:
        """Stop serving IMAP, connections and all."""
        if self._dovecot is not None:
            self._dovecot.terminate()
            self._dovecot.wait(20)
            self._dovecot = None

    def renumber(self) -> None:
        """Forget all UIDs, as after a restored backup."""
        self.stop_dovecot()
        for path in (self.home / "mail" / DESK).rglob("dovecot*"):
            path.unlink()
        self.start_dovecot()

    def _start_postfix(self) -> None:
        config = self.home / "postfix"
        (config / "main.cf").write_text(self._filled(_MAIN_CF, self.authority.issue("smtp")), "utf-8")
        (config / "master.cf").write_text(_MASTER_CF.format(**self.ports), "utf-8")
        _run("postfix", "-c", str(config), "start")
        _until_listens(self.ports["submission"])

    def _filled(self, template: str, files: Files) -> str:
        user = pwd.getpwnam(MAIL_USER)
        return template.format(
            home=self.home,
            certificate=files.certificate,
            key=files.key,
            password=PASSWORD,
            uid=user.pw_uid,
            gid=user.pw_gid,
            desk=DESK,
            anna=ANNA,
            unreachable=UNREACHABLE,
            **self.ports,
        )

    @property
    def answers(self) -> Mapping[str, str]:
        """What binds the desk's mailbox: implicit TLS for IMAP, STARTTLS for SMTP, as the known services have it."""
        return {
            "service": "custom", "address": DESK, "password": PASSWORD, "ca_file": str(self.authority.file),
            "imap_host": "127.0.0.1", "imap_port": str(self.ports["imaps"]), "imap_tls": "tls",
            "smtp_host": "127.0.0.1", "smtp_port": str(self.ports["submission"]), "smtp_tls": "starttls",
        }  # fmt: skip

    def put(self, *raws: bytes) -> None:
        """Put mails into the desk's inbox as they are."""
        with self._login(DESK) as imap:
            for raw in raws:
                answer, lines = imap.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
                assert answer == "OK", lines

    def file_sent(self, *raws: bytes) -> None:
        """Put mails into the desk's folder of sent mail, as a phone or a webmail does."""
        with self._login(DESK) as imap:
            for raw in raws:
                answer, lines = imap.append(SENT, "\\Seen", imaplib.Time2Internaldate(time.time()), raw)
                assert answer == "OK", lines

    def flags(self, folder: str = "INBOX") -> Sequence[str]:
        """The flags of each mail in a folder of the desk."""
        with self._login(DESK) as imap:
            imap.select(folder, readonly=True)
            _, lines = imap.fetch("1:*", "(FLAGS)")
        return [line.decode() for line in lines if isinstance(line, bytes)]

    def hide(self, name: bytes, *, hidden: bool = True) -> None:
        """Let Dovecot not open the file of the mail that has this in it, or let it again."""
        files = [one for folder in ("cur", "new") for one in (self.home / "mail" / DESK / folder).iterdir()]
        (path,) = [one for one in files if name in one.read_bytes()]
        owner = pwd.getpwnam("root" if hidden else MAIL_USER)
        os.chown(path, owner.pw_uid, owner.pw_gid)
        path.chmod(0o600)

    def logins(self) -> int:
        """How often somebody has logged in for IMAP."""
        return (self.home / "dovecot.log").read_text("utf-8").count("imap-login: Info: Login:")

    def fill(self, raws: Iterable[bytes]) -> None:
        """Put many mails straight into the desk's folder, an hour apart, the newest received a month ago."""
        user = pwd.getpwnam(MAIL_USER)
        with self._login(DESK) as imap:
            imap.select()
        folder = self.home / "mail" / DESK / "cur"
        newest = int(time.time()) - 30 * 86400
        for number, raw in enumerate(reversed(list(raws))):
            path = folder / f"{newest - number * 3600}.M{number}.desk:2,S"
            path.write_bytes(raw)
            os.chown(path, user.pw_uid, user.pw_gid)
            os.utime(path, (newest - number * 3600,) * 2)

    def mails(self, owner: str, folder: str = "INBOX") -> Sequence[EmailMessage]:
        """The mails in somebody's folder, oldest first."""
        with self._login(owner) as imap:
            _, (count,) = imap.select(folder, readonly=True)
            if count == b"0":
                return []
            _, lines = imap.fetch("1:*", "(BODY.PEEK[])")
        raws = [line[1] for line in lines if isinstance(line, tuple)]
        return [message_from_bytes(raw, policy=policy.default) for raw in raws]

    async def until_mailed(self, owner: str, count: int, seconds: float = 20) -> Sequence[EmailMessage]:
        """Wait until somebody has so many mails."""
        async with asyncio.timeout(seconds):
            while len(found := await asyncio.to_thread(self.mails, owner)) < count:
                await asyncio.sleep(0.05)
        return found

    def _login(self, owner: str) -> imaplib.IMAP4_SSL:
        trust = ssl.create_default_context(cafile=str(self.authority.file))
        imap = imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], ssl_context=trust)
        imap.login(owner, PASSWORD)
        return imap


def _free_ports(count: int) -> Sequence[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _until_listens(port: int, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.05)
        else:
            return
