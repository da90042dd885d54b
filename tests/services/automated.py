"""A business whose desk does things by itself: rules on a store, and the daemon that carries them out step by step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from chatapp_cli.domain.automation import ActWanted, PlannedState, RuleKind, RuleWanted
from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.services import auto_rules, auto_run
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.options import Changes, Options, change
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.automation import AutoActRow
from tests.stores import EVERYTHING, Shop

MINUTE: Final = 60_000
TAG: Final = (("tag", "опт"),)
HELLO: Final = "Здравствуйте, скоро ответим"


@dataclass(slots=True)
class Automated:
    """A shop with rules."""

    shop: Shop
    can: Capabilities = EVERYTHING
    rules: list[AutoRuleId] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    """Of the company; kept when the first rule is made."""

    @property
    def desk(self) -> AutoDesk:
        return AutoDesk(able=lambda _row: self.can, options=Options(Settings()), folder=Path("nowhere"))

    def rule(self, name: str = "Опт", *, do: Iterable[tuple[str, Any]] = TAG, **values: Any) -> AutoRuleId:
        """Keep a rule; conditions by ``asked``."""
        if self.options:
            changes = Changes(self.options)
            self.shop.write(lambda tx: change(tx, COMPANY, changes))
        wanted = RuleWanted(name=name, acts=[ActWanted(*one) for one in do], **values)
        number: AutoRuleId = self.shop.write(lambda tx: auto_rules.add(tx, wanted, self.desk.names(tx)))
        self.rules.append(number)
        return number

    def answers(self, name: str = "Ответ", text: str = HELLO, **values: Any) -> AutoRuleId:
        """Keep an autoreply."""
        return self.rule(name, do=[("send", text)], kind=RuleKind.AUTOREPLY, **values)

    def works(self, *, most: int = 10_000) -> int:
        """Let the daemon work until there is nothing to do; returns its steps."""
        return next((n for n in range(most) if not self.step()), most)

    def step(self) -> bool:
        done: bool = self.shop.write(partial(auto_run.work, desk=self.desk))
        return done

    def passes(self, millis: int) -> None:
        """Time passes; what is due is done when its time comes, and then the clock ticks."""
        until = self.shop.clock.at + millis
        going = {PlannedState.WAITING, PlannedState.PLANNED}
        while due := [one.due_at for one in self.acts() if one.state in going and one.due_at <= until]:
            self.shop.clock.at = max(self.shop.clock.at, min(due))
            self.works()
        self.shop.clock.at = until
        self.works()
        self.shop.clock.at += 1

    def heard(self, channel: ChannelId, text: str = "Здравствуйте", **values: Any) -> DialogId:
        """A client writes, and the daemon works."""
        dialog = self.shop.message(self.shop.hear(channel, text, **values)).dialog_id
        self.works()
        return dialog

    def acts(self) -> list[AutoActRow]:
        """All acts, the oldest first."""
        found = self.shop.read(lambda tx: tx.all(AutoActRow, "autoacts.latest", rule=0, dialog=0, n=10_000))
        return list(reversed(found))

    def ends(self) -> list[tuple[str, str, str]]:
        """Rule, what it wanted, and how that ended."""
        return [(one.name, one.kind, one.state) for one in self.acts()]
