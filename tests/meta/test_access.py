"""Rights are asked at the head of whatever changes the store, and nothing changes it but a service."""

import ast
import re
from pathlib import Path

from chatapp_cli.domain.access import RIGHTS, ROLES, Right, Role
from chatapp_cli.services.effects import EFFECTS
from chatapp_cli.store.named import statements

CODE = Path(__file__).parents[2] / "chatapp_cli"
CHANGES = {
    name for name, sql in statements("sqlite").items() if re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM) \w", sql)
}
WRITING = {"run", "insert", "tell", "emit"}
READING = {"one", "all", "value"}

A_SESSION = "what a channel's session reports; no person asks for it"
ONLY_PART = "a step of a service that has asked already"
A_TIMER = "the daemon's timer does it for everybody"
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
    "alterations.catch_up": A_SESSION,
    "alterations.apply_deletion": A_SESSION,
    "alterations.apply_edit": A_SESSION,
    "alterations.apply_reactions": A_SESSION,
    "channels.look_again": A_SESSION,
    "channels.prove": A_SESSION,
    "channels.set_health": A_SESSION,
    "contacts.confirmed": A_SESSION,
    "dialogs.show_last": ONLY_PART,
    "duties.wake": A_TIMER,
    "session_requests.claim": A_SESSION,
    "session_requests.done": A_SESSION,
    "session_requests.failed": A_SESSION,
    "session_requests.interrupted": A_SESSION,
    "faults.settle": A_TIMER,
    "files.here": A_SESSION,
    "files.later": A_SESSION,
    "files.missing": A_SESSION,
    "following.follow": "a worker's own place in the journal",
    "ingest.apply": A_SESSION,
    "ingest.ingest": A_SESSION,
    "alterations.let_happen": A_SESSION,
    "joining.move_early": A_SESSION,
    "joining.go_on": A_SESSION,
    "joining.join": A_SESSION,
    "joining.readdress": A_SESSION,
    "peers.apply_change": A_SESSION,
    "peers.dialog_of": A_SESSION,
    "peers.meet": A_SESSION,
    "peers.apply_move": A_SESSION,
    "delivery_reports.apply_delivery": A_SESSION,
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
    "login_attempts.begin": A_LOGIN,
    "login_attempts.succeeded": A_LOGIN,
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
    "templates.put": ONLY_PART,
    "timers.cancel": "whoever sets a timer asks for the right to what it does",
    "timers.fire": A_TIMER,
    "timers.put": "whoever sets a timer asks for the right to what it does",
    "timers.delay": A_TIMER,
    "upkeep.clock_went_back": A_TIMER,
    "upkeep.delete_early_changes": A_TIMER,
    "upkeep.delete_expired": A_TIMER,
    "voice.claim": "the transcriber's own",
    "voice.give_up": "the transcriber's own",
    "voice.save_text": "the transcriber's own",
    "voice.release": "the transcriber's own",
}
"""Public writing functions that ask for no right, each with the reason."""
ASKING_IN_ANOTHER_WAY = {
    "session_requests.ask": "ABILITIES",
    "channels.set_secret": "PROXIES",
    "operators.set_password": "USERS",
    "views.add": "_right",
    "views.move": "_require_own",
    "views.remove": "_require_own",
}
"""Those whose right hangs on what they are given, with the word by which their first statement asks."""
IN_ANOTHERS_NAME = {
    "PROGRAM": "a provider reports it, or the program does it by itself",
    "request.actor": "an answer bears the name of whoever asked",
    "row.actor": "a change bears the name of whoever asked for it",
    "claim.row.actor": "a change bears the name of whoever asked for it",
    "name": "a login bears the name that was proved",
    "who.name": "a logout bears the name of whoever had the session",
}
"""What services give to ``emit`` as the actor, each with the reason why it is not whoever acts."""
AS_ANOTHER = {
    "onward.continue_chain": "a chain goes on under the name of the message's first author",
    "alarm_messages.send": "an alarm is the program's, and what was written of it too",
    "alarm_messages._accept": "an alarm is the program's, and so is a trial of it",
    "approvals._announce": "a mail about a template is the program's, whoever moved the template",
}
"""Services that let a part of the program act in their transaction, each with the reason."""
MEANT = {
    "replies.invite": "who is invited",
    "replies.uninvite": "who is invited no longer",
}
"""Services that are told an operator beside whoever acts."""
NOT_ASKED_YET = {
    Right.BACKUPS: "there is no command for backups yet",
    Right.BLACKLIST: "a blacklist belongs to a dialog yet, and an operator may use that",
}


def _calls(node: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]


def _changes_store(call: ast.Call) -> bool:
    """Whether a call on a transaction writes: by its name, or because the statement that it names does."""
    assert isinstance(call.func, ast.Attribute)
    if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "tx"):
        return False
    named = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
    return call.func.attr in WRITING or (call.func.attr in READING and bool(named & CHANGES))


class _Services:
    """Every function of the services, and what it calls of them."""

    def __init__(self) -> None:
        self.bodies: dict[str, ast.FunctionDef] = {}
        self.calls: dict[str, set[str]] = {}
        for path in sorted((CODE / "services").glob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            known = _imported(tree)
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    self.bodies[f"{path.stem}.{node.name}"] = node
                    self.calls[f"{path.stem}.{node.name}"] = _used(node, path.stem, known)

    def writing(self) -> set[str]:
        """Functions that change the store, by themselves or through another."""
        found = {name for name, node in self.bodies.items() if any(map(_changes_store, _calls(node)))}
        while more := {name for name, used in self.calls.items() if used & found} - found:
            found |= more
        return found


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
        if isinstance(one, ast.Name):
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


def first_statement(function: ast.FunctionDef) -> str:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return ast.unparse(body[0])


def test_whatever_changes_the_store_begins_by_asking_for_a_right_or_says_why_not() -> None:
    silent = []
    for name in sorted(PUBLIC - WITHOUT_A_RIGHT.keys()):
        asks = ASKING_IN_ANOTHER_WAY.get(name, "access.require(tx, Right.")
        if asks not in first_statement(SERVICES.bodies[name]):
            silent.append(name)
    assert silent == []


def test_what_asks_for_no_right_still_is_there_and_still_writes() -> None:
    assert WITHOUT_A_RIGHT.keys() - PUBLIC == set()
    assert ASKING_IN_ANOTHER_WAY.keys() - PUBLIC == set()


def test_no_service_is_told_who_acts() -> None:
    told = []
    for path in sorted((CODE / "services").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and f"{path.stem}.{node.name}" not in MEANT:
                names = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
                known = {"actor", "author", "me", "operator"} if "tx" in names else {"actor"}
                told += [f"{path.stem}.{node.name}({name})" for name in names & known]
            elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "actor":
                told.append(f"{path.stem}:{node.lineno}")
    assert told == []


def test_an_event_bears_the_name_of_whoever_acts_or_there_is_a_reason() -> None:
    given = set()
    for path in (CODE / "services").glob("*.py"):
        for call in _calls(ast.parse(path.read_text("utf-8"))):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "emit":
                given |= {ast.unparse(one.value) for one in call.keywords if one.arg == "actor"}
    assert given == IN_ANOTHERS_NAME.keys()


def test_nobody_else_acts_in_a_service_but_for_a_reason() -> None:
    others = set()
    for path in (CODE / "services").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(one.func.attr == "by" for one in _calls(node)):
                others.add(f"{path.stem}.{node.name}")
    assert others == AS_ANOTHER.keys()


def test_each_right_has_words_and_is_asked_somewhere_or_known_to_come() -> None:
    asking = [*(CODE / "services").glob("*.py"), CODE / "ports" / "abilities.py"]
    said = "".join(path.read_text("utf-8") for path in asking)
    asked = {right for right in Right if re.search(rf"\bRight\.{right.name}\b", said)}
    assert set(Right) - asked == set(NOT_ASKED_YET)
    assert set(RIGHTS) == set(Right)
    assert ROLES[Role.OWNER] == set(Right)


def test_no_front_end_changes_the_store_but_through_a_service() -> None:
    outside = [path for path in CODE.rglob("*.py") if path.relative_to(CODE).parts[0] not in {"services", "store"}]
    found = []
    for path in outside:
        calls = _calls(ast.parse(path.read_text("utf-8")))
        found += [f"{path.relative_to(CODE)}:{one.lineno}" for one in calls if _changes_store(one)]
    assert found == []


def test_the_page_for_operators_tells_each_right_as_it_is() -> None:
    page = (CODE.parent / "docs" / "operators.md").read_text("utf-8")
    told = re.findall(r"^\| `([\w-]+)` \| (.+?) \| (yes)? ?\|$", page, re.MULTILINE)
    is_so = [(right, str(what), "yes" if right in ROLES[Role.OPERATOR] else "") for right, what in RIGHTS.items()]
    assert told == is_so


def test_a_message_goes_through_the_composer_whoever_writes_it() -> None:
    def callers(of: str) -> set[str]:
        return {file.stem for file in CODE.rglob("*.py") if f" {of}(" in file.read_text("utf-8")}

    assert callers("sending.enqueue") == {"chains", "composing"}
    assert callers("chains.enqueue_first") == {"composing"}
