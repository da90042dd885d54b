"""Alarms at a shell: who is told, what is open, and a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.lease import holding
from chatapp_cli.services import alarms
from tests.commands.conftest import Program, Shell, Write


def test_open_alarms_are_listed_with_what_is_wrong_since_when_and_whether_people_were_told(
    chatapp: Shell, company: Company
) -> None:
    assert chatapp("alarm", "list").err == "There are no alarms.\n"
    company.write(lambda tx: alarms.raise_(tx, "disk", "", T("The disk is almost full: {n} MB", n=12)))
    (row,) = chatapp("alarm", "list").rows[-1:]
    step = "Make room on the disk: once it is full, nothing can be stored."
    assert row[1:] == ["disk", "The disk is almost full: 12 MB", step, "–"]
    (listed,) = chatapp("alarm", "list", "--json").json
    assert (listed["kind"], listed["told_at"], listed["what"]) == ("disk", None, "The disk is almost full: 12 MB")
    assert listed["next_step"] == step
    wrong = chatapp.run("doctor")
    assert "The disk is almost full: 12 MB" in wrong.out
    assert step in wrong.err


def test_each_kind_of_alarm_leads_to_what_ends_it(chatapp: Shell, company: Company) -> None:
    links = {"4 auth_lost": "crm show 4", "4 refused": "crm outbox list", "4 ends 3 17": "crm link --renew 4",
             "4 rule 9": "crm rules list --link 4"}  # fmt: skip
    refs = {"automation": "rule 1", "channel": "7", "follower": "hook"}
    for kind in AlarmKind:
        for ref in links if kind == AlarmKind.CRM else [refs.get(kind, "")]:
            company.write(lambda tx, kind=kind, ref=ref: alarms.raise_(tx, kind, ref, T("It broke.")))
    found = {(one["kind"], one["ref"]): one["next_step"] for one in chatapp("alarm", "list", "--json").json}
    assert all(found.values())
    for ref, command in links.items():
        assert f"chatapp {command}" in found["crm", ref]
    assert "chatapp line check 7" in found["channel", "7"]
    assert "chatapp gc --forget hook" in found["follower", "hook"]


def test_a_trial_says_for_everybody_who_is_told_whether_that_works(chatapp: Shell, tmp_path: Path) -> None:
    chatapp("line", "add", "Sales")
    nobody = chatapp.run("alarm", "test")
    assert nobody.code == 1
    assert nobody.err.startswith("Nobody is told of alarms.")
    told = tmp_path / "told"
    command = f"sh -c 'cat > {told}'"
    assert "The command was told" in chatapp("alarm", "test", CHATAPP_ALARM_COMMAND=command).out
    assert told.read_text() == "main: this is a trial of the alarms\n"
    broken = chatapp.run("alarm", "test", CHATAPP_ALARM_COMMAND="false")
    assert (broken.code, "The command failed: exit 1" in broken.out) == (1, True)
    chatapp("company", "configure", "--set", "alarm=email:olga@shop.example")
    unreached = chatapp.run("alarm", "test")
    assert (unreached.code, "No channel that works fits email:olga@shop.example." in unreached.out) == (1, True)


def test_a_trial_by_message_needs_a_daemon_and_says_what_became_of_it(
    chatapp: Shell, program: Program, client_writes: Write, company: Company
) -> None:
    client_writes("Здравствуйте")
    chatapp("company", "configure", "--set", "alarm=1:client-1")
    alone = chatapp.run("alarm", "test")
    assert (alone.code, "1:client-1\tThe daemon is not running: nothing is sent" in alone.out) == (1, True)
    assert "Start it: chatapp serve" in alone.err
    assert chatapp("outbox", "list").out == "", "nothing is sent later, when nobody expects a trial"
    with holding(company):
        waits = chatapp.run("alarm", "test")
    assert (waits.code, "1:client-1\tMessage 2 is on its way by " in waits.out) == (0, True)


def test_the_doctor_says_that_nobody_is_told_of_alarms_once_there_is_a_channel(
    chatapp: Shell, program: Program, tmp_path: Path
) -> None:
    def said(**env: str) -> list[tuple[bool, str, str]]:
        found = chatapp.run("doctor", "--json", **env).json
        return [(one["ok"], one["what"], one["next_step"]) for one in found if one["name"] == "alarms"]

    assert said() == []
    chatapp("line", "add", "Sales")
    chatapp("line", "bind", "api", "--line", "Sales", *program.answers)
    ((ok, what, step),) = said()
    assert (ok, what) == (False, "Nobody is told of alarms.")
    assert step == (
        "Name addresses: chatapp company configure --set alarm=email:olga@shop.example; "
        "or a command: chatapp config set alarm_command 'curl -fsS --data-binary @- https://push.example/desk'"
    )
    assert said(CHATAPP_ALARM_COMMAND="true") == []
    chatapp("company", "configure", "--set", "alarm=1:client-1")
    assert said() == []


def test_a_setting_that_a_running_daemon_has_not_read_is_told_when_it_is_set_and_fails_a_trial(
    chatapp: Shell, company: Company, env: Mapping[str, str]
) -> None:
    kept = "reads its settings when it starts: until you restart it, it uses the old alarm_command."
    assert kept not in chatapp("config", "set", "alarm_command", "false").err
    with holding(company):
        assert kept in chatapp("config", "set", "alarm_command", "true").err
        old = chatapp.run("alarm", "test")
        assert f"{env['CHATAPP_CONFIG']} was changed after the daemon had read it" in old.out
        assert (old.code, "The command was told" in old.out) == (1, True)
        assert "→ Restart the daemon, and try again." in old.err
    with holding(company):
        assert "was changed" not in chatapp("alarm", "test").out


def test_an_address_that_could_be_somebody_elses_needs_its_channel(chatapp: Shell) -> None:
    chatapp("line", "add", "Sales")
    for address in ("@olga", "12345", "olga@shop.example;boss", "email:"):
        refused = chatapp.run("company", "configure", "--set", f"alarm={address}")
        assert (refused.code, f"alarm cannot be {address}." in refused.err) == (2, True)
    chatapp("company", "configure", "--set", "alarm=olga@shop.example, telegram_bot:@olga 7:12345")


def test_an_address_that_no_bound_channel_reaches_is_told_when_it_is_set_and_gets_no_trial(
    chatapp: Shell, bound: ChannelId, company: Company
) -> None:
    said = chatapp("company", "configure", "--set", f"alarm=olga@shop.example, telegram_bot:@olga {bound}:client-1")
    assert [line for line in said.err.splitlines() if line.startswith("No bound channel")] == [
        "No bound channel reaches olga@shop.example: nobody is told of alarms there.",
        "No bound channel reaches telegram_bot:@olga: nobody is told of alarms there.",
    ]
    chatapp("company", "configure", "--set", "alarm=olga@shop.example")
    with holding(company):
        tried = chatapp.run("alarm", "test")
    assert (tried.code, "No channel that works fits olga@shop.example." in tried.out) == (1, True)
    assert chatapp("outbox", "list").out == "", "a shop's program would take it for a client's address"
