"""A person at a shell who puts this desk's robots into a portal, looks at them, and takes them out again."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.events import RobotAsked
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.journal.links import RobotsChanged
from chatapp_cli.services import journal, robots
from tests.commands.conftest import Shell
from tests.commands.crm_office import Office

SEND = {"robot": "send_message", "title": "Send a message", "code": None, "detail": None}


@pytest.mark.req("S-170", part="robots are installed from the command line")
def test_robots_are_installed_renewed_looked_at_and_removed(
    chatapp: Shell, company: Company, office: Office, installed: LinkId
) -> None:
    there, title = office.portal.server.office.robots, office.portal.domain
    before = chatapp.run("crm", "robots", "list", "--json")
    assert (before.code, before.json[0]) == (1, {**SEND, "presence": "missing"})
    said = chatapp("crm", "robots", "install")
    assert said.err == f"{title} has all 11 robots.\n"
    assert len(there) == 11
    assert {one["HANDLER"].rpartition("/")[2] for one in there.values()} == {"robot"}
    assert chatapp("crm", "robots", "list", "--json").json[0] == {**SEND, "presence": "there"}
    del there["chatapp_end_group"]
    listed = chatapp.run("crm", "robots", "list")
    assert listed.code == 1
    assert [line.split()[-2:] for line in listed.out.splitlines() if "end_group" in line] == [["not", "installed"]]
    found = chatapp.run("doctor", "crm", "--json").json
    (robots,) = [one for one in found if one["name"].endswith("robots")]
    assert (robots["what"], robots["next_step"]) == (
        f"{title}: Bitrix24 lacks robots of ours: end_group.",
        "Install them anew: chatapp crm robots install 1",
    )
    assert len(chatapp("crm", "robots", "install", installed, "--json").json) == 11
    assert chatapp("crm", "robots", "remove").err == f"{title} has no robots of this desk any more.\n"
    assert there == {}
    events = [one.event for one in company.read(lambda tx: journal.after(tx, 0))]
    assert [one.installed for one in events if isinstance(one, RobotsChanged)] == [11, 11, 0]

    refused_ones_say_why(chatapp, office)


def refused_ones_say_why(chatapp: Shell, office: Office) -> None:
    """Each reason stands once, behind the robots that it concerns."""
    office.portal.server.office.application_host = "elsewhere.test"
    said = chatapp.run("crm", "robots", "install")
    assert said.code == 1
    assert said.err.startswith("send_message, send_file, send_document,")
    assert said.err.count("Bitrix24 takes robots only at the address of the local application") == 1
    assert "Enter the present public address" in said.err
    office.portal.misbehaviour.missing_scopes = {"bizproc"}
    said = chatapp.run("crm", "robots", "install")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("The application may not add robots to the CRM; everything else works.")
    assert "Tick bizproc in the local application" in said.err


def test_what_a_portal_is_to_be_told_of_a_robot_names_its_run_and_its_card(
    chatapp: Shell, company: Company, installed: LinkId
) -> None:
    until = company.world.clock.now() + 600_000
    asked = RobotAsked(remote="w1", robot="set_tags", arguments={}, card=CardRef("deal", "17"), until=until)
    company.write(lambda tx: robots.expect(tx, installed, asked))
    (row,) = chatapp("crm", "outbox", "list").rows
    assert (row[3], row[6]) == ("what a robot returned", "Tags of the dialog, run 1, deal:17")
    shown = chatapp("crm", "outbox", "show", row[0]).rows
    assert [one for one in shown if one[0] in {"Robot", "Run", "Card"}] == [
        ["Robot", "Tags of the dialog"], ["Run", "1"], ["Card", "deal:17"],
    ]  # fmt: skip
    told = chatapp("crm", "outbox", "show", row[0], "--json").json
    assert (told["run"], told["robot"], told["card"]) == (1, "set_tags", "deal:17")
