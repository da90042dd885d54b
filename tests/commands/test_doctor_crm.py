"""A person at a shell who asks why messages do not reach the CRM."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.events import CrmArrival
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_intake, lines, links, operators, pairings
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings
from tests.commands.conftest import Said, Shell
from tests.commands.crm_office import Office, eventually
from tests.stores import OWNER
from tests.unit.kit.worlds import held_world

MINUTE = 60_000
FIRM = "firma.bitrix24.test"
SETTINGS = {"portal": "http://127.0.0.1:9", "client_id": "local.5", "auth_server": "http://127.0.0.1:9"}


def examined(chatapp: Shell, office: Office, *words: str) -> Said:
    """With the daemon's port in the settings."""
    port = urlsplit(office.address).port
    return chatapp.run("doctor", "crm", *words, CHATAPP_HTTP_PORT=str(port))


def told(said: Said) -> Mapping[str, tuple[bool, str]]:
    """By the name of the finding, without the kind and the title of the link."""
    assert all(one["next_step"] for one in said.json if not one["ok"])
    found = {}
    for one in said.json:
        kind, _, name = one["name"].rpartition(" ")
        found[name] = one["ok"], one["what"].partition(": ")[2] if kind else one["what"]
    return found


def broken(said: Said) -> dict[str, str]:
    return {name: what for name, (ok, what) in told(said).items() if not ok}


def hears(company: Company, channel: ChannelId, text: str) -> None:
    """A client writes."""
    event = MessageArrived(
        peer=Peer(key="anna", address="anna", title="Анна"),
        ext_id=text,
        at=company.world.clock.now(),
        text=text,
        sender=Profile(id="anna", name="Анна"),
    )
    batch = Batch(arrivals=(Arrival(provider_id=text, raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest(tx, channel, batch))


@pytest.fixture
def paired(chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId) -> LinkId:
    chatapp("crm", "attach", bound, "Продажи")
    eventually(lambda: office.portal.active)
    return installed


@pytest.fixture
def kept(company: Company) -> LinkId:
    """A link in the store of which nobody takes care."""
    firm = Bound(account=FIRM, title=FIRM, settings=SETTINGS, secrets={"client_secret": "тайна"}, hook_key="k1")
    return company.write(lambda tx: links.save(tx, company.vault, firm, kind="bitrix24"))


@pytest.mark.req("S-197")
def test_a_sound_link_is_sound_in_every_answer(chatapp: Shell, office: Office, paired: LinkId) -> None:
    said = examined(chatapp, office, "--json")
    found = told(said)
    assert {name: ok for name, (ok, _) in found.items()} == dict.fromkeys(
        (
            "daemon", "state", "tokens", "scopes", "owner", "clock", "events", "echo", "address", "certificate",
            "hooks", "media", "pairings", "outbox", "calls", "answers",
        ),
        True,
    )  # fmt: skip
    assert said.code == 0
    assert found["pairings"][1] == "Paired: Ёлочный базар (Продажи)"
    calls, most = map(int, re.findall(r"\d+", found["calls"][1]))
    assert 0 < calls <= office.portal.requests
    assert most == 2400
    assert found["answers"][1].startswith("Its last ")
    table = examined(chatapp, office)
    assert ["ok", "bitrix24 clock", f"{office.portal.domain}: Our clock and the portal's agree."] in table.rows


def test_what_is_broken_is_told_with_what_to_do_and_the_exit_code(
    chatapp: Shell, office: Office, installed: LinkId
) -> None:
    office.portal.add_line("Опт", CRM_CREATE="deal", CRM_CREATE_THIRD="N")
    office.portal.misbehaviour.missing_scopes = {"disk"}
    said = examined(chatapp, office, "--json")
    assert said.code == 1
    found = broken(said)
    found.pop("gap", None)  # a look may still go on
    assert found.pop("lines").startswith("Open line «Опт»: The open line makes a new deal")
    assert found == {
        "scopes": "The rights disk are lacking.",
        "pairings": "No channel is paired: nothing is told.",
    }
    table = examined(chatapp, office)
    assert table.code == 1
    assert "→ Tick them in the local application, and install it again.\n" in table.err


def test_another_public_address_than_the_daemons_is_seen_although_calls_arrive(
    chatapp: Shell, office: Office, paired: LinkId
) -> None:
    chatapp("company", "configure", "--set", f"public_url={office.portal.address}")
    found = broken(examined(chatapp, office, "--json"))
    assert found["hooks"] == "/hooks/ answers 404, and not as this desk does."
    assert found["media"] == "/media/ answers 404, and not as this desk does."


def test_what_was_refused_and_what_could_not_be_used_is_counted(
    chatapp: Shell, company: Company, office: Office, paired: LinkId, bound: ChannelId
) -> None:
    office.portal.misbehaviour.answer_with = {"imconnector.send.messages": [(400, "ERROR_ARGUMENT")] * 9}
    hears(company, bound, "Где ёлка?")
    eventually(lambda: company.read(lambda tx: links.one(tx, paired)).dead)
    broken_event = CrmArrival(provider_id="e-1", event=None, raw=b"{", problem="no such chat")
    company.write(lambda tx: crm_intake.keep(tx, paired, [broken_event]))
    assert broken(examined(chatapp, office, "--json")) == {
        "outbox": "Refused there, for a person to decide: 1.",
        "deadletter": "Events of the CRM that could not be used: 1.",
    }


def test_a_portal_that_is_away_is_told_by_its_state_and_by_asking_it(
    chatapp: Shell, company: Company, office: Office, paired: LinkId, bound: ChannelId
) -> None:
    office.do(office.portal.vanish())
    hears(company, bound, "Где ёлка?")
    eventually(lambda: company.read(lambda tx: links.one(tx, paired)).state == LinkState.LIMITED)
    away = broken(examined(chatapp, office, "--json"))
    assert set(away) == {"state", "tokens"}
    assert away["tokens"].startswith("The portal cannot be reached.")
    office.do(office.portal.come_back())


def test_an_operator_is_told_of_the_channels_of_their_lines_alone(
    chatapp: Shell, company: Company, office: Office, paired: LinkId
) -> None:
    other = company.write(lambda tx: lines.add(tx, "Другая"))
    company.write(lambda tx: operators.add(tx, "Пётр", "scrypt", [other]))
    token = company.world.chance.key()
    company.write(lambda tx: operators.open_session(tx, "Пётр", token))
    said = chatapp.run("doctor", "crm", "--json", CHATAPP_TOKEN=token)
    assert told(said)["pairings"] == (True, "No channel of your lines is paired.")


def test_without_a_daemon_what_only_it_knows_is_said_to_be_unknown(
    chatapp: Shell, company: Company, home: Path, kept: LinkId, bound: ChannelId
) -> None:
    before = open_company(Settings(home=str(home)), held_world(company.world.clock.now() - 11 * MINUTE)).seen_by(OWNER)
    place = Place(id="107", name="Продажи")
    before.write(lambda tx: pairings.attach(tx, manifest("bitrix24"), kept, channels.one(tx, bound), place, {}))
    hears(before, bound, "Где ёлка?")
    before.close()
    said = chatapp.run("doctor", "crm", "--json", CHATAPP_HTTP_PORT="1")
    found = broken(said)
    assert said.code == 1
    assert found["daemon"] == "The daemon does not run: CRMs are told nothing, and what they tell is lost."
    assert found["outbox"].startswith("Waiting to be told: 1, the oldest since ")
    assert "not installed" in found["tokens"]
    assert found["address"] == "The public address of this desk is not known: no CRM can call it."
    assert told(said)["load"][0]


FIGURES = """\
# TYPE chatapp_crm_calls_last_hour gauge
chatapp_crm_calls_last_hour{kind="bitrix24",link="%d"} %d
# TYPE chatapp_crm_hooks_measured gauge
chatapp_crm_hooks_measured{kind="bitrix24",link="%d"} 500.0
# TYPE chatapp_crm_hook_p99_seconds gauge
chatapp_crm_hook_p99_seconds{kind="bitrix24",link="%d"} %f
"""


@contextmanager
def telling(figures: bytes) -> Iterator[str]:
    """Something that answers at the daemon's port; yields it."""

    class Figures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(figures)

        def log_message(self, *words: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Figures) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield str(server.server_address[1])
        server.shutdown()


@pytest.mark.parametrize(
    ("calls", "slowest", "wrong"),
    [
        (2400, 1.0, {}),
        (2401, 0.012, {"calls": "Calls to the CRM in the last hour: 2401; 2400 are safe."}),
        (9, 3.4567, {"answers": "Its last 500 calls were answered within 3457 ms, but for one in a hundred."}),
    ],
)
def test_too_many_calls_and_slow_answers_of_the_daemon_are_told(
    chatapp: Shell, kept: LinkId, calls: int, slowest: float, wrong: dict[str, str]
) -> None:
    with telling((FIGURES % (kept, calls, kept, kept, slowest)).encode()) as port:
        found = told(chatapp.run("doctor", "crm", "--json", CHATAPP_HTTP_PORT=port))
    assert {name: what for name, (ok, what) in found.items() if not ok and name in {"calls", "answers"}} == wrong
    assert {"calls", "answers"} <= set(found)


def test_what_is_no_daemon_tells_nothing(chatapp: Shell, kept: LinkId) -> None:
    for said in (b"<html>", b"chatapp_crm_calls_last_hour 1 2 3 4", b"\xff\xfe", b""):
        with telling(said) as port:
            found = told(chatapp.run("doctor", "crm", "--json", CHATAPP_HTTP_PORT=port))
        assert ("load" in found, "calls" in found) == (True, False), said


def test_without_a_link_there_is_nothing_to_examine(chatapp: Shell) -> None:
    said = chatapp("doctor", "crm")
    assert said.rows == [["ok", "crm", "No CRM is linked yet."]]
    unknown = chatapp.run("doctor", "crm", "firma.bitrix24.ru")
    assert (unknown.code, unknown.err) == (1, "No CRM is linked yet.\n→ Link one: chatapp crm link KIND\n")


def test_plain_doctor_says_nothing_of_crms(chatapp: Shell) -> None:
    plain = chatapp.run("doctor", "--json")
    assert {"program", "store", "daemon"} <= {one["name"] for one in plain.json}
    assert not any("crm" in one["name"] for one in plain.json)
    mistaken = chatapp.run("doctor", "crn")
    assert (mistaken.code, mistaken.err.splitlines()[-1]) == (2, "→ Did you mean: chatapp doctor crm")
