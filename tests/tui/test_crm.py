"""The page of CRMs: links, pairings, and what the portals are still to be told."""

from __future__ import annotations

from functools import partial

import pytest
from textual.widgets import Button

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.journal.links import CatchUpAsked, LinkResumed
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.services import crm_intake, journal, ledger, links, options, pairings
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.crm import CrmScreen
from chatapp_cli.tui.screens.linking import LinkingScreen, PairingScreen
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.key_hints import fitted, hints
from chatapp_cli.tui.widgets.link_words import LinkWords
from tests.tui import portals
from tests.tui.conftest import GOOD, SMALL, Opener, Window
from tests.tui.stage import Stage

BOTH = pytest.mark.parametrize("size", [SMALL, GOOD])


def linked(company: Company) -> list[LinkRow]:
    return company.read(links.everything)


def paired(company: Company) -> list[PairingRow]:
    return [row for row in company.read(pairings.everything) if row.active]


async def to_the_page(it: Window) -> None:
    await it.press("ctrl+k")
    await it.until(lambda: isinstance(it.app.screen, CrmScreen))


@BOTH
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("A CRM shows the conversations of", "Press a to link one")),
        ("ru", ("В CRM видны переписки", "Нажмите a")),
    ],
)
async def test_without_a_link_the_page_says_what_a_crm_is_for(
    window: Opener, size: tuple[int, int], language: str, words: tuple[str, str]
) -> None:
    i18n.use(language)
    async with window(size) as it:
        await to_the_page(it)
        await it.until(lambda: all(word in " ".join(it.text().replace("│", " ").split()) for word in words))


@BOTH
@pytest.mark.parametrize(
    ("language", "works", "unpaid", "refused"),
    [("en", "works", "not paid", "State: refused"), ("ru", "работает", "не оплач", "Состояние: отклонено")],
)
async def test_links_pairings_and_entries_are_told_in_words(
    window: Opener, stage: Stage, size: tuple[int, int], language: str, works: str, unpaid: str, refused: str
) -> None:
    portals.furnish(stage)
    i18n.use(language)
    async with window(size) as it:
        await to_the_page(it)
        await it.sees(
            f"● {portals.HOME}", f" · {works}", f"● {portals.TRADE}", f" · {unpaid}", "⇄ TG bot @teply_dom_bot  Продажи"
        )
        await it.sees("✗ Анна Кузнецова  И ещё", "◷ Анна Кузнецова  Жду счёт")
        await it.press("down", "down", "down")
        await it.sees(refused, "ERROR_CONNECTOR_NOT_ACTIVE", "→ ")


async def test_the_page_follows_what_happens_to_a_link(window: Opener, stage: Stage, company: Company) -> None:
    portals.linked(stage, portals.HOME)
    async with window() as it:
        await to_the_page(it)
        await it.sees(f"● {portals.HOME}", "Bitrix24 · works")
        (link,) = linked(company)
        company.write(partial(links.set_state, link=link.id, state=LinkState.AUTH_LOST, code="grant_refused"))
        await it.sees(
            f"● {portals.HOME}", "Bitrix24 · no access", "Bitrix24 gives no more tokens", "Press r to try it now."
        )
        company.write(partial(links.set_state, link=link.id, state=LinkState.OK))
        stage.clock.at += 60_000
        company.write(partial(links.open_gap, link=link.id))
        company.write(partial(links.resume, link=link.id))
        await it.sees("Being looked for: ")


async def test_a_refused_entry_is_told_again_and_given_up_by_keys(
    window: Opener, stage: Stage, company: Company
) -> None:
    portals.furnish(stage)
    refused = company.read(ledger.everything)[0]
    async with window() as it:
        await to_the_page(it)
        await it.sees("✗ Анна")
        await it.press("s")
        await it.until(lambda: any("entries" in note.message for note in it.app._notifications))
        await it.press("down", "down", "down")
        await it.sees("Press s to tell it again, d to give it up.")
        await it.press("s")
        await it.until(lambda: company.read(partial(ledger.one, entry=refused.id)).state == "waiting")
        await it.sees_no("✗ Анна")
        await it.press("d")
        await it.sees("Give it up?", "The CRM will never show it.")
        await it.press("n")
        assert len(company.read(ledger.everything)) == 2
        await it.press("d", "y")
        await it.until(lambda: len(company.read(ledger.everything)) == 1)


async def test_the_bar_shows_the_keys_of_what_is_chosen(window: Opener, stage: Stage) -> None:
    portals.furnish(stage)
    async with window() as it:
        await to_the_page(it)
        await it.sees("n link again", "c check", "r try now", "m catch up", "x remove")
        await it.sees_no("options")
        await it.press("j")
        await it.sees("Enter options", "c check", "u end", "f mend the place")
        await it.sees_no("link again")
        await it.press("k")
        await it.sees("n link again")
        await it.press("n")
        await it.until(lambda: isinstance(it.app.screen, LinkingScreen))


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_small_window_shows_every_key_of_a_link_on_two_lines_with_the_way_out_and_the_help(
    window: Opener, stage: Stage, language: str
) -> None:
    portals.furnish(stage)
    i18n.use(language)
    words = ("p rules", "x remove", "Esc back", "? help")
    async with window(SMALL) as it:
        await to_the_page(it)
        await it.sees(*(words if language == "en" else ("p правила", "x удалить", "Esc назад", "? справка")))


@pytest.mark.parametrize("width", [30, 50, 79])
def test_the_way_out_and_the_help_stay_in_the_bar_whatever_is_left_out(width: int) -> None:
    (line,) = fitted(hints(("crm", "app"), typing=False, without=()), width, 1)
    assert [hint.key for hint in line][-2:] == [" Esc", " ?"]
    assert sum(hint.width for hint in line) <= width


async def test_nothing_is_said_of_channels_before_they_were_read(window: Opener) -> None:
    async with window() as it:
        bar = it.app.screen.query_one(StatusBar)
        await it.until(lambda: bar.lines()[0][0])
        bar.overview = None
        assert bar.lines()[0][0] == []
        bar.tell(Overview())
        assert "No channel is bound yet" in bar.lines()[0][0][0][0]


async def test_links_that_differ_in_their_ends_alone_are_told_apart_in_a_small_window(
    window: Opener, stage: Stage
) -> None:
    for port in (41873, 41874):
        portals.linked(stage, f"the-portal-of-a-company.example.test:{port}")
    async with window(SMALL) as it:
        await to_the_page(it)
        await it.sees("CRMs", "41873  ", "41874  ", "Bitrix24 · works", "Press b to pair a channel with it.")


async def test_the_page_of_a_paired_link_speaks_of_another_channel(window: Opener, stage: Stage) -> None:
    portals.furnish(stage)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Press b to pair another channel with it.")


def test_findings_follow_each_other_and_an_address_has_a_line_of_its_own(company: Company, stage: Stage) -> None:
    portals.furnish(stage)
    (home, *_others), words = linked(company), LinkWords(Appearance(stage.clock, "dark"))
    found = [
        Finding(name="receive", ok=True, what=T("One.")),
        Finding(name="send", ok=False, what=T("Two."), next_step=T("Three.")),
        Finding(name="clock", ok=True, what=T("Four.")),
    ]
    assert "\n\n✓ One.\n✗ Two.\n→ Three.\n✓ Four.\n\nPress" in words.about_link(home, found, paired=True).plain
    row = paired(company)[0]._replace(makes="deal", pipeline="Общая")
    told = words.about_pairing(row, home, "https://desk.example/hooks/k").plain
    assert "New clients become: deals in the pipeline Общая\n" in told
    assert "Webhook:\nhttps://desk.example/hooks/k\n" in told


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_the_letter_can_be_read_to_its_last_line_and_says_how_to_get_the_icon(
    window: Opener, company: Company, size: tuple[int, int]
) -> None:
    company.write(partial(options.configure_company, changes={"public_url": "https://desk.example.ru"}))
    bound = Bound(account="hvoya.amocrm.ru", title="hvoya.amocrm.ru", hook_key="key of amo")
    link = company.write(lambda tx: links.save(tx, company.vault, bound, kind="amocrm"))
    async with window(size) as it:
        await to_the_page(it)
        await it.sees("hvoya.amocrm.ru")
        await it.press("w")
        await it.sees("The letter is copied.", "chatapp crm amo channel request", f"--link {link} --icon", "PgUp PgDn")
        await it.sees_no("</svg>")
        await it.press("end")
        await it.sees("</svg>")


@BOTH
async def test_the_options_of_a_pairing_are_a_form(
    window: Opener, stage: Stage, company: Company, size: tuple[int, int]
) -> None:
    portals.furnish(stage)
    async with window(size) as it:
        await to_the_page(it)
        await it.press("down")
        await it.sees("Show what robots", "no")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PairingScreen) and it.app.screen.query("FormView"))
        await it.sees("Options · TG bot @teply_dom_bot · Продажи")
        form = it.app.screen.query_one("FormView")
        assert form.typed()["show_robots"] == "off"
        it.app.screen.query("Checkbox")[1].value = True
        it.app.screen.query("Checkbox")[0].value = False
        assert str(it.app.screen.query_one("#continue", Button).label) == "Save"
        await it.sees("F8 continue")
        await it.press("f8")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))
        wanted = {"show_desk": "off", "show_robots": "on"}
        await it.until(lambda: {**paired(company)[0].options}.items() >= wanted.items())
        await it.press("down", "enter")
        await it.until(lambda: isinstance(it.app.screen, PairingScreen))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))


async def test_a_pairing_and_a_link_end_after_a_question(window: Opener, stage: Stage, company: Company) -> None:
    portals.furnish(stage)
    async with window() as it:
        await to_the_page(it)
        await it.press("down", "u")
        await it.sees("End the pairing of @teply_dom_bot with Продажи?")
        await it.press("y")
        await it.until(lambda: len(paired(company)) == 2)
        await it.press("home", "x")
        await it.sees(f"Remove the link to {portals.HOME}?", "Dialogs and messages stay.")
        await it.press("n", "x", "y")
        await it.until(lambda: [row.title for row in linked(company)] == [portals.TRADE])
        await it.sees_no("● " + portals.HOME)


async def test_a_link_that_still_owes_the_crm_something_ends_only_after_another_question(
    window: Opener, stage: Stage, company: Company
) -> None:
    portals.furnish(stage)
    async with window() as it:
        await to_the_page(it)
        await it.sees(portals.HOME)
        await it.press("home", "x", "y")
        await it.sees(f"{portals.HOME} still has to be told 1 things.", "The CRM will never be told them.")
        await it.press("n")
        assert [row.title for row in linked(company)] == [portals.HOME, portals.TRADE]
        await it.press("x", "y")
        await it.sees("still has to be told")
        await it.press("y")
        await it.until(lambda: [row.title for row in linked(company)] == [portals.TRADE])


async def test_trying_again_and_catching_up_are_told_to_the_daemon(
    window: Opener, stage: Stage, company: Company
) -> None:
    portals.linked(stage, portals.HOME)
    async with window() as it:
        await to_the_page(it)
        await it.sees("works")
        await it.press("r", "m")

        def told() -> list[type]:
            return [type(entry.event) for entry in company.read(partial(journal.after, number=0, n=5000))]

        await it.until(lambda: {LinkResumed, CatchUpAsked} <= {*told()})


async def test_without_a_public_address_only_a_webhook_is_offered(window: Opener, company: Company) -> None:
    async with window() as it:
        await to_the_page(it)
        await it.press("a")
        await it.sees("Which CRM?")
        await it.press("down", "enter")
        await it.sees("The public address of this desk is not known, so that only a", "By a webhook alone (lite)")
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))
        assert linked(company) == []


async def test_the_letter_to_the_support_is_shown_and_copied_where_a_crm_needs_one(
    window: Opener, stage: Stage, company: Company
) -> None:
    portals.linked(stage, portals.HOME)
    bound = Bound(account="hvoya.amocrm.ru", title="hvoya.amocrm.ru", hook_key="key of the account")
    company.write(lambda tx: links.save(tx, company.vault, bound, kind="amocrm"))
    company.write(lambda tx: options.configure_company(tx, {"public_url": "https://desk.example.ru"}))
    async with window() as it:
        await to_the_page(it)
        await it.sees("n link again")
        await it.sees_no("w letter")
        await it.press("w")
        await it.until(lambda: any("needs no letter" in note.message for note in it.app._notifications))
        await it.press("down")
        await it.sees("w letter")
        await it.press("w")
        await it.sees("registration of a chat channel", "The letter is copied.", "Attach the icon.")
        assert "Webhook: https://desk.example.ru/hooks/key of the account/chat/:scope_id" in it.app.clipboard
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))


async def test_what_a_crm_told_and_could_not_be_used_yet_is_told_beside_its_link(
    window: Opener, company: Company, stage: Stage
) -> None:
    portals.furnish(stage)
    home = linked(company)[0]
    event = CrmWrote(kind="api", place="107", chat="chat-9", remote="900", text="Ау")
    company.write(lambda tx: crm_intake.keep(tx, home.id, [CrmArrival(provider_id="add:900", event=event)]))
    (row,) = company.read(lambda tx: crm_intake.waiting(tx, home.id))
    why = T("Chat {chat} is not known.", chat="chat-9")
    company.write(partial(crm_intake.put_off, row=row, event=event, problem=why, seconds=3600))
    async with window() as it:
        await to_the_page(it)
        await it.sees("Put off: 1 event", "message of an employee", "Chat chat-9", "Next try:")
    company.write(lambda tx: links.begin_removal(tx, home, force=True))
    async with window() as it:
        await to_the_page(it)
        await it.sees("is being removed")
