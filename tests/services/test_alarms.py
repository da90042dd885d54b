"""Alarms in the store: raised once, healed once, seen by who sees the line."""

from __future__ import annotations

from chatapp_cli.domain.journal.company import AlarmHealed, AlarmRaised
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import alarms, journal, journal_words
from chatapp_cli.store.visibility import Visibility
from tests.stores import Shop

STOPPED = T("{channel} does not work: {why}", channel="Bot", why=T("stopped"))


def happened(shop: Shop) -> list[str]:
    entries = shop.read(lambda tx: journal.after(tx, 0, n=1000))
    return [show(journal_words.sentence(e)) for e in entries if isinstance(e.event, AlarmRaised | AlarmHealed)]


def test_an_alarm_is_raised_once_and_healed_once_and_says_in_words_what_is_wrong(shop: Shop) -> None:
    channel = shop.channel()
    for _ in range(2):
        shop.write(lambda tx: alarms.raise_(tx, "channel", str(channel), STOPPED, channel))
    shop.write(lambda tx: alarms.raise_(tx, "disk", "", T("Little room")))
    found = shop.read(alarms.open_alarms)
    assert [(one.kind, one.ref, one.channel_id) for one in found] == [
        ("channel", str(channel), channel),
        ("disk", "", None),
    ]
    assert show(alarms.sentence(found[0])) == "Bot does not work: stopped"
    for _ in range(2):
        shop.write(lambda tx: alarms.heal(tx, "channel", str(channel)))
    shop.write(lambda tx: alarms.heal(tx, "channel", "nothing of the kind"))
    assert [one.kind for one in shop.read(alarms.open_alarms)] == ["disk"]
    assert happened(shop) == [
        "Alarm: Bot does not work: stopped",
        "Alarm: Little room",
        "The alarm is over: Bot does not work: stopped",
    ]


def test_an_alarm_of_a_channel_is_seen_with_its_line_and_one_of_the_desk_by_who_sees_every_line(shop: Shop) -> None:
    line = shop.line()
    ours, theirs = shop.channel(line=line), shop.channel()
    for channel in (ours, theirs):
        shop.write(lambda tx, channel=channel: alarms.raise_(tx, "channel", str(channel), STOPPED, channel))
    shop.write(lambda tx: alarms.raise_(tx, "disk", "", T("Little room")))
    seen = Visibility(shop.driver.dialect, lines=[line])
    assert [one.channel_id for one in shop.read(lambda tx: alarms.open_alarms(tx.through(seen)))] == [ours]
    assert len(shop.read(alarms.open_alarms)) == 3
