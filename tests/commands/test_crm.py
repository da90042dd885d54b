"""A person at a shell who links a CRM, with a portal and a daemon that are other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.events import CrmArrival, CrmConversation
from chatapp_cli.domain.crm.link import Employee, Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_intake, duties, employees, ledger, links, operators, pairings
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import Shell
from tests.commands.crm_office import DESK, FIRM, Office, eventually

KEYS = ("--set", "client_id=local.5", "--set", "client_secret=тайна")


@pytest.fixture
def kept(company: Company) -> LinkId:
    """A link in the store of which nobody takes care."""
    settings = {"portal": DESK, "client_id": "local.5", "auth_server": DESK}
    firm = Bound(account=FIRM, title=FIRM, settings=settings, secrets={"client_secret": "тайна"}, hook_key="k1")
    return company.write(lambda tx: links.save(tx, company.vault, firm, kind="bitrix24"))


@pytest.fixture
def paired(company: Company, kept: LinkId, bound: ChannelId) -> LinkId:
    """The same with the shop's channel in an open line."""
    place = Place(id="107", name="Продажи")
    company.write(
        lambda tx: pairings.attach(tx, manifest("bitrix24"), kept, channels.one(tx, bound), place, {"show_api": "off"})
    )
    return kept


Write = Callable[..., None]


@pytest.fixture
def client_writes(company: Company, bound: ChannelId) -> Write:
    """A client writes now, which is after the pairing."""
    numbers = count(1)

    def write(text: str, *, name: str = "Анна") -> None:
        ext_id, key = f"in-{next(numbers)}", f"client-{name}"
        event = MessageArrived(
            peer=Peer(key=key, address=key, title=name),
            ext_id=ext_id,
            at=company.world.clock.now(),
            text=text,
            sender=Profile(id=key, name=name),
        )
        batch = Batch(arrivals=(Arrival(provider_id=ext_id, raw=b"{}", events=(event,)),))
        company.write(lambda tx: ingest(tx, bound, batch))

    return write


def refused(company: Company, link: LinkId) -> None:
    """The portal refuses everything that waits."""
    for row in company.write(lambda tx: ledger.claim(tx, link, 9)):
        company.write(lambda tx, row=row: (ledger.begin(tx, [row]), ledger.die(tx, row, "refused", "25 букв")))  # type: ignore[misc]


# A portal that answers


@pytest.mark.req("S-016", part="CRMs on the command line")
def test_a_portal_is_linked_without_a_terminal_and_a_channel_is_paired_with_its_open_line(
    chatapp: Shell, company: Company, office: Office, installed: LinkId, bound: ChannelId
) -> None:
    listed = chatapp("crm", "list")
    assert listed.rows == [[str(installed), office.portal.domain, "Bitrix24", "works", "0", "0", "", "0", "0", ""]]
    assert chatapp("crm", "places").rows == [
        ["107", "Продажи", "on", "deals in the pipeline Общая"],
        ["109", "Поддержка", "on", "deals in the pipeline Общая"],
    ]
    made = chatapp("crm", "attach", bound, "Продажи", "--set", "show_api=off")
    where = "Продажи: new clients become deals in the pipeline Общая.\n"
    assert made.err == f"{where}Ёлочный базар is paired with Продажи.\n"
    assert chatapp("crm", "show").rows[-1][1:] == [
        "Магазин", "Ёлочный базар", "Продажи (107)", "deals in the pipeline Общая", "paired", "show_api=off",
    ]  # fmt: skip
    eventually(lambda: office.portal.active == {("chatapp_api", 107)})
    chatapp("crm", "detach", bound)
    eventually(lambda: office.portal.active == set())


def test_a_pairing_shows_where_new_deals_go_as_the_portal_told_it_last(
    chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "attach", bound, "107")
    for kind, words in (("deal", "deals in the pipeline Общая"), ("lead", "leads")):
        office.portal.lines[107].settings["CRM_CREATE"] = kind
        chatapp("crm", "places")
        assert chatapp("crm", "show").rows[-1][4] == words
    (shown,) = chatapp("crm", "show", "--json").json["pairings"]
    assert (shown["makes"], shown["pipeline"]) == ("lead", None)


def test_a_place_that_makes_trouble_is_named_with_what_to_do(
    chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId
) -> None:
    number = office.portal.add_line("Возвраты", CRM_CREATE="deal", CRM_CREATE_THIRD="N", QUEUE=[])
    told = chatapp("crm", "places")
    assert "Возвраты: Nobody is in the queue of the open line.\n→ Add an employee to the queue" in told.err
    assert chatapp("crm", "places", "--json").json[-1] == {
        "id": str(number),
        "name": "Возвраты",
        "active": True,
        "warnings": ["deal_each_time", "queue_empty"],
        "mends": {"deal_each_time": "CRM_CREATE_THIRD=Y"},
        "makes": "deal",
        "pipeline": "Общая",
    }
    checked = chatapp.run("crm", "check")
    assert checked.code == 1
    assert ["ok", "clock", "Our clock and the portal's agree."] in checked.rows
    assert {one["name"] for one in chatapp.run("crm", "check", "--json").json if not one["ok"]} == {"lines"}
    unknown = chatapp.run("crm", "attach", bound, "Нет такой 😀")
    assert (unknown.code, unknown.err) == (
        1,
        f"There is no place Нет такой 😀 in {office.portal.domain}.\n→ See them with: chatapp crm places {installed}\n",
    )


def test_an_operator_becomes_an_employee_and_nobody_again(
    chatapp: Shell, company: Company, office: Office, installed: LinkId
) -> None:
    assert chatapp("crm", "employees").rows[1] == ["27", "Светлана Белова", "svetlana@firma.test", "", "nobody here"]
    said = chatapp("crm", "employees", "--operator", "Ольга", "--is", "27")
    assert said.err == "Ольга is Светлана Белова in the CRM.\n"
    assert chatapp("crm", "employees", "--json").json[1]["operator"] == "Ольга"
    unknown = chatapp.run("crm", "employees", "--operator", "Ольга", "--is", "99")
    assert (unknown.code, unknown.err.splitlines()[0]) == (1, f"There is no employee 99 in {office.portal.domain}.")
    chatapp("crm", "employees", "--operator", "Ольга", "--is", "0")
    assert company.read(lambda tx: employees.everything(tx, installed)) == []


def test_what_a_portal_that_is_away_still_has_to_be_told_is_listed_and_holds_the_link(
    chatapp: Shell, company: Company, office: Office, installed: LinkId, bound: ChannelId, client_writes: Write
) -> None:
    chatapp("crm", "attach", bound, "107")
    eventually(lambda: office.portal.active)
    office.do(office.portal.vanish())
    client_writes("Где ёлка?")
    eventually(lambda: chatapp.run("crm", "list").code == 3)
    (row,) = chatapp("crm", "outbox", "list").rows
    assert (row[1], row[2], row[3], row[-1]) == (office.portal.domain, "Анна", "new message", "Где ёлка?")
    kept = chatapp.run("crm", "unlink")
    assert (kept.code, kept.err.splitlines()[1]) == (1, "→ Wait until it is told, or use --force.")
    office.do(office.portal.come_back())
    chatapp("crm", "resume")
    chatapp("crm", "catchup")
    eventually(lambda: [message.text for message in office.portal.messages(1767)] == ["Где ёлка?"])
    eventually(lambda: chatapp.run("crm", "list").code == 0)
    eventually(lambda: chatapp("crm", "outbox", "list").err == "The CRMs have been told everything.\n")


def test_where_a_portal_makes_its_cards_itself_rules_and_trial_say_so(chatapp: Shell, paired: LinkId) -> None:
    itself = "Rules decide in open lines without the CRM (CRM=N). In the others Bitrix24 makes the cards by itself"
    for words, code in ((["list"], 0), (["test", "--source", "api"], 1)):
        said = chatapp.run("crm", "rules", *words)
        assert (said.code, itself in said.err) == (code, True)


@pytest.mark.req("S-188", part="deals of open lines without the CRM in Bitrix24")
def test_of_an_open_line_without_the_crm_the_rules_make_the_deal_in_its_pipeline_once(
    chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId, client_writes: Write
) -> None:
    office.portal.server.office.funnels |= {9: "Опт"}
    office.portal.lines[107].settings["CRM"] = "N"
    chatapp("crm", "attach", bound, "107", "--set", "show_api=off")
    chatapp("crm", "rules", "add", "Опт", "--word", "опт", "--pipeline", "Deals: Опт", "--responsible", "29")
    for text in ("Ёлки опт", "И сосны опт"):
        client_writes(text)
    eventually(lambda: len(office.portal.messages(1767)) == 2)
    deals = [card for card in office.portal.cards if card.kind == "deal"]
    assert [(deal.category, deal.responsible) for deal in deals] == [(9, 29)]


def test_of_such_a_portal_what_its_options_fill_is_shown_and_tried_on_a_dialog(
    chatapp: Shell, company: Company, paired: LinkId, bound: ChannelId, client_writes: Write
) -> None:
    changes = ("--set", "owner_sync=to_crm", "--set", "owner_lead=off")
    chatapp("crm", "configure", bound, *changes)
    shown = chatapp("crm", "fields")
    assert "Rules decide in open lines without the CRM" in shown.err
    assert {row[2]: row[-1] for row in shown.rows[-5:]} == {
        "owner_sync": "from the dialogs to the cards", "owner_deal": "yes", "owner_lead": "no",
        "owner_contact": "yes", "owner_company": "no",
    }  # fmt: skip
    listed = chatapp("crm", "fields", "--json").json
    assert listed["fields"] == []
    assert listed["options"][0] == {
        "channel": "Ёлочный базар", "place": "Продажи", "option": "owner_sync", "value": "to_crm",
        "label": "Synchronise who is responsible",
    }  # fmt: skip
    client_writes("Здравствуйте")
    company.write(lambda tx: employees.map_to(tx, paired, "Анна", Employee(id="27", name="Анна Ким")))
    company.write(lambda tx: duties.assign(tx, DialogId(1), "Анна"))
    said = chatapp("crm", "fields", "--dialog", 1)
    assert said.rows == [
        ["Responsible for the deal", "Анна Ким"],
        ["Responsible for the contact", "Анна Ким"],
    ]
    tried = chatapp("crm", "fields", "--dialog", 1, "--json").json["options"]
    assert [(one["option"], one["way"], one["changes"]) for one in tried] == [
        ("owner_deal", "to_crm", True), ("owner_contact", "to_crm", True),
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["resume", "catchup"])
def test_without_a_daemon_it_is_said_that_none_runs(chatapp: Shell, kept: LinkId, verb: str) -> None:
    assert "The daemon is not running; this runs when it starts: chatapp serve" in chatapp("crm", verb).err


def test_a_question_that_a_portal_does_not_answer_is_not_said_to_be_repeated(
    chatapp: Shell, office: Office, installed: LinkId
) -> None:
    office.do(office.portal.vanish())
    asked = chatapp.run("crm", "places")
    assert (asked.code, "Connection refused" in asked.err, "again automatically" in asked.err) == (3, True, False)


# Linking, and what cannot be linked


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["amo"], 1, "There is no kind of CRM amo.\n→ Known kinds: amocrm, bitrix24"),
        (["-"], 1, "There is no kind of CRM -."),
        (["😀"], 1, "There is no kind of CRM 😀."),
        (["--set", "portal=http://evil.example"], 2, "It has to begin with https://."),
        (["--set", "portal=😀"], 2, "An address like company.bitrix24.ru is needed."),
        (["--set", "portal=😀.ru"], 2, "An address like company.bitrix24.ru is needed."),
        (["--set", "portal=-"], 2, "An address like company.bitrix24.ru is needed."),
        (["--set", "portal=firma"], 2, "An address like company.bitrix24.ru is needed."),
        (["--set", "portal=https://anna:geheim@firma.bitrix24.ru"], 2, "An address like company.bitrix24.ru is needed"),
        (
            ["--set", f"portal={FIRM}", "--set", "frob=1"],
            2,
            "There is no field frob.\n→ Fields are: way, webhook, portal",
        ),
        (["--set", "portal"], 2, "portal is not an answer.\n→ Write it so: --set field=value"),
        (["--set", f"portal={FIRM}", "--set", "auth_server=http://oauth.example"], 2, "It has to begin with https://."),
        ([], 2, "Address of the portal (portal): An answer is needed."),
        (["--renew", "7"], 1, "No CRM is linked yet.\n→ Link one: chatapp crm link KIND"),
    ],
)
def test_what_is_no_portal_is_refused_with_what_to_do_and_nothing_is_kept(
    chatapp: Shell, company: Company, words: list[str], code: int, said: str
) -> None:
    chatapp("company", "configure", "--set", f"public_url={DESK}")
    kind = ["bitrix24"] if not words or words[0].startswith("--") else []
    target = chatapp.run("crm", "link", *kind, *words, *KEYS)
    assert (target.code, target.out) == (code, "")
    assert said in target.err
    assert "geheim" not in target.err
    assert company.read(links.everything) == []


@pytest.mark.parametrize(
    ("words", "why", "how"),
    [
        ([], "Address of the incoming webhook (webhook): An answer is needed.", "For an application, set the public"),
        (["--set", f"portal={FIRM}", *KEYS], "A CRM calls this desk from outside, and its public address", "Set it: "),
        (["--set", "way=application"], "A CRM calls this desk from outside, and its public address", "Set it: "),
    ],
)
def test_without_a_public_address_a_webhook_is_asked_for_and_an_application_refused(
    chatapp: Shell, words: list[str], why: str, how: str
) -> None:
    said = chatapp.run("crm", "link", "bitrix24", *words)
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert how in said.err
    assert "chatapp company configure --set public_url=https://desk.example.ru" in said.err


def test_answers_come_from_standard_input_and_a_portal_is_linked_once(chatapp: Shell, company: Company) -> None:
    chatapp("company", "configure", "--set", f"public_url={DESK}")
    answers = f'portal = "{FIRM}"\nclient_id = "local.5"\nclient_secret = "тайна"\n'
    link = chatapp("crm", "link", "bitrix24", "--answers", "-", stdin=answers).out.strip()
    again = chatapp.run("crm", "link", "bitrix24", "--answers", "-", stdin=answers)
    assert (again.code, again.out) == (1, "")
    assert again.err == f"{FIRM} is linked already.\n→ Renew that link: chatapp crm link --renew {link}\n"
    assert chatapp("crm", "link", "--renew", FIRM, "--answers", "-", stdin=answers).out.strip() == link
    amo = chatapp.run("crm", "link", "amocrm", "--renew", link)
    assert (amo.code, amo.err.splitlines()[0]) == (2, f"{FIRM} is a link to bitrix24.")
    other = chatapp.run("crm", "link", "--renew", link, "--set", "portal=other.bitrix24.ru", *KEYS)
    assert other.code == 2
    assert f"This link belongs to {FIRM}." in other.err
    assert len(company.read(links.everything)) == 1


def test_a_portal_that_has_not_installed_the_application_says_so_to_every_question(
    chatapp: Shell, paired: LinkId, bound: ChannelId
) -> None:
    for words in (["places"], ["employees"], ["attach", bound, "109"]):
        said = chatapp.run("crm", *words)
        assert (said.code, said.out) == (4, ""), words
        assert said.err.startswith("The local application is not installed in the portal yet"), words
        assert "→ Press «Переустановить» in the local application." in said.err


# States, and what a program reads


@pytest.mark.parametrize(
    ("state", "code", "exit_code", "word"),
    [
        (LinkState.OK, "", 0, "works"),
        (LinkState.LIMITED, "unreachable", 3, "waits"),
        (LinkState.AUTH_LOST, "grant_refused", 4, "no access"),
        (LinkState.PAYMENT, "payment", 4, "not paid"),
        (LinkState.SUSPENDED, "suspended", 4, "blocked there"),
    ],
)
def test_the_list_says_how_a_link_is_in_words_and_by_its_exit_code(
    chatapp: Shell, company: Company, kept: LinkId, state: LinkState, code: str, exit_code: int, word: str
) -> None:
    company.write(lambda tx: links.set_state(tx, kept, state, code))
    listed = chatapp.run("crm", "list")
    assert (listed.code, listed.rows[0][3]) == (exit_code, word)
    found = chatapp.run("crm", "list", "--json")
    assert (found.code, found.json[0]["state"], found.json[0]["code"]) == (exit_code, state, code)
    why = manifest("bitrix24").errors[code].what if code else None
    assert found.json[0]["why"] == (None if why is None else str(why))
    renew = f"chatapp crm link --renew {kept}"
    assert (renew in (found.json[0]["next_step"] or ""), renew in listed.err) == (state == LinkState.AUTH_LOST,) * 2
    *why_not, unserved = listed.err.splitlines()
    assert bool(why_not) == bool(code)
    assert unserved == "The daemon is not running: CRMs are told nothing. Start it: chatapp serve"


def test_a_gap_is_told_from_when_until_when(chatapp: Shell, company: Company, kept: LinkId) -> None:
    company.write(lambda tx: links.set_state(tx, kept, LinkState.OK))
    company.write(lambda tx: links.prove(tx, kept))
    company.write(lambda tx: links.open_gap(tx, kept))
    assert f"{FIRM}: what was written there from " in chatapp("crm", "list").err
    assert chatapp("crm", "show", "--json").json["gap_until"] is not None


def test_without_a_link_every_verb_says_how_to_make_one(chatapp: Shell, bound: ChannelId) -> None:
    for listed in (["list"], ["outbox", "list"]):
        assert chatapp("crm", *listed).err == "No CRM is linked yet. Link one: chatapp crm link KIND\n"
    verbs = (["show"], ["places"], ["check"], ["resume"], ["catchup"], ["unlink", "--force"], ["employees"])
    for words in (*verbs, ["attach", bound, "107"], ["configure", bound], ["detach", bound]):
        said = chatapp.run("crm", *words)
        assert (said.code, said.out) == (1, ""), words
        assert said.err == "No CRM is linked yet.\n→ Link one: chatapp crm link KIND\n", words


def test_among_several_links_one_has_to_be_named(chatapp: Shell, company: Company, kept: LinkId) -> None:
    second = Bound(account="south.test", title="south.test", hook_key="k2")
    company.write(lambda tx: links.save(tx, company.vault, second, kind="bitrix24"))
    asked = chatapp.run("crm", "show")
    named = f"1 ({FIRM}), 2 (south.test)"
    several = f"Several CRMs are linked.\n→ Say which one, by its number: {named}, such as: "
    assert (asked.code, asked.err) == (2, f"{several}chatapp crm show 2\n")
    assert chatapp.run("crm", "rules", "list").err == f"{several}--link 2\n"
    assert chatapp("crm", "show", "south.test").rows[0][1] == "south.test (bitrix24, 2)"
    for name in ("😀", "-", "'; DROP TABLE crm_link; --"):
        said = chatapp.run("crm", "show", "--", name)
        assert (said.code, said.err.splitlines()[0]) == (1, f"No CRM {name} is linked.")


def test_the_options_of_a_pairing_are_shown_in_words_and_changed_one_by_one(
    chatapp: Shell, company: Company, paired: LinkId, bound: ChannelId
) -> None:
    assert ["show_api (Show messages sent by other programs)", "off (no)"] in chatapp("crm", "configure", bound).rows
    owners = "off (no); one of off, from_crm, to_crm, both"
    assert ["owner_sync (Synchronise who is responsible)", owners] in chatapp("crm", "configure", bound).rows
    assert chatapp("crm", "configure", bound, "--json").json["options"]["show_api"] == "off"
    chatapp("crm", "configure", bound, "--set", "show_robots=нет", "--set", "show_api=")
    (row,) = company.read(lambda tx: pairings.of_link(tx, paired))
    assert dict(row.options) == {"show_robots": "off"}
    chatapp("crm", "configure", bound, "--set", "show_desk=on")
    assert chatapp("crm", "show").rows[-1][-1] == "show_robots=off"
    chatapp("crm", "configure", bound, "--set", "show_desk=")
    for change, what in (
        ("show_api=perhaps", "show_api cannot be perhaps.\n→ Choose one of: on, off\n"),
        ("groups=off", "There is no option groups here.\n→ Options: show_desk, show_robots,"),
        ("😀=on", "There is no option 😀 here."),
    ):
        said = chatapp.run("crm", "configure", bound, "--set", "show_desk=off", "--set", change)
        assert (said.code, said.out) == (2, "")
        assert what in said.err
    assert company.read(lambda tx: pairings.of_link(tx, paired)) == [row]


@pytest.mark.req("S-163", part="webhook, valid until")
def test_a_pairing_shows_the_address_that_the_crm_calls_and_until_when_its_line_works(
    chatapp: Shell, company: Company, paired: LinkId, bound: ChannelId
) -> None:
    chatapp("company", "configure", "--set", f"public_url={DESK}")
    rows = chatapp("crm", "configure", bound).rows
    key = company.read(lambda tx: links.one(tx, paired)).hook_key
    assert ["Webhook", f"{DESK}/hooks/{key}/event"] in rows
    assert ["The line works until", "without end"] in rows


@pytest.mark.usefixtures("paired")
def test_who_answers_on_one_side_and_is_nobody_on_the_other_is_named(
    chatapp: Shell, company: Company, bound: ChannelId, client_writes: Write
) -> None:
    chatapp("crm", "configure", bound, "--set", "owner_sync=both")
    client_writes("Здравствуйте")
    assert "is no operator here" not in chatapp("crm", "show").err
    company.write(lambda tx: tx.run("chats.keep", pairing=1, chat="chat-1", dialog=1, remote="5", session=""))
    company.write(lambda tx: tx.run("owners.told", pairing=1, chat="chat-1", owner="29", now=1))
    company.write(lambda tx: duties.assign(tx, DialogId(1), "олег"))
    said = chatapp("crm", "show").err
    assert f"Employee 29 of {FIRM} is no operator here: dialogs of their cards stay as they are.\n" in said
    assert "→ Say who they are: chatapp crm users map 29 OPERATOR --link 1\n" in said
    assert "→ Say who they are: chatapp crm users map EMPLOYEE 'олег' --link 1\n" in said
    assert f"олег answers dialogs and is no employee of {FIRM}: it is not told of them.\n" in said


def test_a_pairing_ends_once(chatapp: Shell, paired: LinkId, bound: ChannelId) -> None:
    assert chatapp("crm", "detach", bound).err == "Ёлочный базар is no longer paired with Продажи.\n"
    assert chatapp.run("crm", "detach", bound).err == (
        f"Ёлочный базар is not paired with {FIRM}.\n→ Pair it: chatapp crm attach CHANNEL PLACE --link {paired}\n"
    )
    assert chatapp("crm", "show", "--json").json["pairings"][0]["active"] is False


# What is owed, and what could not be used


def test_a_refused_entry_is_shown_told_again_and_given_up(
    chatapp: Shell, company: Company, paired: LinkId, client_writes: Write
) -> None:
    client_writes("раз")
    client_writes("два", name="Борис")
    refused(company, paired)
    (first, second) = chatapp("crm", "outbox", "list", "--json").json
    assert [(one["state"], one["code"], one["text"]) for one in (first, second)] == [
        ("dead", "refused", "раз"),
        ("dead", "refused", "два"),
    ]
    assert chatapp("crm", "outbox", "list").rows[0][4] == "refused: Bitrix24 refused the request"
    shown = chatapp("crm", "outbox", "show", first["id"])
    assert ["What", "new message"] in shown.rows
    assert "Bitrix24 refused the request. (25 букв)\n" in shown.err
    assert chatapp.run("crm", "list").rows[0][2:] == ["Bitrix24", "waits", "1", "0", "", "2", "0", ""]
    chatapp("crm", "outbox", "retry", first["id"])
    waits = chatapp.run("crm", "outbox", "retry", first["id"])
    assert (waits.code, waits.err) == (1, f"Entry {first['id']} waits to be told anyway.\n")
    assert chatapp.run("crm", "outbox", "retry").code == 2
    assert chatapp.run("crm", "outbox", "retry", "--all", "nowhere").code == 1
    told_again = [chatapp("crm", "outbox", "retry", "--all", *link).err for link in ((FIRM,), ())]
    assert told_again == ["Told again: 1.\n", "Told again: 0.\n"]
    chatapp("crm", "outbox", "drop", second["id"])
    assert [row[0] for row in chatapp("crm", "outbox", "list").rows] == [str(first["id"])]
    gone = chatapp.run("crm", "outbox", "show", second["id"])
    assert (gone.code, gone.err.splitlines()[1]) == (1, "→ See what waits: chatapp crm outbox list")
    for word in ("-", "😀", "1.5"):
        assert chatapp.run("crm", "outbox", "drop", "--", word).code == 2


def test_events_that_could_not_be_used_are_listed_tried_again_and_forgotten(
    chatapp: Shell, company: Company, kept: LinkId
) -> None:
    broken = CrmArrival(provider_id="e-1", event=None, raw=b"{", problem="no such chat")
    company.write(lambda tx: crm_intake.keep(tx, kept, [broken]))
    (letter,) = chatapp("crm", "deadletter", "list", "--json").json
    assert (letter["event"], letter["problem"]) == ("e-1", "It could not be understood: no such chat")
    assert chatapp("crm", "deadletter", "list").rows[0][2:] == [FIRM, letter["problem"]]
    again = chatapp.run("crm", "deadletter", "retry", letter["id"])
    why, step = again.err.splitlines()
    beginning = f"Dead letter {letter['id']} cannot be tried again. It could not be understood: Expecting property name"
    assert (again.code, why.startswith(beginning)) == (1, True)
    assert step == f"→ Forget it: chatapp crm deadletter forget {letter['id']}"
    chatapp("crm", "deadletter", "forget", letter["id"])
    said = CrmConversation(kind="max", place="107", chat="chat-1", session="7")
    company.write(lambda tx: crm_intake.keep(tx, kept, [CrmArrival(provider_id="e-3", event=said)]))
    [row] = company.read(lambda tx: crm_intake.waiting(tx, kept))
    company.write(lambda tx: crm_intake.die(tx, row, T("It is not paired.")))
    chatapp("crm", "deadletter", "retry", row.id)
    assert chatapp("crm", "deadletter", "list").err == "There are no dead letters.\n"
    company.write(lambda tx: crm_intake.keep(tx, kept, [CrmArrival(provider_id="e-2", event=None, raw=b"[")]))
    (letter,) = chatapp("crm", "deadletter", "list", "--json").json
    chatapp("crm", "deadletter", "forget", letter["id"])
    gone = chatapp.run("crm", "deadletter", "forget", letter["id"])
    assert (gone.code, gone.err.splitlines()[1]) == (1, "→ See them with: chatapp crm deadletter list")


def test_a_link_that_owes_something_goes_only_by_force(
    chatapp: Shell, company: Company, paired: LinkId, client_writes: Write
) -> None:
    client_writes("раз")
    assert chatapp.run("crm", "unlink").err == (
        f"{FIRM} still has to be told 1 things.\n→ Wait until it is told, or use --force.\n"
    )
    assert (
        chatapp("crm", "unlink", "--force").err == f"{FIRM} is not linked any more. Remove the application there too.\n"
    )
    assert company.read(ledger.everything) == []
    assert json.loads(chatapp("dialog", "list", "--json").out) != []


def test_half_an_answer_about_an_employee_is_refused(chatapp: Shell, kept: LinkId) -> None:
    for words in (["--operator", "Ольга"], ["--is", "27"]):
        said = chatapp.run("crm", "employees", *words)
        assert (said.code, said.err) == (
            2,
            "Both the operator and the employee are needed.\n→ Write it so: --operator NAME --is NUMBER\n",
        )


@pytest.mark.req("S-016", part="CRMs on the command line")
def test_an_operator_without_the_right_changes_nothing(
    chatapp: Shell, company: Company, paired: LinkId, bound: ChannelId
) -> None:
    company.write(lambda tx: operators.add(tx, "Пётр", "scrypt", ()))
    token = company.world.chance.key()
    company.write(lambda tx: operators.open_session(tx, "Пётр", token))
    for words in (
        ["link", "bitrix24", "--set", f"portal={FIRM}", *KEYS],
        ["attach", bound, "107"],
        ["configure", bound, "--set", "show_api=on"],
        ["detach", bound],
        ["unlink", "--force"],
        ["employees", "--operator", "Пётр", "--is", "0"],
    ):
        said = chatapp.run("crm", *words, CHATAPP_TOKEN=token)
        assert (said.code, said.out) == (1, ""), words
        assert said.err.startswith("Пётр may not link a CRM, and pair channels with it.\n"), (words, said)
    (row,) = company.read(lambda tx: pairings.of_link(tx, paired))
    assert dict(row.options) == {"show_api": "off"}
