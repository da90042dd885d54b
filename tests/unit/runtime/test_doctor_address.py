"""What a doctor says of the address at which CRMs call us, whatever it looks like from inside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.kit.address_look import AddressLook, AnswerHere, is_public
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime.doctor_address import look, said_of

SOUND = AddressLook(
    host="desk.example.ru",
    secure=True,
    addresses=("93.184.216.34",),
    days=60,
    answers={
        "/hooks/doctor/nobody": AnswerHere(404, b"no such channel or link\n"),
        "/media/doctor/nothing": AnswerHere(404, b"no such file, or its address has ended\n"),
    },
)


def told(seen: AddressLook, *, beside: bool = False, proved: bool = False) -> dict[str, Finding]:
    found = {one.name: one for one in said_of(seen, beside=beside, proved=proved)}
    assert all(one.next_step for one in found.values() if not one.ok)
    return found


def broken(found: dict[str, Finding]) -> dict[str, str]:
    return {name: str(one.what) for name, one in found.items() if not one.ok}


@pytest.mark.req("S-197", part="the public address")
def test_a_public_address_with_a_valid_certificate_and_our_doors_is_sound() -> None:
    found = told(SOUND)
    assert {name: (one.ok, str(one.what)) for name, one in found.items()} == {
        "address": (True, "desk.example.ru leads to 93.184.216.34: public."),
        "certificate": (True, "The certificate of desk.example.ru is valid for 60 more days."),
        "hooks": (True, "/hooks/ leads to this desk."),
        "media": (True, "/media/ leads to this desk."),
        "outside": (
            True,
            "Whether the CRM gets through to this machine cannot be known from here: only its test event shows it.",
        ),
    }
    assert set(told(SOUND, proved=True)) == {"address", "certificate", "hooks", "media"}


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.2", "127.0.0.1", "100.64.0.1", "fe80::1%eth0", "::1"])
def test_an_inner_address_is_no_public_one_unless_calls_arrive_or_the_crm_is_beside_it(address: str) -> None:
    seen = replace(SOUND, addresses=(address,))
    assert not is_public(address)
    assert broken(told(seen)) == {"address": f"desk.example.ru leads to {address}, an address that is not public."}
    assert broken(told(seen, proved=True)) == {}
    assert broken(told(seen, beside=True)) == {}


def test_a_name_that_leads_nowhere_ends_the_look() -> None:
    assert broken(told(AddressLook(host="desk.example.ru", secure=True))) == {
        "address": "The name desk.example.ru of the public address leads nowhere."
    }


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(SOUND, secure=False, days=None), "The public address is not https: CRMs call no other."),
        (replace(SOUND, days=13), "The certificate of desk.example.ru is valid for 13 more days."),
        (
            replace(SOUND, days=None, distrust="self-signed certificate", answers={}),
            "The certificate of desk.example.ru is not trusted: self-signed certificate",
        ),
    ],
)
def test_what_is_wrong_with_the_certificate_is_told_even_if_calls_arrive(seen: AddressLook, words: str) -> None:
    assert broken(told(seen)) == {"certificate": words}
    assert broken(told(seen, proved=True)) == {"certificate": words}


def test_no_encryption_is_enough_beside_the_crm() -> None:
    assert broken(told(replace(SOUND, secure=False, days=None), beside=True)) == {}


@pytest.mark.parametrize(("path", "door"), [("/hooks/doctor/nobody", "hooks"), ("/media/doctor/nothing", "media")])
@pytest.mark.parametrize(
    "answer",
    [AnswerHere(404, b"<html>nginx"), AnswerHere(301, b""), AnswerHere(503, b"starting\n"), AnswerHere(200, b"")],
)
def test_a_door_that_answers_as_somebody_else_is_named(path: str, door: str, answer: AnswerHere) -> None:
    found = told(replace(SOUND, answers={**SOUND.answers, path: answer}))
    assert broken(found) == {door: f"/{door}/ answers {answer.status}, and not as this desk does."}


def test_an_address_that_is_not_reached_from_here_is_no_fault_if_calls_arrive() -> None:
    seen = replace(SOUND, days=None, trouble="Connection refused", answers={})
    assert broken(told(seen)) == {"hooks": "desk.example.ru cannot be reached from this machine: Connection refused"}
    assert broken(told(seen, proved=True)) == {}


async def test_without_an_address_nothing_is_looked_at() -> None:
    (found,) = await look("", 0, beside=False, proved=False)
    assert (found.name, found.ok) == ("address", False)
    assert "public_url" in str(found.next_step)
