"""A person at a shell who pairs a channel with an open line whose settings make trouble."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.domain.journal.links import PlaceMended
from chatapp_cli.services import journal, pairings
from tests.commands.conftest import Shell
from tests.commands.crm_office import PATIENCE, Office
from tests.commands.process import PROGRAM


def settings_of(office: Office, line: int) -> dict[str, Any]:
    return dict(office.portal.lines[line].settings)


def test_attaching_shows_the_settings_of_the_line_that_make_trouble_and_changes_them_only_if_told_to(
    chatapp: Shell, company: Company, office: Office, installed: LinkId, bound: ChannelId
) -> None:
    line = office.portal.add_line("Опт", CRM_CREATE="deal", CRM_CREATE_SECOND="9", CRM_CREATE_THIRD="N")
    before = settings_of(office, line)
    shown = chatapp("crm", "attach", bound, "Опт")
    where, trouble = shown.err.splitlines()[:2]
    assert where == "Опт: new clients become deals in the pipeline 9."
    assert trouble.startswith("Опт: The open line makes a new deal for every conversation")
    assert f"Have this set: chatapp crm places 1 --mend {line}\n" in shown.err
    assert shown.err.endswith("is paired with Опт.\n")
    assert settings_of(office, line) == before
    mended = chatapp("crm", "attach", bound, "Опт", "--mend")
    assert "Опт: CRM_CREATE_THIRD=Y is set now.\n" in mended.err
    assert settings_of(office, line) == {**before, "CRM_CREATE_THIRD": "Y"}
    events = company.read(lambda tx: journal.after(tx, 0))
    assert [one.event for one in events if isinstance(one.event, PlaceMended)] == [
        PlaceMended(link=installed, place="Опт", settings="CRM_CREATE_THIRD=Y")
    ]


def test_a_line_is_mended_by_its_number_or_name_and_what_only_a_person_can_decide_is_left(
    chatapp: Shell, office: Office, installed: LinkId
) -> None:
    line = office.portal.add_line("Опт", CRM="N", CRM_FORWARD="N", QUEUE=[])
    before = settings_of(office, line)
    assert f"Have this set: chatapp crm places 1 --mend {line}\n" in chatapp("crm", "places").err
    told = chatapp("crm", "places", "--mend", line)
    assert "Опт: CRM=Y, CRM_FORWARD=Y is set now.\n" in told.err
    assert settings_of(office, line) == {**before, "CRM": "Y", "CRM_FORWARD": "Y"}
    again = chatapp("crm", "places", "--mend", "Опт")
    assert again.err.endswith("Опт: there is nothing that can be set from here.\n")
    assert again.err.startswith("Опт: Nobody is in the queue of the open line.")
    unknown = chatapp.run("crm", "places", "--mend", "Нет такой")
    nowhere = f"There is no place Нет такой in {office.portal.domain}."
    assert (unknown.code, unknown.err.splitlines()[0]) == (1, nowhere)


@pytest.mark.parametrize(("key", "value"), [("y", "Y"), ("да", "Y"), ("n", "N"), ("", "N")])
def test_at_a_terminal_a_person_is_asked_before_anything_is_changed(
    company: Company,
    office: Office,
    installed: LinkId,
    bound: ChannelId,
    env: Mapping[str, str],
    key: str,
    value: str,
) -> None:
    line = office.portal.add_line("Опт", CRM_CREATE="deal", CRM_CREATE_THIRD="N")
    ours, theirs = os.openpty()
    os.write(ours, f"{key}\n".encode())
    done = subprocess.run(
        [*PROGRAM, "crm", "attach", str(bound), "Опт"],
        env={**os.environ, **env},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
        timeout=PATIENCE,
    )
    said = os.read(ours, 1 << 16).decode()
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, said
    assert "Set CRM_CREATE_THIRD=Y in Опт? [no]: " in said
    assert settings_of(office, line)["CRM_CREATE_THIRD"] == value
    assert [row.place for row in company.read(pairings.everything)] == [str(line)]
