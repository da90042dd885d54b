"""A desk that does something by itself: rules and automatic answers, and what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_plan, auto_rules, auto_run, channels
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.store.tx import Tx
from tests.tui.stage import Stage

MINUTE: Final = 60_000
PRICES: Final = ActWanted("send", "Здравствуйте! Прайс пришлём через минуту.")
RULES: Final[Sequence[Mapping[str, Any]]] = (
    {"name": "Мы закрыты", "kind": RuleKind.AUTOREPLY, "asked": {"open": False}, "acts": [PRICES]},
    {"name": "Прайс", "kind": RuleKind.AUTOREPLY, "asked": {"words": ["опт", "прайс"]}, "acts": [PRICES]},
    {"name": "Возвраты", "asked": {"any": [{"words": ["возврат", "обмен"]}, {"tags": ["рекламация"]}]},
     "acts": [ActWanted("tag", ["возврат"]), ActWanted("note", "Предложить обмен или деньги")]},
    {"name": "Забыли ответить", "asked": {"waited": 60}, "acts": [ActWanted("snooze", 60)], "enabled": False},
    {"name": "Постоянные покупатели", "event": RuleEvent.TAG_ADDED, "about": "опт",
     "acts": [ActWanted("untag", ["новый"])]},
    {"name": "Срочно", "asked": {"match": ["(срочно|asap)"], "not": {"tags": ["спам"]}},
     "acts": [ActWanted("tag", ["срочно"])]},
)  # fmt: skip
CLIENTS: Final = (
    ("Пекарня «Колос»", "Сколько стоят корзинки оптом?", 190),
    ("Марк Лисин", "Хочу оформить возврат пледа", 75),
    ("Юлия", "Пришлите прайс, пожалуйста", 30),
)


def add(company: Company, name: str, *acts: ActWanted, **values: Any) -> AutoRuleId:
    """Keep a rule; without acts it answers with the prices."""
    wanted = RuleWanted(name=name, acts=acts or [PRICES], **values)
    desk = desk_of(company, making=True)
    return company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))


def work(company: Company) -> None:
    """What the daemon does with them."""
    while company.write(partial(auto_run.work, desk=desk_of(company))):
        pass


def automated(stage: Stage) -> None:
    """Six rules, of which one is off and one was stopped, and three clients whom they answered."""
    for one in RULES:
        add(stage.company, one["name"], *one["acts"], **{key: one[key] for key in one.keys() - {"name", "acts"}})
    bot, now = stage.company.read(partial(channels.find, named="@teply_dom_bot")).id, stage.clock.at
    for number, (name, text, ago) in enumerate(CLIENTS):
        stage.clock.at = now - ago * MINUTE
        stage.hear(bot, Profile(id=f"client-{number}", name=name), text)
        work(stage.company)
    stage.clock.at = now
    stage.company.write(partial(_stop_the_last, desk=desk_of(stage.company)))


def _stop_the_last(tx: Tx, *, desk: AutoDesk) -> None:
    rule = auto_rules.restore(auto_rules.find(tx, "Срочно"), desk.names(tx))
    auto_plan.halt(tx, rule, T("its regular expression takes too long, which happened {n} times", n=3))
