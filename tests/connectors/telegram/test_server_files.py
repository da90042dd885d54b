"""Files, photos, voices, places and albums between a real client and the invented people."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from telethon import errors, functions, types

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.server_client import ANNA, Device, logged_in

PRICES = StageFile(name="Прайс-лист №1.pdf", mime="application/pdf", content=b"%PDF-1.4 " + bytes(range(256)) * 40)
PHOTO = StageFile(name="ёлка.jpg", mime="image/jpeg", content=b"\xff\xd8\xff\xe0 a fir tree")
VOICE = StageFile(name="voice.ogg", mime="audio/ogg", content=b"OggS words")


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with logged_in(sandbox) as client:
        await sandbox.say(ANNA, "Здравствуйте")
        await client.hears(1)
        yield client


def upload(name: str, content: bytes) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


async def test_a_customers_files_are_downloaded_as_they_were(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "Вот", files=[PRICES, PHOTO, VOICE])
    await client.hears(4)
    document, photo, voice = client.messages[1:]
    assert (document.file.name, document.file.mime_type, document.file.size) == (
        PRICES.name,
        PRICES.mime,
        len(PRICES.content),
    )
    assert (document.text, voice.text) == ("", "Вот")
    assert photo.photo is not None
    assert (voice.voice is not None, voice.file.duration) == (True, 3)
    for message, file in zip((document, photo, voice), (PRICES, PHOTO, VOICE), strict=True):
        assert await client.download_media(message, bytes) == file.content


async def test_our_files_reach_the_customer_with_name_and_kind(client: Device, sandbox: TelegramSandbox) -> None:
    await client.send_file(ANNA.number, upload(PRICES.name, PRICES.content), caption="Прайс", force_document=True)
    await client.send_file(ANNA.number, upload("ёлка.jpg", PHOTO.content))
    note = types.DocumentAttributeAudio(duration=4, voice=True)
    await client.send_file(ANNA.number, upload("v.ogg", VOICE.content), attributes=[note], voice_note=True)
    prices, photo, voice = await sandbox.heard(ANNA)
    assert (prices.text, [(f.name, f.mime, f.content) for f in prices.files]) == (
        "Прайс",
        [(PRICES.name, PRICES.mime, PRICES.content)],
    )
    assert [(f.mime, f.content) for f in photo.files] == [("image/jpeg", PHOTO.content)]
    assert [(f.name, f.mime, f.content) for f in voice.files] == [("v.ogg", "audio/ogg", VOICE.content)]


async def test_a_big_file_goes_in_parts(client: Device, sandbox: TelegramSandbox) -> None:
    content = os.urandom(11 * 1024 * 1024)
    await client.send_file(ANNA.number, upload("альбом.bin", content), force_document=True)
    (heard,) = await sandbox.heard(ANNA)
    assert heard.files[0].content == content
    assert len(sandbox.stage.asked("upload.saveBigFilePart")) == 88
    (message,) = await client.get_messages(ANNA.number, limit=1)
    assert await client.download_media(message, bytes) == content


async def test_an_album_is_several_messages_of_one_group(client: Device, sandbox: TelegramSandbox) -> None:
    files = [upload(f"{number}.pdf", f"%PDF {number}".encode()) for number in range(3)]
    sent = await client.send_file(ANNA.number, files, caption=["раз", "", "три"], force_document=True)
    heard = await sandbox.heard(ANNA)
    assert [(one.text, one.files[0].content) for one in heard] == [
        ("раз", b"%PDF 0"),
        ("", b"%PDF 1"),
        ("три", b"%PDF 2"),
    ]
    assert len({message.grouped_id for message in sent}) == 1


async def test_places_and_cards_go_both_ways(client: Device, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    place = types.InputMediaGeoPoint(types.InputGeoPoint(55.75, 37.62))
    await client.send_message(ANNA.number, file=place)
    letter = anna.box.of(sandbox.stage.private(anna))[0]
    assert (letter.media.geo.lat, letter.media.geo.long) == (55.75, 37.62)
    card = types.InputMediaContact(ANNA.phone, "Анна", "", "")
    await client.send_message(ANNA.number, file=card)
    assert anna.box.of(sandbox.stage.private(anna))[0].media.user_id == anna.id
    spot = types.MessageMediaGeo(types.GeoPoint(long=30.3, lat=59.9, access_hash=0))
    sandbox.stage.write(anna, sandbox.stage.private(anna), media=spot)
    await client.hears(2)
    assert client.messages[-1].geo.lat == 59.9
    with pytest.raises(errors.MediaInvalidError):
        await client.send_message(ANNA.number, file=types.InputMediaDice("🎲"))


async def test_an_old_file_reference_is_renewed_by_asking_for_the_message(
    client: Device, sandbox: TelegramSandbox
) -> None:
    await sandbox.say(ANNA, "", files=[PRICES])
    await client.hears(2)
    message = client.messages[-1]
    sandbox.stage.expire_references()
    document = message.document
    place = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
    with pytest.raises(errors.FileReferenceExpiredError):
        await client(functions.upload.GetFileRequest(place, offset=0, limit=4096))
    fresh = await client.get_messages(ANNA.number, ids=message.id)
    assert await client.download_media(fresh, bytes) == PRICES.content


async def test_a_missing_part_is_named(client: Device) -> None:
    await client(functions.upload.SaveFilePartRequest(5, 0, b"first"))
    media = types.InputMediaUploadedDocument(types.InputFile(5, 2, "a.bin", ""), "application/octet-stream", [])
    with pytest.raises(errors.FilePartMissingError) as caught:
        await client(functions.messages.SendMediaRequest(ANNA.number, media, ""))
    assert caught.value.which == 1


async def test_a_spoilt_upload_is_refused(client: Device) -> None:
    await client(functions.upload.SaveFilePartRequest(6, 0, b"spoilt"))
    media = types.InputMediaUploadedDocument(types.InputFile(6, 1, "a.bin", "0" * 32), "application/octet-stream", [])
    with pytest.raises(errors.Md5ChecksumInvalidError):
        await client(functions.messages.SendMediaRequest(ANNA.number, media, ""))


async def test_an_album_is_not_sent_twice(client: Device, sandbox: TelegramSandbox) -> None:
    place = types.InputMediaGeoPoint(types.InputGeoPoint(55.75, 37.62))
    album = [types.InputSingleMedia(place, text, random_id=number) for number, text in ((1, "раз"), (2, "два"))]
    request = functions.messages.SendMultiMediaRequest(ANNA.number, album)
    sent = await client(request)
    assert [(u.id, u.random_id) for u in sent.updates if isinstance(u, types.UpdateMessageID)] == [(2, 1), (3, 2)]
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(request)
    assert [one.text for one in await sandbox.heard(ANNA)] == ["раз", "два"]


async def test_a_caption_has_its_own_limit(client: Device) -> None:
    with pytest.raises(errors.MediaCaptionTooLongError):
        await client.send_file(ANNA.number, upload("a.pdf", b"x"), caption="я" * 1025)


async def test_a_file_sent_twice_with_one_random_id_arrives_once(client: Device, sandbox: TelegramSandbox) -> None:
    uploaded = await client.upload_file(b"%PDF", file_name="a.pdf")
    media = types.InputMediaUploadedDocument(uploaded, "application/pdf", [types.DocumentAttributeFilename("a.pdf")])
    request = functions.messages.SendMediaRequest(ANNA.number, media, "раз", random_id=5)
    await client(request)
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(request)
    assert [one.text for one in await sandbox.heard(ANNA)] == ["раз"]
