"""A week at a desk, made of a seed: who writes what and when, and what the people of the desk do meanwhile.

The week has working days, nights, a Saturday that is worked in place of a Monday, and a holiday. Whatever happens
together is one stop; stops are minutes apart, so that no span of minutes that a rule or a guard counts ends within
the seconds that a daemon takes for one. In one stop a dialog has either messages of its client or acts of the people
there, never both: which of these is first decides what a rule says, and a daemon that was killed comes later.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Moscow")
BEGINS: Final = datetime(2027, 2, 17, tzinfo=ZONE)
"""A Wednesday. Saturday the 20th is worked in place of Monday the 22nd, and Tuesday the 23rd is a holiday."""
DAYS: Final = 7
STEP: Final = 7
"""Minutes between two stops of a day, or a multiple: no span that rules count is one."""
EDGES: Final = {9 * 60, 10 * 60, 15 * 60, 18 * 60}
"""Minutes of a day at which lines open or close."""
LINES: Final = ("Магазин", "Опт", "Сервис", "Толпа")
SHOP, WHOLESALE, SERVICE, CROWD = range(4)
"""The channels, each on a line of its own."""
SAYINGS: Final = (
    ("Здравствуйте", 14), ("Почём ёлка?", 6), ("А цены на гирлянды какие?", 8), ("Сколько же это стоит", 4),
    ("Сколько стоит доставка", 6), ("Нужен опт, сто штук", 6), ("Оптовые условия пришлите", 4),
    ("Срочно нужен мастер", 6), ("Ответьте как можно скорее и быстрее", 3), ("Где мой заказ № 4417", 8),
    ("ЗАКАЗ 52 не пришёл", 4), ("Хочу вернуть шар", 4), ("Возврат или обмен?", 3), ("Опять не горит", 8),
    ("Перезвоните мне завтра утром", 4), ("Какая скидка на опт?", 5), ("Предлагаю продвижение сайта", 4),
    ("Реклама в газете, дёшево", 3), ("Ценный вы наш мастер", 4),
    ("Ау, есть кто живой", 6), ("👍", 4), ("Адрес подскажите", 10), ("Телефон потерял, пишите сюда", 4),
)  # fmt: skip
"""What clients say, and how often; «Спасибо» is said alone."""
THANKS: Final = "Спасибо большое"
ANSWERS: Final = ("Добрый день, слушаю", "Мастер выезжает", "Прайс отправил", "Завтра в десять устроит?")
NO_WAY: Final = "ТАК НЕ ДОЙДЁТ"
"""What the other program refuses."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens."""

    what: str
    """``writes``, or what somebody of the desk does."""
    channel: int
    who: str
    value: str = ""
    chat: str = "private"
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """What happens within one moment."""

    at: int
    """Milliseconds since 1970."""
    steps: Sequence[Step]
    crowded: bool = False
    """So much that seconds count: no daemon is killed here."""


def week(seed: int, messages: int, stops: int) -> Iterator[Stop]:
    """That many messages of clients at about that many stops."""
    chance = random.Random(seed)
    times = sorted(chance.sample(list(_times()), stops))
    weights = _weights(times, messages)
    storm = times[-len(times) // 12 or -1]
    left, people = messages - CROWDED, _People(chance, messages)
    shares = [left * weight / sum(weights) for weight in weights]
    owed = 0.0
    for at, share in zip(times, shares, strict=True):
        owed += share
        steps = [*people.stop(int(owed))]
        owed -= sum(step.what == "writes" for step in steps)
        if at == storm:
            steps += people.crowd()
        if steps:
            yield Stop(round(at.timestamp() * 1000), steps, at == storm)


OF_A_NIGHT: Final = 25
"""Messages, at most."""
CROWDED: Final = 70
"""Clients who write at once in one channel, once a week."""


def _times() -> Iterator[datetime]:
    for day in range(DAYS):
        first = 2 * day % STEP
        for minute in range(first, 24 * 60 - 2, STEP):
            if not {minute, minute + 1} & EDGES:
                yield BEGINS + timedelta(days=day, minutes=minute, seconds=STEP * day + 5)


def _weights(times: Sequence[datetime], messages: int) -> Sequence[float]:
    """How busy each stop is; what comes in a night is answered in one minute of a morning, and is to be no storm."""
    open_ = [1.0 + (one.hour in {11, 12, 16}) if _is_day(one) else 0.0 for one in times]
    share = min(0.25, OF_A_NIGHT * DAYS / messages)
    closed = share / (1 - share) * sum(open_) / max(1, open_.count(0.0))
    return [one or closed for one in open_]


def _is_day(at: datetime) -> bool:
    return 9 <= at.hour < 18 and at.day not in {21, 22, 23}


class _People:
    """Those who write, and those who answer."""

    def __init__(self, chance: random.Random, messages: int) -> None:
        self._chance = chance
        self._many = max(30, messages // 25)
        self._known: dict[int, list[str]] = {SHOP: [], WHOLESALE: [], SERVICE: []}
        self._tagged: set[tuple[int, str]] = set()
        self._numbers = 0

    def stop(self, messages: int) -> Iterator[Step]:
        """Messages of clients, and a third as much of the desk, of whom each dialog has one sort."""
        met: set[tuple[int, str]] = set()
        people = self._at_the_desk(messages, met)
        while messages > 0:
            for step in self._series(met):
                messages -= 1
                yield step
        yield from people

    def crowd(self) -> Iterator[Step]:
        """Many at once write in the channel that nobody else uses."""
        for n in range(CROWDED):
            yield self._writes(CROWD, f"толпа-{n}", "Когда откроетесь?")

    def _series(self, met: set[tuple[int, str]]) -> Iterator[Step]:
        chance = self._chance
        channel = chance.choices((SHOP, WHOLESALE, SERVICE), (5, 3, 2))[0]
        who = f"{'клиент' if chance.random() < 0.93 else 'группа'}-{chance.randrange(self._many)}"
        if (channel, who) in met:
            return
        met.add((channel, who))
        if who not in self._known[channel]:
            self._known[channel].append(who)
        if chance.random() < 0.05:
            yield self._writes(channel, who, THANKS)
            return
        for _ in range(chance.choices((1, 2, 3), (8, 2, 1))[0]):
            said = chance.choices([text for text, _ in SAYINGS], [often for _, often in SAYINGS])[0]
            yield self._writes(channel, who, said, automatic=chance.random() < 0.03)

    def _writes(self, channel: int, who: str, text: str, *, automatic: bool = False) -> Step:
        chat = "group" if who.startswith("группа") else "private"
        return Step("writes", channel, who, f"{text} ({self._number()})", chat, automatic)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _at_the_desk(self, messages: int, met: set[tuple[int, str]]) -> Sequence[Step]:
        chance, found = self._chance, []
        for _ in range(round(messages * chance.uniform(0.2, 0.5))):
            channel = chance.choice((SHOP, WHOLESALE, SERVICE))
            if not self._known[channel] or (place := (channel, chance.choice(self._known[channel]))) in met:
                continue
            met.add(place)
            found.append(self._does(*place))
        return found

    def _does(self, channel: int, who: str) -> Step:
        """People assign and tag in one line only: a trial takes both as they are now."""
        chance = self._chance
        if channel == SERVICE and chance.random() < 0.5:
            if chance.random() < 0.5:
                return Step("assigns", channel, who, chance.choice(("Ольга", "Вера", "Пётр")))
            self._tagged ^= {(channel, who)}
            return Step("tags" if (channel, who) in self._tagged else "untags", channel, who, "vip")
        what = chance.choices(("answers", "fails", "types", "waives"), (12, 1, 3, 2))[0]
        text = NO_WAY if what == "fails" else chance.choice(ANSWERS)
        return Step(what, channel, who, f"{text} ({self._number()})")
