"""Starting, stopping and continuing of bots. providers-crm.md 6.2, 6.4, C6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatapp_cli.sandbox.amocrm.objects import AmoBotRun, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed
from chatapp_cli.sandbox.amocrm.shapes import CHOICE, LENGTH, LIST, MAP, TEXT, WHOLE, Judge, Shape, items_of
from chatapp_cli.sandbox.amocrm.source_methods import for_administrators

MOST_RUNS: Final = 100
MOST_HANDLERS: Final = 10
LONGEST_TEXT: Final = 80
MOST_BUTTONS: Final = 25
_RUN: Final[Shape] = {"bot_id": WHOLE, "entity_id": WHOLE, "entity_type": TEXT, "request_id": TEXT}
_CONTINUE: Final[Shape] = {"data": MAP, "execute_handlers": LIST}
_SHOWN: Final = frozenset({"text", "buttons", "buttons_url"})
_STEPS: Final = frozenset({"question", "answer", "finish"})


@dataclass(frozen=True, slots=True)
class BotMethods:
    """What we ask of bots."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {
            "GET /api/v4/bots": self.find,
            "POST /api/v4/bots/run": self.run_many,
            "POST /api/v4/bots/{id}/run": self.run,
            "POST /api/v4/bots/{id}/stop": self.stop,
            "POST /api/v4/salesbot/{bot}/continue/{id}": self.continue_,
            "POST /api/v4/marketingbot/{bot}/continue/{id}": self.continue_,
        }

    def find(self, request: AmoRequest) -> Reply:
        """All bots; none can be made or changed by the API."""
        bots = [{"id": number, "name": name} for number, name in self.desk.office.bots.items()]
        return listed(request, "bots", bots)

    def run(self, request: AmoRequest) -> Reply:
        """Start one on a lead or a contact."""
        item = {**request.map(), "bot_id": request.number("id")}
        self._started([("0", item)], request)
        return Reply(202)

    def run_many(self, request: AmoRequest) -> Reply:
        """Start each of an array, or none."""
        self._started(items_of(request, self.desk.problems, MOST_RUNS), request)
        return Reply(202)

    def _started(self, items: list[tuple[str, Json]], request: AmoRequest) -> None:
        judge = Judge(self.desk.problems, f"{request.method} {request.path}")
        for request_id, item in items:
            if judge.shape(request_id, item, _RUN, needs=["bot_id", "entity_id", "entity_type"]):
                if item["bot_id"] not in self.desk.office.bots:
                    judge.says(request_id, CHOICE, "bot_id")
                if item["entity_type"] == "companies" or not self._card(item):
                    judge.says(request_id, CHOICE, "entity_id")
        judge.settle()
        for _, item in items:
            self.desk.bots.run(item["bot_id"], item["entity_type"], item["entity_id"])

    def _card(self, item: Json) -> bool:
        return self.desk.office.card(item["entity_type"], item["entity_id"]) is not None

    def stop(self, request: AmoRequest) -> Reply:
        """Stop one on a lead. Raises AmoRefusal (404 if it does not work there)."""
        item, bot = request.map(), request.number("id")
        if item.get("entity_type") != "leads":
            raise AmoRefusal(400, "Only bots of leads can be stopped")
        for run in self.desk.office.runs:
            if (run.bot, run.kind, run.card, run.state) == (bot, "leads", item.get("entity_id"), "waiting"):
                run.state = "stopped"
                return Reply(202)
        raise AmoRefusal(404)

    def continue_(self, request: AmoRequest) -> Reply:
        """Let a bot go on. Raises AmoRefusal (404 if it does not stand still, as after the first time)."""
        for_administrators(self.desk, request)
        run = self._waiting(request)
        item = request.map()
        self._judge(item, request)
        run.state = "continued"
        run.result = item.get("data", {})
        for handler in item.get("execute_handlers", []):
            if handler["handler"] == "show":
                run.shown.append(handler["params"]["value"])
            else:
                run.exit = handler["params"]
        return Reply(202)

    def _waiting(self, request: AmoRequest) -> AmoBotRun:
        address = f"{request.address}{request.path}"
        for run in self.desk.office.runs:
            if run.state == "waiting" and run.return_url.partition("/api/")[2] == address.partition("/api/")[2]:
                return run
        raise AmoRefusal(404, "No such bot waits")

    def _judge(self, item: Json, request: AmoRequest) -> None:
        judge = Judge(self.desk.problems, f"POST {request.path}")
        if judge.shape("0", item, _CONTINUE):
            handlers = item.get("execute_handlers", [])
            if len(handlers) > MOST_HANDLERS:
                judge.says("0", LENGTH, "execute_handlers")
            for place, handler in enumerate(handlers):
                if wrong := _wrong(handler):
                    judge.says("0", CHOICE, f"execute_handlers.{place}.{wrong}")
        judge.settle()


def _wrong(handler: Any) -> str:
    """What is wrong with a handler; empty if nothing is."""
    if not isinstance(handler, dict) or not isinstance(handler.get("params"), dict):
        return "params"
    params = handler["params"]
    if handler.get("handler") == "goto":
        return "" if str(params.get("type")) in _STEPS else "params.type"
    if handler.get("handler") != "show":
        return "handler"
    if str(params.get("type")) not in _SHOWN:
        return "params.type"
    if not isinstance(params.get("value"), str) or len(params["value"]) > LONGEST_TEXT:
        return "params.value"
    buttons = params.get("buttons", [])
    return "" if isinstance(buttons, list) and len(buttons) <= MOST_BUTTONS else "params.buttons"
