"""Rights are asked at the head of whatever changes the store, and nothing changes it but a service."""

import ast
import re

from chatapp_cli.domain.access import RIGHTS, ROLES, Right, Role
from tests.meta.rights import CODE, PUBLIC, SERVICES, WITHOUT_A_RIGHT, _calls, _changes_store

ASKING_IN_ANOTHER_WAY = {
    "session_requests.ask": "ABILITIES",
    "channels.set_secret": "PROXIES",
    "operators.set_password": "USERS",
    "acts.perform": "access.require(call.tx, ",
    "act_messages.send": "access.require(call.tx, Right.",
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
    "acting.in_name_of": "a chain goes on under the name of the message's first author",
    "alarm_messages.send": "an alarm is the program's, and what was written of it too",
    "alarm_messages._accept": "an alarm is the program's, and so is a trial of it",
    "crm_intake._as_author": "an employee of a CRM writes, whom no account of ours stands for",
    "auto_run._carry_out": "a rule acts under its own name, with the rights that rules have",
    "robots.carry_out_of": "an automation of a CRM works, for an employee whom no account of ours may stand for",
    "runs._withdraw": "the daemon cancels what an automation of a CRM does not wait for any more",
    "crm_places.configure": "an administrator of a CRM chose it there, whom no account of ours stands for",
    "crm_owners._assign": "an employee of a CRM changed a card, whom no account of ours stands for",
    "approvals._announce": "a mail about a template is the program's, whoever moved the template",
}
"""Services that let a part of the program act in their transaction, each with the reason."""
MEANT = {
    "employees.map_to": "whose messages are an employee's",
    "employees._join": "the same",
    "replies.invite": "who is invited",
    "replies.uninvite": "who is invited no longer",
}
"""Services that are told an operator beside whoever acts."""
NOT_ASKED_YET = {
    Right.BACKUPS: "there is no command for backups yet",
    Right.BLACKLIST: "a blacklist belongs to a dialog yet, and an operator may use that",
}


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
