"""What employees wrote is applied in the order in which they wrote it, however late a part of it was found."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.crm.events import CrmEvent, CrmRewrote, CrmWrote, RemoteFile
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime.link_inbox import TOGETHER, bundles, in_order, why_not_fetched
from chatapp_cli.store.rows.crm import CrmArrivedRow


def arrived(number: int, event: CrmEvent) -> tuple[CrmArrivedRow, CrmEvent]:
    row = CrmArrivedRow(number, LinkId(1), f"p{number}", "", b"", "new", "", 0, 0, 0)  # type: ignore[arg-type]
    return row, event


def wrote(remote: str, chat: str = "chat-1", at: int | None = None) -> CrmWrote:
    return CrmWrote(kind="email", place="107", chat=chat, remote=remote, at=at)


def test_messages_of_a_chat_come_as_they_were_written_and_those_of_others_keep_their_places() -> None:
    edit = CrmRewrote(kind="email", place="107", chat="chat-1", remote="100", text="как теперь")
    events: list[CrmEvent] = [wrote("100"), wrote("7", "chat-2"), edit, wrote("99"), wrote("6", "chat-2")]
    found = [event for _, event in in_order([arrived(n, event) for n, event in enumerate(events)])]
    assert found == [wrote("99"), wrote("6", "chat-2"), edit, wrote("100"), wrote("7", "chat-2")]


@pytest.mark.parametrize(
    ("moments", "order"),
    [((None, None, None), (0, 1, 2)), ((9, None, 7), (0, 1, 2)), ((9, 8, 7), (2, 1, 0)), ((9, 7, 7), (1, 2, 0))],
)
def test_messages_without_numbers_come_by_their_times_and_without_those_as_they_arrived(
    moments: tuple[int | None, ...], order: tuple[int, ...]
) -> None:
    events = [arrived(n, wrote(remote, at=at)) for n, (remote, at) in enumerate(zip("cab", moments, strict=True))]
    assert [row.id for row, _ in in_order(events)] == list(order)


def test_events_are_applied_in_bundles_and_one_whose_files_are_fetched_is_alone() -> None:
    file = RemoteFile(name="a.png", address="/a")
    with_file = CrmWrote(kind="email", place="107", chat="chat-1", remote="5", files=(file,))
    events = [*(wrote(str(n)) for n in range(TOGETHER + 1)), with_file, wrote("6")]
    found = [[row.id for row, _ in one] for one in bundles(arrived(n, event) for n, event in enumerate(events))]
    assert found == [[*range(TOGETHER)], [TOGETHER], [TOGETHER + 1], [TOGETHER + 2]]


def test_whoever_sent_a_file_that_is_refused_is_told_why_in_words() -> None:
    said = str(why_not_fetched(manifest("bitrix24"), Rejected("file_elsewhere")))
    assert said.startswith("A file cannot be fetched from the CRM: The file's address leads away from the portal")
