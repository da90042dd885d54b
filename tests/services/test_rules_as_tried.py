"""What the trial of rules says is what then happens: two lines, three channels, five rules, and every odd hour.

A trial is asked as a person asks it, by a written time; the message comes when the clock stands there.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.services import channels, crm_entries, crm_rules, ledger, pairings, rule_trial
from chatapp_cli.services.crm_route_choice import RuleDesk
from chatapp_cli.services.rule_outcomes import RuleOutcome
from tests.services.paired import CRM, Paired, linked
from tests.stores import HeldClock, Shop

BOTH = replace(CRM, channels=dict.fromkeys(("email", "telegram_bot"), CRM.channels["email"]))
MOSCOW = {"zone": "Europe/Moscow", "calendar": "ru"}
BERLIN = {"zone": "Europe/Berlin"}
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Возвраты", {"words": ["возврат", "вернуть"]}),
    ("Опт в рабочее время", {"lines": ["опт"], "hours": ["09:00-18:00"], "days": ["working"], **MOSCOW}),
    ("Ночь перед выходным", {"kinds": ["email"], "hours": ["22:00-06:00"], "days": ["fri"], **BERLIN}),
    ("Пропавший час", {"channels": ["почта"], "hours": ["02:00-03:00"], **BERLIN}),
    ("Остальное", {}),
)
SAID = [
    ("бот", "Хочу вернуть ёлку", "2026-12-30T12:00+03:00", "Возвраты"),
    ("бот", "Здравствуйте", "2026-12-30T12:00+03:00", "Остальное"),
    ("опт", "Здравствуйте", "2026-12-30T17:59+03:00", "Опт в рабочее время"),
    ("опт", "Здравствуйте", "2026-12-30T18:00+03:00", "Остальное"),
    # a day that the government moved, by its own midnight in Moscow
    ("опт", "Здравствуйте", "2026-12-31T12:00+03:00", "Остальное"),
    ("опт", "Здравствуйте", "2027-02-20T09:00+03:00", "Опт в рабочее время"),
    ("опт", "Здравствуйте", "2027-02-22T09:00+03:00", "Остальное"),
    # midnight, and the night that began on Friday
    ("почта", "Здравствуйте", "2026-11-27T21:59+01:00", "Остальное"),
    ("почта", "Здравствуйте", "2026-11-27T23:59+01:00", "Ночь перед выходным"),
    ("почта", "Здравствуйте", "2026-11-28T00:00+01:00", "Ночь перед выходным"),
    ("почта", "Здравствуйте", "2026-11-28T06:00+01:00", "Остальное"),
    ("почта", "Здравствуйте", "2026-11-27T02:00+01:00", "Пропавший час"),
    # the clocks of Berlin go forward at 02:00 of 29 March 2026, and back at 03:00 of 25 October
    ("почта", "Здравствуйте", "2026-03-29T00:59+00:00", "Остальное"),
    ("почта", "Здравствуйте", "2026-03-29T01:00+00:00", "Остальное"),
    ("почта", "Здравствуйте", "2026-10-25T00:00+00:00", "Пропавший час"),
    ("почта", "Здравствуйте", "2026-10-25T01:59+00:00", "Пропавший час"),
    ("почта", "Здравствуйте", "2026-10-25T02:00+00:00", "Остальное"),
    # a Friday's night in which the clocks go back is an hour longer
    ("почта", "Здравствуйте", "2026-10-24T03:59+00:00", "Ночь перед выходным"),
    ("почта", "Здравствуйте", "2026-10-24T04:00+00:00", "Остальное"),
]


class Desk:
    """A desk with lines «розница» and «опт», a bot and a mail on the first, a bot on the second."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.lines = {name: shop.line(name) for name in ("розница", "опт")}
        self.channels = {
            "почта": shop.channel(kind="email", line=self.lines["розница"]),
            "бот": shop.channel(kind="telegram_bot", line=self.lines["розница"]),
            "опт": shop.channel(kind="telegram_bot", line=self.lines["опт"]),
        }
        self.paired: Paired = linked(shop, self.channels["почта"], "north.example")
        for name in ("бот", "опт"):
            row = shop.read(partial(channels.one, channel=self.channels[name]))
            place = Place(id=name, name=name)
            shop.write(partial(pairings.attach, manifest=BOTH, link=self.link, channel=row, place=place, changes={}))
        for name, asked in RULES:
            outcome = RuleOutcome(pipeline=name)
            meant = {**asked, **self._numbers(asked)}
            shop.write(partial(crm_rules.add, link=self.link, name=name, asked=meant, outcome=outcome))
        self.loader = crm_entries.EntryLoader(
            crm=BOTH, manifest=lambda _row: pytest.fail("not needed"), vault=shop.vault, public_url="", rules=RuleDesk()
        )

    @property
    def link(self) -> LinkId:
        return self.paired.link

    def _numbers(self, asked: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, dict[str, Any]] = {"lines": self.lines, "channels": self.channels}
        return {name: [known[name][one] for one in asked[name]] for name in known if name in asked}

    def tries(self, by: ChannelId, text: str, at: str) -> str:
        """What the trial says."""
        rules = self.shop.read(partial(crm_rules.everything, link=self.link))
        row = self.shop.read(partial(channels.one, channel=by))
        occasion = Occasion.of(OnSource(row.line_id, row.kind, row.id), text, rule_trial.moment(at, rules).at)
        answers = crm_rules.explained(rules, occasion)
        assert answers[-1].holds
        return answers[-1].rule.name

    def hears(self, by: ChannelId, text: str, who: str) -> str:
        """The pipeline in which the card is made when the message comes now."""
        self.shop.hear(by, text, who=who, at=self.shop.clock.now())
        (row,) = self.paired.entries()
        entry = self.shop.write(partial(self.loader.load, row=row))
        self.shop.write(lambda tx: ledger.skip(tx, ledger.begin(tx, [row])[0]))
        return str(entry.outcome.pipeline)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


@pytest.mark.req("S-189")
def test_what_the_trial_says_is_what_then_happens_at_midnight_at_a_moved_day_and_when_the_clocks_change(
    desk: Desk, clock: HeldClock
) -> None:
    found = []
    for number, (by, text, at, _) in enumerate(SAID):
        channel = desk.channels[by]
        tried = desk.tries(channel, text, at)
        clock.at = rule_trial.moment(at, []).at
        found.append((tried, desk.hears(channel, text, f"client {number}")))
    assert found == [(name, name) for _, _, _, name in SAID]
