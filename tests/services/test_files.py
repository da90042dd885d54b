"""Files of messages: what a person attaches, what a client's file is called, and where it is saved."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import IncomingFile
from chatapp_cli.domain.errors import Busy, NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, FileId, MessageId
from chatapp_cli.services import files
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.messages import FileRow
from tests.stores import Shop


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(tmp_path / "home" / "media")


def came(media: Media, tmp_path: Path, name: str, **values: object) -> FileRow:
    """A client's file that is here."""
    (tmp_path / "content").write_bytes(b"content")
    kept = media.put_file(tmp_path / "content", most=None)
    row = FileRow(
        FileId(7), MessageId(1), ChannelId(1), "document", name, "text/plain", 7, 0, kept.sha256, "", "here", "", 0, ""
    )
    return row._replace(**values)


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("a.jpg", "image/jpeg", "photo"),
        ("a.PNG", "image/png", "photo"),
        ("a.webp", "image/webp", "photo"),
        ("a.svg", "image/svg+xml", "document"),
        ("a.gif", "image/gif", "document"),
        ("a.mp4", "video/mp4", "video"),
        ("a.mp3", "audio/mpeg", "audio"),
        ("a.pdf", "application/pdf", "document"),
        ("a.нечто", "application/octet-stream", "document"),
    ],
)
def test_a_file_goes_as_what_its_name_says_and_a_picture_only_as_one_that_every_messenger_draws(
    tmp_path: Path, media: Media, name: str, mime: str, kind: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"seven b")
    looked, staged = files.look(path), files.stage(media, path)
    assert (looked.name, looked.mime, looked.size, looked.kind, looked.sha256) == (name, mime, 7, kind, "")
    assert (staged.name, staged.mime, staged.size, staged.kind) == (name, mime, 7, kind)
    assert media.path(staged.sha256).read_bytes() == b"seven b"


@pytest.mark.parametrize(
    ("kind", "mime", "sent"),
    [
        ("photo", "image/gif", "photo"),
        ("voice", "audio/ogg", "voice"),
        ("document", "image/png", "document"),
        ("sticker", "image/webp", "photo"),
        ("sticker", "application/x-tgsticker", "document"),
    ],
)
def test_a_file_that_is_sent_on_stays_what_it_came_as_where_that_can_be_sent(
    tmp_path: Path, media: Media, kind: str, mime: str, sent: str
) -> None:
    staged = files.staged(came(media, tmp_path, "a", kind=kind, mime=mime))
    assert (staged.kind, staged.mime, staged.size, staged.name) == (sent, mime, 7, "a")


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("счёт.pdf", "счёт.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\счёт.pdf", "счёт.pdf"),
        ("..hidden", "hidden"),
        (" a b \n.txt ", "a b .txt"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("", ""),
        ("folder/", ""),
        ("...", ""),
    ],
)
def test_of_a_strangers_name_for_a_file_only_what_is_safe_is_kept(name: str, sound: str) -> None:
    assert files.sound(name) == sound


def test_a_file_without_a_sound_name_is_called_by_its_number(tmp_path: Path, media: Media) -> None:
    assert files.sound_name(came(media, tmp_path, "../")) == "file-7"


def test_a_file_is_saved_beside_those_of_the_same_name_and_never_over_them(tmp_path: Path, media: Media) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    row = came(media, tmp_path, "счёт.tar.gz")
    saved = [files.copy_out(media, row, folder) for _ in range(3)]
    assert [path.name for path in saved] == ["счёт.tar.gz", "счёт.tar (1).gz", "счёт.tar (2).gz"]
    assert {path.read_bytes() for path in saved} == {b"content"}
    with pytest.raises(NotFound, match="cannot be saved"):
        files.copy_out(media, row, tmp_path / "nowhere")


def test_a_content_that_got_lost_is_not_told_as_a_fault_of_the_folder(tmp_path: Path, media: Media) -> None:
    row = came(media, tmp_path, "счёт.pdf")
    media.path(row.sha256).unlink()
    with pytest.raises(NotFound) as lost:
        files.copy_out(media, row, tmp_path)
    assert str(lost.value.what) == f"The content of счёт.pdf is not in {media.root} any more."
    assert str(lost.value.next_step) == (
        "Restore the folder from a backup; if there is none, ask the client for the file again."
    )
    assert not (tmp_path / "счёт.pdf").exists()


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("я" * 200, ""),
        ("Щ" * 150 + ".pdf", ".pdf"),
        ("я" * 127, ""),
        ("я" * 126 + ".a", ".a"),
        ("a." + "ы" * 200, ""),
        ("😀" * 100 + ".tar.gz", ".gz"),
        ("ж" * 120 + "." + "ы" * 16, ""),
    ],
)
def test_a_name_that_is_too_long_for_a_folder_is_shortened_and_keeps_its_ending_and_number(
    tmp_path: Path, media: Media, name: str, ending: str
) -> None:
    row, folder = came(media, tmp_path, name), tmp_path / "saved"
    folder.mkdir()
    saved = [files.copy_out(media, row, folder) for _ in range(12)]
    assert [path.name.endswith(f"{mark}{ending}") for path, mark in zip(saved, _MARKS, strict=True)] == [True] * 12
    assert all(len(path.name.encode()) <= 255 for path in saved)
    assert all(name.startswith(path.name[:50]) for path in saved)
    assert sorted(folder.iterdir()) == sorted(set(saved))


_MARKS = ("", *(f" ({n})" for n in range(1, 12)))


def test_a_folder_whose_name_is_too_long_is_refused_in_words_and_nothing_is_left(tmp_path: Path, media: Media) -> None:
    row = came(media, tmp_path, "счёт.pdf")
    with pytest.raises(NotFound, match=r"cannot be saved in .*: File name too long"):
        files.copy_out(media, row, tmp_path / ("я" * 200))


def test_of_a_file_that_cannot_be_copied_to_its_end_no_part_stays(tmp_path: Path, media: Media) -> None:
    row = came(media, tmp_path, "счёт.pdf")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        with pytest.raises(NotFound, match=r"cannot be saved in .*: File too large"):
            files.copy_out(media, row, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert not (tmp_path / "счёт.pdf").exists()


@pytest.mark.parametrize(("most", "looked"), [(3, 3), (5, 5), (100, 9)])
def test_lost_contents_are_looked_for_in_a_sample_of_bounded_size_that_covers_small_stores(
    shop: Shop, most: int, looked: int
) -> None:
    shop.hear(shop.channel(), files=[kept(shop, str(n)) for n in range(9)])
    found = shop.read(lambda tx: files.lost(tx, shop.media, most=most))
    assert (found.looked, found.missing) == (looked, [])


def test_each_lost_content_is_found_by_one_sample_or_another(shop: Shop) -> None:
    wanted = IncomingFile(kind="document", name="wanted", remote="somewhere")
    shop.hear(shop.channel(), files=[*(kept(shop, str(n)) for n in range(9)), wanted])
    for n in (2, 7):
        shop.media.path(kept(shop, str(n)).sha256).unlink()
    seen = set()
    for _ in range(4):
        shop.clock.at += 1
        seen |= {file.name for file in shop.read(lambda tx: files.lost(tx, shop.media, most=3)).missing}
    assert seen == {"2", "7"}


def kept(shop: Shop, name: str) -> IncomingFile:
    return IncomingFile(kind="document", name=name, sha256=shop.media.put(name.encode()))


def test_what_has_not_come_cannot_be_saved_and_it_is_said_whether_it_will(tmp_path: Path, media: Media) -> None:
    with pytest.raises(Busy, match="has not been downloaded yet"):
        files.copy_out(media, came(media, tmp_path, "a", state="wanted"), tmp_path)
    with pytest.raises(Refused, match="could not be downloaded: too_big"):
        files.content(media, came(media, tmp_path, "a", state="missing", code="too_big"))


def test_the_desks_own_files_are_not_sent_except_those_of_a_tray(tmp_path: Path, media: Media) -> None:
    home = tmp_path / "home"
    (home / files.UPLOADS / "1").mkdir(parents=True)
    for name in ("secret.key", f"{files.UPLOADS}/1/a.txt"):
        (home / name).write_bytes(b"x")
    with pytest.raises(Refused) as refused:
        files.stage(media, home / "secret.key")
    assert refused.value.code == "own_file"
    assert files.stage(media, home / files.UPLOADS / "1" / "a.txt").size == 1


@pytest.mark.parametrize("name", sorted(files._OF_COMPANIES))
def test_whatever_shows_that_a_folder_is_a_companys_its_files_are_not_sent(
    tmp_path: Path, media: Media, name: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_bytes(b"x")
    assert files.stage(media, other / "a.txt").size == 1
    (other / name).write_bytes(b"x")
    with pytest.raises(Refused) as refused:
        files.stage(media, other / "a.txt")
    assert refused.value.code == "own_file"
