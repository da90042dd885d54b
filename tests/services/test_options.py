"""Options that are stored for company, lines, channels and CRMs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from chatapp_cli.domain import option
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.journal.channels import ChannelConfigured
from chatapp_cli.domain.option import COMPANY, OptionLevel, OptionTarget
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, journal, lines, options
from chatapp_cli.services.options import Options, OptionScope
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.visibility import Visibility
from tests.declared import declared
from tests.stores import Shop


@pytest.fixture
def pace() -> Iterator[str]:
    """An option that only this test knows, declared as ours are."""
    with declared(Field(name="pace", label=T("Pace"), kind="number", default="3"), *OptionLevel) as name:
        yield name


def say(shop: Shop, target: OptionTarget, **said: str) -> None:
    shop.write(lambda tx: options.change(tx, target, options.Changes(said)))


def value(shop: Shop, name: str, scope: OptionScope = options.EVERYWHERE, **process: object) -> object:
    known = Options(**{"settings": Settings()} | process)  # type: ignore[arg-type]
    return shop.read(lambda tx: known.value(tx, name, scope))


def test_the_narrowest_subject_wins_over_the_wider_ones_and_those_over_file_and_default(shop: Shop) -> None:
    channel = shop.channel()
    line = shop.read(lambda tx: channels.one(tx, channel)).line_id
    here, beside = OptionScope(line=line, channel=channel), OptionScope(line=LineId(99), channel=ChannelId(99))
    assert value(shop, "undo_send", here, settings=Settings(undo_send=4)) == 4
    for target, seconds, elsewhere in (
        (COMPANY, 10, 10),
        (OptionTarget(OptionLevel.LINE, line), 20, 10),
        (OptionTarget(OptionLevel.CHANNEL, channel), 0, 10),
    ):
        say(shop, target, undo_send=str(seconds))
        assert value(shop, "undo_send", here, settings=Settings(undo_send=4)) == seconds
        assert value(shop, "undo_send", beside) == elsewhere


def test_a_flag_or_the_environment_beats_what_is_stored(shop: Shop) -> None:
    say(shop, COMPANY, undo_send="10")
    assert value(shop, "undo_send", settings=Settings(undo_send=4), given={"undo_send"}) == 4


def test_an_option_of_a_scope_is_read_as_text_or_as_a_number(shop: Shop) -> None:
    line = shop.line()
    say(shop, OptionTarget(OptionLevel.LINE, line), undo_send="7", company_name="42")
    known, here = Options(Settings()), OptionScope(line=line)
    with shop.reading() as tx:
        assert (known.text(tx, "undo_send", here), known.number(tx, "undo_send", here)) == ("7", 7)
        assert (known.text(tx, "company_name", here), known.number(tx, "company_name", here)) == ("42", 42)
        assert known.number(tx, "undo_send") == 0


def test_where_nothing_is_stored_an_option_has_its_default_and_what_is_none_is_no_value() -> None:
    known = Options(Settings())
    with declared(Field(name="mood", label=T("Mood"), default="calm"), OptionLevel.COMPANY) as mood:
        assert [known.unstored(name) for name in (mood, "undo_send")] == ["calm", 0]
    with pytest.raises(KeyError):
        known.unstored("nothing")


def test_an_empty_value_forgets_an_option_so_that_the_wider_one_holds(shop: Shop) -> None:
    line = shop.line()
    say(shop, COMPANY, company_name="Тёплый дом")
    say(shop, OptionTarget(OptionLevel.LINE, line), company_name="Тёплый дом. Опт")
    say(shop, OptionTarget(OptionLevel.LINE, line), company_name="")
    assert value(shop, "company_name", OptionScope(line=line)) == "Тёплый дом"
    assert shop.read(lambda tx: options.stored(tx, OptionTarget(OptionLevel.LINE, line))) == {}


def test_an_option_that_is_declared_once_is_known_for_every_subject_with_its_default(shop: Shop, pace: str) -> None:
    assert value(shop, pace, OptionScope(crm=5)) == 3
    say(shop, OptionTarget(OptionLevel.CRM, 5), pace="7")
    assert [value(shop, pace, OptionScope(crm=number)) for number in (5, 6)] == [7, 3]


@pytest.mark.parametrize("name", sorted(option.BEFORE_STORE))
def test_what_is_needed_to_open_the_store_is_never_kept_in_it(shop: Shop, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        say(shop, COMPANY, **{name: "x"})
    assert str(refused.value.what) == f"{name} is needed before the store is open, so it is not kept in the store."
    assert f"chatapp config set {name} VALUE, or CHATAPP_{name.upper()}" in show(refused.value.next_step)
    with pytest.raises(ValueError, match=name):
        option.declare(Field(name=name, label=T("No")), OptionLevel.COMPANY)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"undo_send": "soon"}, "undo_send has to be a whole number, not soon."),
        ({"undo_send": "-1"}, "undo_send has to be a whole number, not -1."),
        ({"quiet": "at night"}, "quiet cannot be at night."),
        ({"notify_text": "maybe"}, "notify_text cannot be maybe."),
        ({"transcribe_command": "rm {file}"}, "transcribe_command belongs to a machine or a person"),
        ({"colour": "red"}, "There is no option colour here."),
        ({"undo_send": "5", "quiet": "x"}, "quiet cannot be x."),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_next_step_and_nothing_is_changed(
    shop: Shop, said: dict[str, str], why: str
) -> None:
    with pytest.raises(UsageError) as refused:
        say(shop, COMPANY, **said)
    assert str(refused.value.what).startswith(why)
    assert refused.value.next_step is not None
    assert shop.read(lambda tx: options.stored(tx, COMPANY)) == {}


def test_what_a_newer_version_wrote_is_kept_shown_and_passed_over(shop: Shop) -> None:
    channel = shop.channel(settings={"host": "mail.example.org"})
    line = shop.read(lambda tx: channels.one(tx, channel)).line_id
    newer = {"undo_send": "adaptive", "mood": "kind"}
    for target in (COMPANY, OptionTarget(OptionLevel.CHANNEL, channel)):
        shop.write(lambda tx, target=target: options.save(tx, target, newer))
    say(shop, OptionTarget(OptionLevel.LINE, line), undo_send="6")
    assert value(shop, "undo_send", OptionScope(line=line, channel=channel)) == 6
    say(shop, COMPANY, quiet="22:00-08:00")
    assert shop.read(lambda tx: options.stored(tx, COMPANY)) == {**newer, "quiet": "22:00-08:00"}
    again = Bound(account="x", title="x", settings=shop.read(lambda tx: channels.one(tx, channel)).settings)
    shop.write(lambda tx: channels.save(tx, shop.vault, again, line=line, kind="letters", previous=channel))
    assert shop.read(lambda tx: options.stored(tx, OptionTarget(OptionLevel.CHANNEL, channel))) == newer
    assert json.loads(shop.read(lambda tx: channels.one(tx, channel)).settings_text) == {"host": "mail.example.org"}


def test_what_a_binding_answered_is_an_option_from_then_on_and_is_answered_anew_by_a_renewal(shop: Shop) -> None:
    line, fields = shop.line(), manifest("sms").fields

    def bind(previous: ChannelId | None, **settings: str) -> ChannelId:
        bound = Bound(account="7", title="SMS", settings={"preset": "x", **settings})
        return shop.write(
            lambda tx: channels.save(tx, shop.vault, bound, line=line, kind="sms", previous=previous, fields=fields)
        )

    number = bind(None, sender="DOM", price="4")
    target = OptionTarget(OptionLevel.CHANNEL, number)
    assert shop.read(lambda tx: options.stored(tx, target)) == {"sender": "DOM", "price": "4"}
    row = shop.read(lambda tx: channels.one(tx, number))
    shop.write(lambda tx: channels.configure(tx, row, manifest("sms"), {"sender": ""}))
    renamed = shop.read(lambda tx: channels.one(tx, number))
    assert renamed.settings == {"preset": "x", "sender": "", "price": "4"}
    assert renamed.revision == row.revision + 1, "a running session comes up again"
    bind(number, sender="DOM2")
    assert shop.read(lambda tx: channels.one(tx, number)).settings == {"preset": "x", "sender": "DOM2", "price": "4"}


def test_two_who_change_different_options_at_once_both_have_their_way(shop: Shop) -> None:
    both = threading.Barrier(2)
    number = shop.channel()
    row = shop.read(lambda tx: channels.one(tx, number))

    def change(name: str, said: str) -> None:
        both.wait()
        shop.write(lambda tx: channels.configure(tx, row, manifest("sms"), {name: said}))

    threads = [threading.Thread(target=change, args=args) for args in (("sender", "DOM"), ("price", "5"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = shop.read(lambda tx: channels.one(tx, number))
    assert (after.settings, after.revision) == ({"sender": "DOM", "price": "5"}, row.revision + 1)


def test_a_change_is_one_piece_of_news_however_many_options_it_has(shop: Shop) -> None:
    number = shop.line("Опт")
    line = shop.read(lambda tx: lines.find(tx, str(number)))
    before = shop.read(lambda tx: tx.value("journal.last"))
    shop.write(lambda tx: options.configure_company(tx, {"undo_send": "5", "web_idle": "9"}))
    shop.write(lambda tx: lines.configure(tx, line, {"undo_send": "5", "company_name": "Опт"}))
    told = shop.read(lambda tx: tx.all(lambda *row: row, "journal.after", after=before, n=9))
    assert [row[2] for row in told] == ["company.configured", "line.configured"]


def test_what_is_removed_takes_its_options_along(shop: Shop) -> None:
    line = shop.line()
    channel, other = shop.channel(line=line), shop.channel()
    targets = [
        OptionTarget(OptionLevel.LINE, line),
        OptionTarget(OptionLevel.CHANNEL, channel),
        OptionTarget(OptionLevel.CHANNEL, other),
        COMPANY,
    ]
    for target in targets:
        say(shop, target, undo_send="5")
    row = shop.read(lambda tx: lines.find(tx, str(line)))
    shop.write(lambda tx: lines.remove(tx, row, force=True))
    gone = shop.read(lambda tx: channels.one(tx, other))
    shop.write(lambda tx: channels.unbind(tx, gone, force=True))
    assert [shop.read(lambda tx, t=t: options.stored(tx, t)) for t in targets] == [{}, {}, {}, {"undo_send": "5"}]


def test_who_sees_one_line_sees_no_options_of_another(shop: Shop) -> None:
    ours, theirs = shop.line(), shop.line()
    hidden = [OptionTarget(OptionLevel.LINE, theirs), OptionTarget(OptionLevel.CHANNEL, shop.channel(line=theirs))]
    seen = [COMPANY, OptionTarget(OptionLevel.LINE, ours), OptionTarget(OptionLevel.CHANNEL, shop.channel(line=ours))]
    for target in hidden + seen:
        say(shop, target, undo_send="5")
    narrow = Visibility(shop.driver.dialect, lines=[ours])
    found = [shop.read(lambda tx, t=t: options.stored(tx.through(narrow), t)) for t in hidden + seen]
    assert found == [{}, {}, *[{"undo_send": "5"}] * 3]


@pytest.mark.parametrize("said", ["3601", "99999999999999999999"])
def test_nobody_holds_messages_back_for_longer_than_an_hour(shop: Shop, said: str) -> None:
    with pytest.raises(UsageError, match="undo_send can be 3600 at most"):
        say(shop, COMPANY, undo_send=said)
    say(shop, COMPANY, undo_send="3600")


def row_of(shop: Shop, kind: str) -> ChannelRow:
    number = shop.channel(kind=kind)
    row: ChannelRow = shop.read(lambda tx: channels.one(tx, number))
    return row


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("sms", "price", "дорого"),
        ("sms", "price", "4,35"),
        ("sms", "sender", "Ёлка\nБазар"),
        ("vk_notify", "validity", "14"),
        ("vk_notify", "validity", "86401"),
        pytest.param("vk_notify", "validity", "9" * 5000, id="a number of 5000 digits"),
        ("vk_notify", "validity", ""),
        ("vk_notify", "notices_email", "ольга"),
        ("vk_notify", "notices_email", ""),
        ("vk_notify", "sender", ""),
        ("vk_notify", "delivery_policy", "nobody"),
        ("email", "sender_name", "Ёлка\r\nBcc: all@example.org"),
        ("email", "remove_links", "yes"),
        ("api", "url", "nonsense"),
        ("vk", "private_refused", ""),
    ],
)
def test_what_a_channel_could_not_be_bound_with_it_is_not_configured_with(
    shop: Shop, kind: str, name: str, said: str
) -> None:
    channel = row_of(shop, kind)
    about = manifest(kind)
    with pytest.raises(UsageError) as refused:
        shop.write(lambda tx: channels.configure(tx, channel, about, {name: said}))
    assert refused.value.field == name
    assert shop.read(lambda tx: options.stored(tx, OptionTarget(OptionLevel.CHANNEL, channel.id))) == {}


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("sms", "price", "4.35"),
        ("sms", "price", ""),
        ("vk_notify", "validity", "15"),
        ("vk_notify", "validity", "86400"),
        ("vk_notify", "notices_email", "olga@example.org"),
        ("email", "sender_name", "Ёлочный базар, ООО"),
        ("email", "sender_name", ""),
        ("email", "remove_links", "on"),
        ("max", "ca_file", ""),
    ],
)
def test_what_a_channel_could_be_bound_with_it_is_configured_with(shop: Shop, kind: str, name: str, said: str) -> None:
    channel = row_of(shop, kind)
    shop.write(lambda tx: channels.configure(tx, channel, manifest(kind), {name: said}))
    assert shop.read(lambda tx: options.stored(tx, OptionTarget(OptionLevel.CHANNEL, channel.id))) == {name: said}


@pytest.mark.parametrize(
    ("kind", "changes", "renewed"),
    [
        ("sms", {"sender": "Ёлка"}, True),
        ("sms", {"price": "4.35"}, False),
        ("sms", {"undo_send": "5"}, False),
        ("sms", {"undo_send": ""}, False),
        ("sms", {"undo_send": "5", "sender": "Ёлка"}, True),
        ("api", {"url": "https://example.org"}, True),
        ("vk_notify", {"notices_email": "olga@example.org"}, False),
        ("vk_notify", {"validity": "60"}, True),
        ("email", {"group_by_subject": "off"}, True),
        ("email", {"remove_links": "on"}, False),
    ],
)
def test_a_session_comes_up_again_for_an_option_that_it_reads_and_for_no_other(
    shop: Shop, kind: str, changes: dict[str, str], renewed: bool
) -> None:
    before = row_of(shop, kind)
    shop.write(lambda tx: channels.set_health(tx, before.id, Health.MISCONFIGURED, "bad_sender"))
    ill = shop.read(lambda tx: channels.one(tx, before.id))
    shop.write(lambda tx: channels.configure(tx, ill, manifest(kind), changes))
    after = shop.read(lambda tx: channels.one(tx, before.id))
    assert (after.revision > before.revision, after.health != Health.MISCONFIGURED) == (renewed, renewed)
    (told,) = shop.read(lambda tx: journal.after(tx, journal.last(tx) - 1))
    assert told.event == ChannelConfigured(channel=before.id, changed=sorted(changes))
