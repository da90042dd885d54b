"""Which services change the store, and which of them ask for no right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from chatapp_cli.services.effects import EFFECTS
from chatapp_cli.store.named import statements

CODE = Path(__file__).parents[2] / "chatapp_cli"


CHANGES = {
    name for name, sql in statements("sqlite").items() if re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM) \w", sql)
}


WRITING = {"run", "insert", "tell", "emit"}


READING = {"one", "all", "value"}


A_SESSION = "what a channel's session reports; no person asks for it"


A_CRM = "what a CRM's session reports; no person asks for it"


ONLY_PART = "a step of a service that has asked already"


A_FOLLOWER = "the daemon works for a rule, which somebody made who had the right to"


AN_ACT = "an act in the name of a rule: the services that it uses ask for its rights"


A_TIMER = "the daemon's timer does it for everybody"


AN_EFFECT = "an effect of an event, whoever caused it"


A_PROCESS = "a process of the program takes its place, whoever started it"


A_LOGIN = "proved by a password or a token, before anybody acts"


WHAT_HAPPENED = "says what happened, whoever was at work"


WITHOUT_A_RIGHT = {
    "alarm_messages.confirm": A_TIMER,
    "alarm_messages.send": A_TIMER,
    "alarms.begin_telling": A_TIMER,
    "alarms.heal": WHAT_HAPPENED,
    "alarms.raise_": WHAT_HAPPENED,
    "alarms.record_told": A_TIMER,
    "alarms.replace": WHAT_HAPPENED,
    "alterations.catch_up": A_SESSION,
    "alterations.apply_deletion": A_SESSION,
    "alterations.apply_edit": A_SESSION,
    "alterations.apply_reactions": A_SESSION,
    "answer_buttons.after_edit": ONLY_PART,
    "answer_buttons.keep": ONLY_PART,
    "answer_buttons.note_press": A_SESSION,
    "answer_buttons.reword": ONLY_PART,
    "auto_answers.claim_for_robot": ONLY_PART,
    "auto_calls.again": A_FOLLOWER,
    "auto_calls.begin": AN_ACT,
    "auto_calls.claim": A_FOLLOWER,
    "auto_calls.end": A_FOLLOWER,
    "auto_calls.put_back": A_FOLLOWER,
    "auto_calls.recover": A_FOLLOWER,
    "auto_calls.renewed": ONLY_PART,
    "auto_calls.secret_of": A_FOLLOWER,
    "auto_robots.run": AN_ACT,
    "auto_rules.cancel": ONLY_PART,
    "distribution.give_to": ONLY_PART,
    "auto_crm.comment": AN_ACT,
    "auto_giving.assign": AN_ACT,
    "auto_giving.distribute": AN_ACT,
    "auto_giving.join": AN_ACT,
    "auto_giving.would_get": AN_ACT,
    "auto_clock.woken": A_TIMER,
    "auto_clock.work": A_FOLLOWER,
    "auto_plan.asked": A_FOLLOWER,
    "auto_plan.follow": A_FOLLOWER,
    "auto_plan.halt": A_FOLLOWER,
    "auto_preview.begun": "a rule is tried, and nothing is kept",
    "auto_plan.judge_again": A_FOLLOWER,
    "auto_plan.plan": A_FOLLOWER,
    "auto_plan.time_has_come": A_TIMER,
    "auto_run.give_up": A_FOLLOWER,
    "auto_run.work": "each act of a rule asks for its own",
    "auto_webhook.call": AN_ACT,
    "channels.look_again": A_SESSION,
    "channels.prove": A_SESSION,
    "channels.set_health": A_SESSION,
    "contacts.confirmed": A_SESSION,
    "crm_presence.go": ONLY_PART,
    "crm_chats.find": A_CRM,
    "crm_changes.as_it_stands": A_CRM,
    "crm_changes.forget": A_CRM,
    "crm_changes.note": A_CRM,
    "crm_first.refuse": A_CRM,
    "crm_authors.sign": A_CRM,
    "crm_intake.apply": A_CRM,
    "crm_intake.apply_each": A_CRM,
    "crm_intake.die": A_CRM,
    "crm_intake.keep": A_CRM,
    "crm_intake.keep_and_apply": A_CRM,
    "crm_intake.put_off": A_CRM,
    "crm_intake.reject": A_CRM,
    "crm_owner_effects.on_assigned": AN_EFFECT,
    "crm_owner_effects.on_settled": AN_EFFECT,
    "crm_intake.strand": A_CRM,
    "crm_looks.done": A_CRM,
    "crm_looks.keep": A_CRM,
    "crm_upkeep.delete_abandoned": A_TIMER,
    "crm_uploads.asked": ONLY_PART,
    "crm_uploads.keep": A_CRM,
    "crm_uploads.sweep": A_TIMER,
    "crm_upkeep.delete_applied": A_TIMER,
    "crm_history.feed": A_CRM,
    "crm_history.halt": ONLY_PART,
    "crm_signs.on_reactions": AN_EFFECT,
    "crm_signs.on_read": AN_EFFECT,
    "crm_steps.expect": A_CRM,
    "crm_targets.chat": A_CRM,
    "crm_typing.client_typed": A_SESSION,
    "crm_typing.employee_typed": A_CRM,
    "dialogs.show_last": ONLY_PART,
    "duties.wake": A_TIMER,
    "crm_owed.on_echoed": AN_EFFECT,
    "crm_owed.on_received": AN_EFFECT,
    "crm_owed.on_state": AN_EFFECT,
    "crm_owed.on_text": AN_EFFECT,
    "crm_owed.on_withdrawn": AN_EFFECT,
    "robots.carry_out": "each act asks for its own",
    "robots.carry_out_of": A_CRM,
    "robots.expect": A_CRM,
    "run_deadline.passed": A_TIMER,
    "runs.advance": AN_EFFECT,
    "runs.begin": ONLY_PART,
    "runs.give_up": A_TIMER,
    "runs.keep": ONLY_PART,
    "runs.on_request": AN_EFFECT,
    "runs.on_state": AN_EFFECT,
    "runs.settle_late": A_CRM,
    "runs.told_by": ONLY_PART,
    "session_requests.withdraw": ONLY_PART,
    "session_requests.claim": A_SESSION,
    "session_requests.done": A_SESSION,
    "session_requests.failed": A_SESSION,
    "session_requests.interrupted": A_SESSION,
    "faults.settle": A_TIMER,
    "files.here": A_SESSION,
    "files.later": A_SESSION,
    "files.missing": A_SESSION,
    "following.begin": ONLY_PART,
    "following.end": ONLY_PART,
    "following.follow": "a worker's own place in the journal",
    "ingest.apply": A_SESSION,
    "ingest.ingest": A_SESSION,
    "alterations.let_happen": A_SESSION,
    "joining.move_early": A_SESSION,
    "joining.go_on": A_SESSION,
    "joining.join": A_SESSION,
    "joining.readdress": A_SESSION,
    "contact_news.learn": ONLY_PART,
    "crm_stages.learn_names": A_SESSION,
    "crm_stages.record": A_SESSION,
    "peers.apply_change": A_SESSION,
    "peers.dialog_of": A_SESSION,
    "peers.respell": A_SESSION,
    "peers.meet": A_SESSION,
    "peers.apply_move": A_SESSION,
    "delivery_reports.apply_delivery": A_SESSION,
    "delivery_reports.apply_early": A_SESSION,
    "delivery_reports.move_on": A_SESSION,
    "delivery_reports.apply_read": A_SESSION,
    "ingest.set_aside": A_SESSION,
    "journal.delete_live": A_TIMER,
    "lease.ask": A_PROCESS,
    "lease.beat": A_PROCESS,
    "lease.leave": A_PROCESS,
    "lease.take": A_PROCESS,
    "lease.ask_no_longer": A_PROCESS,
    "memory.save": A_SESSION,
    "memory.swap": A_SESSION,
    "mails.keep_arrived": A_SESSION,
    "mails.keep_written": ONLY_PART,
    "crm_holds.arranged": A_CRM,
    "crm_holds.claim": A_CRM,
    "crm_holds.die": A_CRM,
    "crm_holds.hold": A_CRM,
    "crm_holds.lost": A_CRM,
    "crm_holds.settle": A_CRM,
    "crm_elsewhere.left": ONLY_PART,
    "crm_elsewhere.told": A_SESSION,
    "crm_holds.skip": A_CRM,
    "crm_owners.apply": A_CRM,
    "employees.recognise": A_CRM,
    "crm_places.configure": A_CRM,
    "crm_route_record.settled": A_CRM,
    "ledger.again": A_CRM,
    "links.removed": "it ends what a person with the right began",
    "ledger.begin": A_CRM,
    "crm_owed.came_from": A_CRM,
    "ledger.certain": A_CRM,
    "ledger.claim": A_CRM,
    "ledger.die": A_CRM,
    "crm_owed.expect": A_CRM,
    "crm_owed.owe_comment": A_CRM,
    "crm_owed.keep_text": A_CRM,
    "crm_owed.owe_owner": ONLY_PART,
    "crm_owed.owe_sign": ONLY_PART,
    "ledger.recover": A_CRM,
    "crm_owed.refuse_arrival": A_CRM,
    "crm_owed.refuse_text": A_CRM,
    "crm_owed.refuse_unplaced": A_CRM,
    "ledger.take_back": A_CRM,
    "ledger.settle": A_CRM,
    "ledger.skip": A_CRM,
    "crm_questions.answered": A_CRM,
    "crm_questions.claim": A_CRM,
    "crm_questions.failed": A_CRM,
    "crm_questions.forget": "whoever asked is done with it",
    "crm_questions.recover": A_CRM,
    "crm_owed.owe_remark": ONLY_PART,
    "links.close_gap": A_CRM,
    "links.granted": A_CRM,
    "link_access.record": A_CRM,
    "links.learn": A_CRM,
    "links.look_again": A_CRM,
    "links.open_gap": A_CRM,
    "links.prove": A_CRM,
    "links.set_state": A_CRM,
    "pairings.detached_there": A_CRM,
    "pairings.places_told": A_CRM,
    "pairings.refused": A_CRM,
    "rule_looks.record": A_CRM,
    "rule_troubles.note": A_CRM,
    "rule_versions.keep": ONLY_PART,
    "login_attempts.begin": A_LOGIN,
    "login_attempts.begin_by": A_LOGIN,
    "login_attempts.succeeded": A_LOGIN,
    "login_attempts.succeeded_by": A_LOGIN,
    "operators.close_session": A_LOGIN,
    "operators.open_session": A_LOGIN,
    "operators.rehash": A_LOGIN,
    "operators.saw": A_LOGIN,
    "onward.continue_chain": A_TIMER,
    "options.change": ONLY_PART,
    "options.drop": ONLY_PART,
    "options.drop_with_line": ONLY_PART,
    "options.save": ONLY_PART,
    "packing.learn_dictionaries": A_TIMER,
    "packing.replace": A_TIMER,
    "retention.forget_dictionaries": A_TIMER,
    "retention.sweep": A_TIMER,
    "outbox.begin": A_SESSION,
    "outbox.claim": A_SESSION,
    "outbox.fail": A_SESSION,
    "outbox.delay": A_SESSION,
    "outbox.leave_uncertain": A_SESSION,
    "outbox.note_attempt": A_SESSION,
    "outbox.pause": A_SESSION,
    "outbox.pause_strangers": A_SESSION,
    "outbox.postpone": A_SESSION,
    "outbox.promote": A_TIMER,
    "outbox.show_pause": A_SESSION,
    "outbox.succeed": A_SESSION,
    "outbox.unpause": A_SESSION,
    "presence.beat": "says where a window is, and only of what its person sees",
    "presence.gone": "says where a window is, and only of what its person sees",
    "presence.look": "says where a window is, and only of what its person sees",
    "presence.typing": "says where a window is, and only of what its person sees",
    "state_changes.answer_failed": WHAT_HAPPENED,
    "state_changes.show": ONLY_PART,
    "templates.put": ONLY_PART,
    "timers.cancel": "whoever sets a timer asks for the right to what it does",
    "timers.fire": A_TIMER,
    "timers.put": "whoever sets a timer asks for the right to what it does",
    "timers.delay": A_TIMER,
    "upkeep.clock_went_back": A_TIMER,
    "upkeep.delete_crm_events": A_TIMER,
    "upkeep.delete_early_changes": A_TIMER,
    "upkeep.delete_expired": A_TIMER,
    "voice.claim": "the transcriber's own",
    "voice.give_up": "the transcriber's own",
    "voice.save_text": "the transcriber's own",
    "voice.release": "the transcriber's own",
}
"""Public writing functions that ask for no right, each with the reason."""


def _calls(node: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]


def _changes_store(call: ast.Call) -> bool:
    """Whether a call on a transaction writes: by its name, or because the statement that it names does."""
    assert isinstance(call.func, ast.Attribute)
    if not _is_transaction(call.func.value):
        return False
    named = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    return call.func.attr in WRITING or (call.func.attr in READING and bool(named & CHANGES))


def _is_transaction(node: ast.AST) -> bool:
    """Whether it is ``tx``, or the one that an object was made with."""
    named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return named in {"tx", "_tx"}


class _Services:
    """Every function of the services, and what it calls of them."""

    def __init__(self) -> None:
        self.bodies: dict[str, ast.FunctionDef] = {}
        self.calls: dict[str, set[str]] = {}
        """What a function, or a class with all its methods, uses."""
        self._changes: set[str] = set()
        """What changes the store by itself."""
        for path in sorted((CODE / "services").glob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            known = _imported(tree)
            for node in tree.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    name = f"{path.stem}.{node.name}"
                    self.calls[name] = _used(node, path.stem, known)
                    self._changes |= {name} if any(map(_changes_store, _calls(node))) else set()
                if isinstance(node, ast.FunctionDef):
                    self.bodies[name] = node

    def writing(self) -> set[str]:
        """Functions that change the store, by themselves, through another or through a class."""
        found = set(self._changes)
        while more := {name for name, used in self.calls.items() if used & found} - found:
            found |= more
        return found & self.bodies.keys()


def _imported(tree: ast.Module) -> dict[str, str]:
    """What a module calls other services and their functions."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chatapp_cli.services"):
            module = (node.module or "").removeprefix("chatapp_cli.services").strip(".")
            for one in node.names:
                found[one.asname or one.name] = f"{module}.{one.name}" if module else one.name
    return found


def _used(node: ast.AST, module: str, known: dict[str, str]) -> set[str]:
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
            found.add(known.get(one.id, f"{module}.{one.id}"))
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in known:
            found.add(f"{known[one.value.id]}.{one.attr}")
    return found


SERVICES = _Services()


EFFECTS_RUN = {
    f"{one.run.__module__.rpartition('.')[2]}.{one.run.__name__}" for all_of in EFFECTS.values() for one in all_of
}
"""They happen with an event, whoever caused it, and so ask for no right."""


PUBLIC = {name for name in SERVICES.writing() if not name.partition(".")[2].startswith("_")} - EFFECTS_RUN
