"""Of a signed mail the content is read; an encrypted one is told as what it is, with the encrypted part as a file."""

from __future__ import annotations

import base64
import functools
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options, PKCS7SignatureBuilder

from chatapp_cli.connectors.email.headers import parsed
from chatapp_cli.connectors.email.signed import opened
from tests.connectors.email.corpus import ARMORED, kind, mixed, part, plain, streamed
from tests.connectors.email.reading import message

INNER = part("text/plain; charset=utf-8", "Договор во вложении".encode())
PGP_SIGNED = "[Signed with PGP; the signature was not checked]"
PGP_ENCRYPTED = "[Encrypted with PGP: it can be read only where its key is]"
SMIME_SIGNED = "[Signed with S/MIME; the signature was not checked]"
SMIME_ENCRYPTED = "[Encrypted with S/MIME: it can be read only where its key is]"


@functools.cache
def identity() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anna@example.org")])
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    draft = x509.CertificateBuilder(name, name, key.public_key(), 15, begin, end)
    return draft.sign(key, hashes.SHA256()), key


def signed(content: bytes, *options: PKCS7Options) -> bytes:
    certificate, key = identity()
    draft = PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return draft.sign(Encoding.DER, [PKCS7Options.Binary, *options])


def encrypted(content: bytes) -> bytes:
    draft = PKCS7EnvelopeBuilder().set_data(content).add_recipient(identity()[0])
    return draft.encrypt(Encoding.DER, [PKCS7Options.Binary])


def smime(data: bytes, parameters: str = "") -> bytes:
    head = kind(f"application/pkcs7-mime; name=smime.p7m{parameters}") + b"Content-Transfer-Encoding: base64\r\n"
    return plain(base64.encodebytes(data), extra=head)


@pytest.mark.parametrize(
    ("protocol", "told", "name"),
    [
        ("application/pgp-signature", PGP_SIGNED, "signature.asc"),
        ("application/pkcs7-signature", SMIME_SIGNED, "smime.p7s"),
        ("application/x-pkcs7-signature", SMIME_SIGNED, "smime.p7s"),
    ],
)
def test_the_content_beside_a_signature_is_read(protocol: str, told: str, name: str) -> None:
    found = message(mixed(INNER, part(f"{protocol}; name={name}", b"x"), subtype="signed"))
    assert found.text == f"Договор во вложении\n\n{told}"
    assert [file.name for file in found.files] == [name]


@pytest.mark.parametrize("parameters", ["", "; smime-type=signed-data"])
def test_the_content_inside_a_signature_is_read(parameters: str) -> None:
    for data in (signed(INNER), streamed(INNER)):
        found = message(smime(data, parameters))
        assert found.text == f"Договор во вложении\n\n{SMIME_SIGNED}"
        assert [(file.name, file.content) for file in found.files] == [("smime.p7m", data)]


def test_the_files_inside_a_signature_come_out() -> None:
    inner = mixed(INNER, part("application/pdf; name=a.pdf", b"%PDF"))
    assert [file.name for file in message(smime(signed(inner))).files] == ["a.pdf", "smime.p7m"]


def test_an_encrypted_mail_is_told_as_such_with_the_encrypted_part_as_a_file() -> None:
    found = message(smime(encrypted(INNER), "; smime-type=enveloped-data"))
    assert (found.text, [file.name for file in found.files]) == (SMIME_ENCRYPTED, ["smime.p7m"])
    found = message(
        mixed(
            part("application/pgp-encrypted", b"Version: 1\r\n"),
            part("application/octet-stream; name=encrypted.asc", ARMORED.encode()),
            subtype="encrypted",
        )
    )
    assert (found.text, [file.name for file in found.files]) == (PGP_ENCRYPTED, ["encrypted.asc"])


def test_armor_in_a_text_is_replaced_by_a_sentence() -> None:
    found = message(plain(f"Анна\r\n{ARMORED}\r\nдо связи".encode()))
    assert found.text == f"Анна\n{PGP_ENCRYPTED}\nдо связи"
    assert found.files[0].content == f"Анна\r\n{ARMORED}\r\nдо связи".encode()
    clear = (
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nЗаказ:\r\n- -- 5 ёлок\r\n"
        "-----BEGIN PGP SIGNATURE-----\r\n\r\niQ\r\n-----END PGP SIGNATURE-----\r\n"
    )
    assert message(plain(clear.encode())).text == f"Заказ:\n-- 5 ёлок\n{PGP_SIGNED}"
    clear = clear.replace("Hash: SHA256\r\n\r\n", " \r\n").replace("Заказ", "Первый абзац\r\n\r\nЗаказ")
    assert message(plain(clear.encode())).text == f"Первый абзац\n\nЗаказ:\n-- 5 ёлок\n{PGP_SIGNED}"
    assert message(plain(b"-----BEGIN PGP MESSAGE----- is how it begins")).text.endswith("is how it begins")


def test_a_damaged_signature_is_a_file_and_nothing_escapes() -> None:
    data = signed(INNER)
    for cut in range(120):
        found = message(smime(data[:cut]))
        assert found.files[-1].content == data[:cut]
    with pytest.raises(ValueError, match="unexpected element"):
        opened(parsed(smime(data[:4] + bytes.fromhex("06092a864886f70d010702") + b"\x05" + data[20:])))


def test_a_signature_in_a_signature_is_opened_once() -> None:
    inner = part(
        "application/pkcs7-mime; name=inner.p7m",
        base64.encodebytes(signed(INNER)),
        b"Content-Transfer-Encoding: base64",
    )
    found = message(smime(signed(inner)))
    assert (found.text, [file.name for file in found.files]) == (SMIME_SIGNED, ["inner.p7m", "smime.p7m"])


@pytest.mark.parametrize("size", [1, 60_000_000])
def test_of_a_cut_mail_the_last_file_is_not_shown_as_whole(size: int) -> None:
    from tests.connectors.email.reading import read

    raw = mixed(
        part("text/plain", b"ok"), part("application/zip; name=a.zip", b"PK"), part("image/png; name=b.png", b"x")
    )
    (event,) = read(raw, size=size).events
    files = [(file.name, file.content, file.problem) for file in event.files]
    if size == 1:
        assert (event.text, files) == ("ok", [("a.zip", b"PK", ""), ("b.png", b"x", "")])
    else:
        assert event.text == "ok\n\n[Only the beginning of this mail is here]"
        assert files[:2] == [("a.zip", b"PK", ""), ("b.png", None, "mail_too_big")]


def test_every_block_of_armor_is_replaced_and_what_stands_between_them_stays() -> None:
    text = f"Первое:\r\n{ARMORED}\r\nвторое:\r\n{ARMORED}\r\nконец"
    found = message(plain(text.encode()))
    assert found.text == f"Первое:\n{PGP_ENCRYPTED}\nвторое:\n{PGP_ENCRYPTED}\nконец"
    assert message(plain(f"-----BEGIN PGP MESSAGE----- и\r\n{ARMORED}".encode())).text.endswith(f"и\n{PGP_ENCRYPTED}")


def test_every_signed_text_of_several_is_read() -> None:
    one = (
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- -- {}\r\n"
        "-----BEGIN PGP SIGNATURE-----\r\n\r\niQ\r\n-----END PGP SIGNATURE-----\r\n"
    )
    text = f"Было:\r\n{one.format('ёлка')}и стало:\r\n{one.format('пихта')}"
    assert message(plain(text.encode())).text == f"Было:\n-- ёлка\n{PGP_SIGNED}\nи стало:\n-- пихта\n{PGP_SIGNED}"
    whole = "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n- без подписи"
    assert message(plain(whole.encode())).text == whole.replace("\r\n", "\n")


def test_what_is_damaged_is_told_as_what_it_says_it_is() -> None:
    smime = kind("application/pkcs7-mime; smime-type=signed-data")
    assert message(plain(b"broken", extra=smime)).text == "[Signed with S/MIME, but damaged: it cannot be read]"
    empty = message(plain(b"--a--\r\n", extra=kind('multipart/encrypted; boundary="a"')))
    assert empty.text == "[Encrypted, but without its content: nothing of it can be read]"
