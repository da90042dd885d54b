"""Mails as they come: old programs, wrong declarations, and people who mean harm. All persons are invented."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP


@dataclass(frozen=True, kw_only=True)
class Case:
    """A mail and what a person should see of it."""

    name: str
    raw: bytes
    text: str
    subject: str = "Заказ"
    sender: str = "Анна Белова"
    address: str = "anna@example.org"
    files: tuple[str, ...] = ()
    automatic: bool = False


def plain(body: bytes, *, subject: bytes | None = None, extra: bytes = b"", sender: bytes | None = None) -> bytes:
    """A mail by hand, byte for byte; the Message-ID comes with ``extra``."""
    return b"".join(
        (
            b"From: " + (sender or word("Анна Белова") + b" <anna@example.org>") + b"\r\n",
            b"To: desk@shop.example.org\r\n",
            b"Subject: " + (subject or word("Заказ")) + b"\r\n",
            extra,
            b"\r\n",
            body,
        )
    )


def word(text: str, charset: str = "utf-8") -> bytes:
    """An encoded word."""
    return b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(text.encode(charset)))


def kind(value: str) -> bytes:
    return f"Content-Type: {value}\r\n".encode()


def mixed(*parts: bytes, subtype: str = "mixed", extra: bytes = b"", **more: bytes) -> bytes:
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return plain(body, extra=extra + kind(f'multipart/{subtype}; boundary="edge"'), **more)


def part(content_type: str, body: bytes, *headers: bytes) -> bytes:
    return kind(content_type) + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


def attachment(disposition: bytes, body: bytes = b"%PDF", content_type: str = "application/pdf") -> bytes:
    return part(
        content_type,
        base64.b64encode(body),
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment" + disposition,
    )


HELLO = "Здравствуйте, ёлки есть?"
HTML = (
    "<html><head><title>не видно</title><style>p{color:red}</style></head><body><script>alert(1)</script>"
    "<p>Здравствуйте,&nbsp;ёлки&nbsp;есть?</p><div style='display:none'>скрыто</div>"
    "<table><tr><td>Пихта</td><td>2 шт.</td></tr></table>"
    "<a href='https://shop.example.org/fir'>каталог</a></body></html>"
)
HTML_TEXT = f"{HELLO}\n\nПихта 2 шт.\nкаталог (https://shop.example.org/fir)"


def _split_letter() -> bytes:
    """A subject whose encoded words part in the middle of a two-byte letter."""
    data = "Заказ".encode()
    return b" ".join(b"=?utf-8?B?%s?=" % base64.b64encode(half) for half in (data[:5], data[5:]))


def _modern() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Анна Белова <anna@example.org>"
    mail["To"] = "desk@shop.example.org"
    mail["Subject"] = "Заказ"
    mail.set_content(HELLO)
    mail.add_alternative(HTML, subtype="html")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="Ёлка в снегу.png")
    return mail.as_bytes()


CASES = (
    Case(name="utf-8", raw=plain(HELLO.encode(), extra=kind("text/plain; charset=utf-8")), text=HELLO),
    Case(name="koi8-r", raw=plain(HELLO.encode("koi8-r"), extra=kind("text/plain; charset=koi8-r")), text=HELLO),
    Case(name="cp1251", raw=plain(HELLO.encode("cp1251"), extra=kind("text/plain; charset=windows-1251")), text=HELLO),
    Case(name="win-1251", raw=plain(HELLO.encode("cp1251"), extra=kind("text/plain; charset=win-1251")), text=HELLO),
    Case(name="cp-1251", raw=plain(HELLO.encode("cp1251"), extra=kind("text/plain; charset=cp-1251")), text=HELLO),
    Case(name="no charset", raw=plain(HELLO.encode("cp1251")), text=HELLO),
    Case(name="no charset, koi8", raw=plain(HELLO.encode("koi8-r")), text=HELLO),
    Case(name="says utf-8", raw=plain(HELLO.encode("cp1251"), extra=kind("text/plain; charset=utf-8")), text=HELLO),
    Case(name="says koi8-r", raw=plain(HELLO.encode(), extra=kind("text/plain; charset=koi8-r")), text=HELLO),
    Case(
        name="says latin", raw=plain(HELLO.encode("cp1251"), extra=kind("text/plain; charset=iso-8859-1")), text=HELLO
    ),
    Case(name="charset DEFAULT", raw=plain(HELLO.encode(), extra=kind("text/plain; charset=DEFAULT")), text=HELLO),
    Case(name="charset base64", raw=plain(HELLO.encode(), extra=kind("text/plain; charset=base64")), text=HELLO),
    Case(
        name="raw 8-bit header",
        raw=plain(
            HELLO.encode(),
            subject="Заказ".encode("cp1251"),
            sender="Анна Белова".encode("cp1251") + b" <anna@example.org>",
        ),
        text=HELLO,
    ),
    Case(name="raw utf-8 header", raw=plain(b"ok", subject="Заказ".encode()), text="ok"),
    Case(name="split letter", raw=plain(b"ok", subject=_split_letter()), text="ok"),
    Case(name="broken word", raw=plain(b"ok", subject=b"=?utf-8?B?!!!?="), text="ok", subject="=?utf-8?B?!!!?="),
    Case(name="koi8 words", raw=plain(b"ok", subject=word("Заказ", "koi8-r")), text="ok"),
    Case(name="no subject", raw=plain(b"ok", subject=b" "), text="ok", subject=""),
    Case(name="upper-case address", raw=plain(b"ok", sender=b"ANNA@Example.ORG"), text="ok", sender=""),
    Case(
        name="nobody",
        raw=b"Subject: x\r\n\r\nok",
        text="ok",
        subject="x",
        sender="",
        address="unknown@sender.invalid",
    ),
    Case(name="no headers", raw=b"\r\nok", text="ok", subject="", sender="", address="unknown@sender.invalid"),
    Case(name="empty", raw=b"\r\n", text="", subject="", sender="", address="unknown@sender.invalid"),
    Case(
        name="answer to another",
        raw=plain(b"ok", sender=b"Form <form@shop.example.org>", extra=b"Reply-To: Boris <boris@example.org>\r\n"),
        text="ok",
        sender="Boris",
        address="boris@example.org",
    ),
    Case(name="html only", raw=plain(HTML.encode(), extra=kind("text/html; charset=utf-8")), text=HTML_TEXT),
    Case(
        name="html, charset in meta",
        raw=plain(f"<meta charset=windows-1251>{HELLO}".encode("cp1251"), extra=kind("text/html")),
        text=HELLO,
    ),
    Case(name="modern", raw=_modern(), text=HELLO, files=("Ёлка в снегу.png",)),
    Case(
        name="empty plain beside html",
        raw=mixed(part("text/plain", b" \r\n"), part("text/html; charset=utf-8", HTML.encode()), subtype="alternative"),
        text=HTML_TEXT,
    ),
    Case(
        name="file name leads out",
        raw=mixed(part("text/plain", b"ok"), attachment(b'; filename="../../etc/cron.d/evil.pdf"')),
        text="ok",
        files=("evil.pdf",),
    ),
    Case(
        name="file name leads out of Windows",
        raw=mixed(part("text/plain", b"ok"), attachment(b'; filename="C:\\\\temp\\\\price.pdf"')),
        text="ok",
        files=("price.pdf",),
    ),
    Case(
        name="file name by encoded word",
        raw=mixed(part("text/plain", b"ok"), attachment(b'; filename="' + word("Счёт за май.pdf") + b'"')),
        text="ok",
        files=("Счёт за май.pdf",),
    ),
    Case(
        name="file name by RFC 2231 in pieces",
        raw=mixed(
            part("text/plain", b"ok"),
            attachment(b";\r\n filename*0*=utf-8''%D0%A1%D1%87;\r\n filename*1*=%D1%91%D1%82;\r\n filename*2=.pdf"),
        ),
        text="ok",
        files=("Счёт.pdf",),
    ),
    Case(
        name="file without a name",
        raw=mixed(part("text/plain", b"ok"), attachment(b"")),
        text="ok",
        files=("application.pdf",),
    ),
    Case(
        name="forwarded mail",
        raw=mixed(part("text/plain", b"ok"), part("message/rfc822", plain(b"inner"))),
        text="ok",
        files=("Заказ.eml",),
    ),
    Case(
        name="inline picture",
        raw=mixed(
            part("text/html", b"<p>ok</p><img src='cid:1'>"),
            part("image/gif", b"R0lGOA==", b"Content-Transfer-Encoding: base64", b"Content-ID: <1>"),
            subtype="related",
        ),
        text="ok",
        files=("image.gif",),
    ),
    Case(
        name="multipart without parts",
        raw=plain(b"lonely", extra=kind('multipart/mixed; boundary="edge"')),
        text="lonely",
    ),
    Case(name="broken base64", raw=plain(b"0J!!", extra=b"Content-Transfer-Encoding: base64\r\n"), text="Р"),
    Case(name="NUL bytes", raw=plain(b"o\x00k"), text="ok"),
    Case(name="bare newlines", raw=plain(b"ok").replace(b"\r\n", b"\n"), text="ok"),
    Case(
        name="newsletter",
        raw=plain(b"ok", extra=b"List-Id: <news.example.org>\r\nPrecedence: bulk\r\n"),
        text="ok",
        automatic=True,
    ),
    Case(name="holiday", raw=plain(b"ok", extra=b"Auto-Submitted: auto-replied\r\n"), text="ok", automatic=True),
    Case(name="by a person", raw=plain(b"ok", extra=b"Auto-Submitted: no\r\n"), text="ok"),
    Case(
        name="in our name",
        raw=plain(b"pay me", sender=b"desk@shop.example.org"),
        text="pay me",
        sender="",
        address="desk@shop.example.org",
        automatic=True,
    ),
)

UNREADABLE = plain(
    b"".join(b'--%d\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n' % (n, n + 1) for n in range(900)),
    extra=kind('multipart/mixed; boundary="0"'),
)
"""Nested deeper than the parser goes."""


FORM = (
    "From: Сайт <desk@shop.example.org>\r\nTo: desk@shop.example.org\r\nSubject: Заявка с сайта лавки\r\n"
    "Message-ID: <form-1@shop.test>\r\nReply-To: Мария Орлова <maria@client.test>\r\n"
    "Date: Sat, 28 Nov 2026 20:00:00 +0300\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "Имя: Мария\r\nТелефон: +79990001122\r\nХочу плед\r\n"
).encode()


ARMORED = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n=abcd\r\n-----END PGP MESSAGE-----"


def length(size: int) -> bytes:
    data = size.to_bytes(4, "big")
    return b"\x84" + data


def streamed(content: bytes) -> bytes:
    """Signed data as programs write it that do not know its length beforehand (BER)."""
    pieces = b"".join(b"\x04" + length(len(one)) + one for one in (content[:10], content[10:]))
    data = b"\x30\x80" + bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80\x24\x80" + pieces + bytes(6)
    inner = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x31\x00" + bytes(2)
    return b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + inner + bytes(4)
