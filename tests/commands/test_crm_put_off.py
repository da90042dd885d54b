"""What a person is told of events of a CRM that could not be used yet, and in which language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import network_words
from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import crm_intake, links
from tests.commands.conftest import Shell
from tests.commands.crm_office import DESK, FIRM
from tests.commands.process import at_a_terminal

LONG = "the-portal-of-a-company-with-a-long-name.bitrix24.example"


@pytest.fixture
def late(company: Company) -> LinkId:
    """A link of which a message of an employee waits since an hour, for a chat that nobody knows."""
    settings = {"portal": DESK, "client_id": "local.5", "auth_server": DESK}
    firm = Bound(account=FIRM, title=FIRM, settings=settings, secrets={"client_secret": "тайна"}, hook_key="k1")
    link = company.write(lambda tx: links.save(tx, company.vault, firm, kind="bitrix24"))
    event = CrmWrote(kind="api", place="107", chat="chat-9", remote="900", text="Ау")
    company.write(lambda tx: crm_intake.keep(tx, link, [CrmArrival(provider_id="add:900", event=event)]))
    (row,) = company.read(lambda tx: crm_intake.waiting(tx, link))
    unknown = T("Chat {chat} is not known.", chat="chat-9")
    company.write(partial(crm_intake.put_off, row=row, event=event, problem=unknown, seconds=3600))
    return link


def test_what_is_put_off_is_told_with_since_when_why_and_when_it_is_tried_next(
    chatapp: Shell, company: Company, late: LinkId
) -> None:
    (row,) = company.read(lambda tx: crm_intake.waiting(tx, late))
    since, then = written(row.at), written(row.next_at)
    said = f"{since}, message of an employee: Chat chat-9 is not known. Next try: {then}; 1 of 12 attempts were made."
    assert f"  {said}\n" in chatapp("crm", "show").out
    assert chatapp.run("crm", "list").rows[0][-2:] == ["1", since]
    shown = chatapp("crm", "show", "--json").json
    assert (shown["put_off"], [one["problem"] for one in shown["events"]]) == (1, ["Chat chat-9 is not known."])
    doctor = [one["what"] for one in chatapp.run("doctor", "crm", "--json").json if one["name"].endswith("putoff")]
    assert doctor == [
        f"{FIRM}: Events of the CRM that could not be used yet: 1, the oldest of {since}.",
        f"{FIRM}: {said}",
    ]


def test_what_is_used_at_last_is_not_told_any_more(chatapp: Shell, company: Company, late: LinkId) -> None:
    (row,) = company.read(lambda tx: crm_intake.waiting(tx, late))
    company.write(lambda tx: crm_intake.die(tx, row, T("Chat {chat} is not known.", chat="chat-9")))
    assert "are tried again" not in chatapp("crm", "show").out
    assert chatapp.run("crm", "list").rows[0][-2:] == ["0", ""]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "desk.example:443: Connection refused"), ("ru", "desk.example:443: соединение отклонено")],
)
def test_why_a_crm_was_not_reached_is_told_in_the_readers_language(
    chatapp: Shell, company: Company, late: LinkId, language: str, words: str
) -> None:
    detail = network_words.kept(T("Connection refused"), "desk.example:443")
    company.write(lambda tx: links.set_state(tx, late, LinkState.LIMITED, "unreachable", detail))
    assert f"({words})" in chatapp("crm", "show", CHATAPP_LANG=language).err
    assert words in chatapp("tail", CHATAPP_LANG=language).out


@pytest.mark.parametrize("language", ["en", "ru"])
def test_at_a_terminal_of_eighty_columns_no_address_and_no_sentence_is_broken(
    env: Mapping[str, str], company: Company, late: LinkId, language: str
) -> None:
    """The terminal itself goes on at its edge; a column of a table would put a part of an address in each line."""
    renamed = Bound(account=LONG, title=LONG, settings={"portal": DESK}, secrets={}, hook_key="k1")
    company.write(lambda tx: links.save(tx, company.vault, renamed, kind="bitrix24", previous=late))
    broken = CrmArrival(
        provider_id="e-1", event=None, raw=b"{", problem="an event of a line that is none of ours: 1077"
    )
    company.write(lambda tx: crm_intake.keep(tx, late, [broken]))
    for words in (["list"], ["show"], ["deadletter", "list"]):
        said = at_a_terminal(env, "crm", *words, CHATAPP_LANG=language)
        assert LONG in said
        assert "…" not in said
    assert str(broken.problem) in said
