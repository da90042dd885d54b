"""``chatapp robot``: one act for several recipients, as automations of a CRM have it done (S-170 to S-178)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from chatapp_cli.commands import asked, input_checks, printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import amount
from chatapp_cli.commands.served import note_if_unserved
from chatapp_cli.documents import robots as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.robot import ASYNC, DETAIL, FILE, NO, ROBOTS, STATUS, YES, Robot, read_detail
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.domain.ids import Millis, RunId
    from chatapp_cli.services.robot_results import RobotOutcome
    from chatapp_cli.services.robot_yaml import RobotStep
    from chatapp_cli.store.rows.robots import RunRow
    from chatapp_cli.store.tx import Tx

app = noun()


@app.command("list", cls=Verb)
def list_(*, as_json: Json = False) -> None:
    """List the robots with their fields."""
    if as_json:
        from chatapp_cli.services import acts

        found = [documents.robot(one, repeatable=acts.ACTS[one.code].repeatable) for one in ROBOTS.values()]
        printing.document(found)
        return
    rows = [(one.spelled, show(one.title), ", ".join(_named(one))) for one in ROBOTS.values()]
    printing.table((_("Robot"), _("Name"), _("Fields")), rows)


def _named(robot: Robot) -> Sequence[str]:
    """The fields, with a star those that have to be filled in."""
    return [f"{one.name}*" if one.required else one.name for one in robot.fields]


@app.command(cls=Verb)
def run(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="ROBOT", help=N_("Robot, such as send-message"))] = "",
    *,
    phone: Annotated[str, typer.Option(help=N_("Phones, separated by commas or semicolons"))] = "",
    chat_id: Annotated[str, typer.Option(help=N_("Chat ids or @usernames, separated alike"))] = "",
    messenger: Annotated[str, typer.Option(help=N_("As in the field of messengers of a CRM's card"))] = "",
    message: Annotated[str, typer.Option(help=N_("Text"))] = "",
    first_name: Annotated[str, typer.Option(help=N_("First name of a new contact, in Telegram"))] = "",
    last_name: Annotated[str, typer.Option(help=N_("Last name of a new contact, in Telegram"))] = "",
    responsible: Annotated[str, typer.Option(help=N_("Operator who becomes responsible for the dialog"))] = "",
    tags: Annotated[str, typer.Option(help=N_("Tags, separated by commas or semicolons"))] = "",
    action: Annotated[str, typer.Option(help=N_("What to do with the tags: attach or detach"))] = "",
    title: Annotated[str, typer.Option(help=N_("Name of a chat or a group"))] = "",
    group_id: Annotated[str, typer.Option("--group", help=N_("Chat id of a group, or the number of its dialog"))] = "",
    members: Annotated[str, typer.Option(help=N_("Phones, @usernames or chat ids, separated alike"))] = "",
    file: Annotated[
        str,
        typer.Option(
            "--file",
            "--document",
            metavar="FILE",
            help=N_("File or document to send; without a robot, robots as YAML; - reads it"),
        ),
    ] = "",
    line_id: Annotated[str, typer.Option("--line", help=N_("Line, by name or number; needed only with several"))] = "",
    channel: Annotated[str, typer.Option("--channel", "-c", help=N_("Channel by kind, account or number"))] = "",
    final: Annotated[
        bool, typer.Option("--async", help=N_("Wait for the messenger's final word, not only until it is accepted"))
    ] = False,
    key: Annotated[str, typer.Option("--idempotency-key", metavar="KEY", help=N_("The same key does it once"))] = "",
    wait: asked.Wait = asked.PATIENCE,
    as_json: Json = False,
) -> None:
    """Run a robot, or several from a file in their order. Exit code 1 if it was not done for everybody."""
    given = {
        "phone": phone,
        "chat_id": chat_id,
        "messenger": messenger,
        "message": message,
        "first_name": first_name,
        "last_name": last_name,
        "responsible": responsible,
        "tags": tags,
        "action": action,
        "title": title,
        "group_id": group_id,
        "members": members,
        "line_id": line_id,
        "channel": channel,
        ASYNC.name: YES if final else "",
    }
    steps = _steps(code, {name: value for name, value in given.items() if value}, file)
    with opened(ctx) as company, ExitStack() as stack:
        prepared = _prepared(company, steps, stack)
        key = key or company.world.chance.key()
        outcomes = _in_order(company, prepared, key, seconds=wait, several=not code, as_json=as_json)
        if any(one.waits for one in outcomes):
            note_if_unserved(company)
    raise typer.Exit(0 if all(one.good for one in outcomes) else 1)


def _steps(code: str, given: Mapping[str, str], file: str) -> Sequence[RobotStep]:
    from chatapp_cli.services import robot_yaml

    if code:
        robot = robot_yaml.find(code)
        of_file = FILE if robot.file is None else robot.file
        return [robot_yaml.step(code, {**given, **({of_file.name: file} if file else {})})]
    if not file or given:
        raise UsageError(T("No robot is named."), T("See them with: chatapp robot list"), field="code")
    what = T("The file of robots")
    try:
        return robot_yaml.read(input_checks.standard_input() if file == "-" else input_checks.file(file, what))
    except FileNotFoundError as error:
        raise UsageError(T("There is no file {n}.", n=file), field="file") from error
    except OSError as error:
        why = error.strerror or error
        raise UsageError(T("{file} cannot be read: {why}.", file=file, why=why), field="file") from error


class PreparedStep(NamedTuple):
    """A robot whose files can be read, and lie in the store."""

    step: RobotStep
    files: Sequence[StagedFile]


def _prepared(company: Company, steps: Sequence[RobotStep], stack: ExitStack) -> Sequence[PreparedStep]:
    """The robots with their files, before the first of them does anything. Raises NotFound for an unreadable file."""
    from chatapp_cli.commands.staging import staging

    take = stack.enter_context(staging(company))
    return [PreparedStep(one, _taken(one, take)) for one in steps]


def _taken(step: RobotStep, take: Callable[[Path], StagedFile]) -> Sequence[StagedFile]:
    named = step.robot.files(step.arguments)
    return [take(Path(one.strip())) for one in named.split(";") if one.strip()]


class CarriedOutStep(NamedTuple):
    """A robot that was carried out."""

    run: RunId
    outcome: RobotOutcome


def _in_order(
    company: Company, steps: Sequence[PreparedStep], key: str, *, seconds: float, several: bool, as_json: bool
) -> Sequence[RobotOutcome]:
    """Do one after the other and print how each fared; JSON is one document, printed in any case.

    If it stops half-way, it is told under which key the same command goes on.
    """
    begun: list[RunId] = []
    done: list[CarriedOutStep] = []
    try:
        for number, one in enumerate(steps):
            until = company.world.clock.now() + int(seconds * 1000)
            begun.append(_begun(company, one, f"{key} {number}", until))
            done.append(CarriedOutStep(begun[-1], _settled(company, begun[-1], until)))
            _tell(company, one, done[-1], several=several, as_json=as_json)
    finally:
        if as_json and (done or several):
            found = [documents.outcome(one.step.robot, *its) for one, its in zip(steps, done, strict=False)]
            printing.document(found if several else found[0])
        if begun and len(done) < len(steps):
            _tell_of_key(key, len(done), len(steps))
    return [one.outcome for one in done]


def _tell(company: Company, one: PreparedStep, its: CarriedOutStep, *, several: bool, as_json: bool) -> None:
    """How a robot fared, and on standard error by which number it can be done again."""
    from chatapp_cli.services import robot_retries, runs

    values = its.outcome.values
    if not as_json:
        printing.facts({"robot": one.step.robot.spelled, **values} if several else values)

    def cannot_be_done_again(tx: Tx) -> bool:
        return robot_retries.obstacle(tx, runs.one(tx, its.run), runs.parts(tx, its.run)) is not None

    if its.outcome.good or company.read(cannot_be_done_again):
        note("Run: {n}", n=its.run)
    else:
        note("Run: {n}. Do again what was not done: chatapp robot retry {n}", n=its.run)


def _tell_of_key(key: str, done: int, steps: int) -> None:
    note(
        "{done} of {all} robots were run. To go on, repeat the command with: --idempotency-key {key}",
        done=done,
        all=steps,
        key=key,
    )


def _settled(company: Company, number: RunId, until: Millis) -> RobotOutcome:
    """How a run fared, after its end if it waits for that."""
    from chatapp_cli.services import robot_results, runs

    row = company.read(partial(runs.one, run=number))
    if row.final and row.state != runs.ENDED:
        from chatapp_cli.runtime import robot_runs
        from chatapp_cli.runtime.logs import configure

        configure("error")
        asyncio.run(robot_runs.settle(company, number, until=until))
    return company.read(lambda tx: robot_results.of(tx, runs.one(tx, number), company.manifest))


def _begun(company: Company, one: PreparedStep, key: str, until: Millis) -> RunId:
    from chatapp_cli.services import robots, runs
    from chatapp_cli.services.robots import RobotSetting

    setting = RobotSetting(able=company.capabilities, files=one.files)

    def begin(tx: Any) -> RunId:
        number = robots.start(tx, one.step.robot.code, one.step.arguments, key=key, until=until)
        robots.carry_out(tx, runs.one(tx, number), setting)
        return number

    return company.write(begin)


@app.command("runs", cls=Verb)
def runs_(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", parser=amount, help=N_("How many at most"))] = 50,
    as_json: Json = False,
) -> None:
    """List what robots did, the latest first: for whom, and how it ended."""
    from chatapp_cli.services import robot_results, runs

    with opened(ctx) as company:
        found = company.read(
            lambda tx: [(row, robot_results.of(tx, row, company.manifest)) for row in runs.latest(tx, n=limit)]
        )
    if as_json:
        printing.document([documents.run(row, one) for row, one in found])
        return
    heads = (_("Number"), _("When"), _("Robot"), _("State"), _("Result"), _("Details"))
    rows = [(row.id, printing.moment(row.created_at), show(one.title), _state(row), *_shown(one)) for row, one in found]
    printing.table(heads, rows)
    if limit and not found:
        note("No robot has run yet.")


@app.command("read", cls=Verb)
def read_(
    result: Annotated[
        str, typer.Argument(metavar="RESULT", help=N_("Detailed result; - reads it from standard input"))
    ],
    *,
    as_json: Json = False,
) -> None:
    """Read a robot's detailed result, as a card's comment or another program has it: what it says of each recipient."""
    found = read_detail(input_checks.standard_input() if result == "-" else result)
    if as_json:
        printing.document([documents.verdict(one) for one in found])
        return
    heads = (_("Recipient"), _("Result"), _("Code"), _("Details"))
    printing.table(heads, [(one.chat, YES if one.done else NO, one.code, one.message) for one in found])


@app.command(cls=Verb)
def retry(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="RUN", parser=input_checks.number, help=N_("Number of the run"))],
    *,
    wait: asked.Wait = asked.PATIENCE,
) -> None:
    """Do again what a run did not do, for those alone, and print the number of the new run."""
    from chatapp_cli.domain.ids import RunId
    from chatapp_cli.services import robot_retries

    with opened(ctx) as company:
        until = company.world.clock.now() + int(wait * 1000)
        able = company.capabilities
        again = company.write(partial(robot_retries.retry, run=RunId(number), able=able, until=until))
        typer.echo(again)
        done = _settled(company, again, until)
        note("Run {n} does again what was not done: {detail}", n=again, detail=done.values[DETAIL.name])
        if done.waits:
            note("See how it ends with: chatapp robot runs")
            note_if_unserved(company)


def _state(row: RunRow) -> str:
    from chatapp_cli.services import runs

    return {runs.NEW: _("waits"), runs.OPEN: _("under way")}.get(row.state, _("ended"))


def _shown(one: RobotOutcome) -> tuple[str, str]:
    return ("" if one.waits else one.values[STATUS.name], one.values[DETAIL.name])
