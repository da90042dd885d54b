"""Diagnosis: program, store, key, disk, clock, daemon, channels."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from chatapp_cli import __version__
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain import os_words
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.errors import Busy, ChannelError, ChatappError
from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World
from chatapp_cli.runtime import binding, identity, login_token
from chatapp_cli.runtime.alarms import NAME_SOMEBODY, NOBODY_TOLD, recipients
from chatapp_cli.runtime.lease import CurrentHolder, HolderKind, SilentHolder, current_holder, silent_holder
from chatapp_cli.runtime.parts import noted
from chatapp_cli.runtime.readiness import not_stored, prove
from chatapp_cli.services import (
    account_pools,
    alarms,
    channels,
    effects,
    files,
    journal,
    retention,
    waiting,
    words,
)
from chatapp_cli.services.faults import LEAST_SPACE
from chatapp_cli.services.standings import LATE, standing
from chatapp_cli.settings import SOURCES, LoadedSettings
from chatapp_cli.store.drivers import RESTORE
from chatapp_cli.store.migrate import HEAD
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

_SOON = 3.0
"""Seconds that somebody else may need to finish writing."""
SLOW = 0.5
"""Seconds from which storing something counts as slow."""
BUILT = 1_767_225_600_000
"""The beginning of 2026: a correct clock is later."""


def examine(loaded: LoadedSettings, world: World | None = None, *, providers: bool = False) -> Iterator[Finding]:
    """Yield findings for the visible lines; ends if the store does not open.

    With ``providers`` every channel's provider is checked too.
    """
    yield _program()
    yield _settings(loaded)
    yield from _passed_over(loaded)
    try:
        company = open_company(loaded.settings, world, given=loaded.given, make=False)
    except ChatappError as error:
        yield Finding(name="store", ok=False, what=error.what, next_step=error.next_step)
        return
    try:
        seen = identity.as_acting(company, login_token.token(os.environ, company.settings.company))
        yield from _looked(
            seen, (_store, _writable, _effects, _followers, _key, _files, _disk, _clock, _daemon, _alarms, _channels)
        )
        if providers:
            yield from _looked(seen, (_providers,))
    finally:
        company.close()


def _looked(company: Company, looks: Sequence[Callable[[Company], Iterator[Finding]]]) -> Iterator[Finding]:
    for look in looks:
        try:
            yield from look(company)
        except ChatappError as error:
            yield Finding(name=look.__name__.strip("_"), ok=False, what=error.what, next_step=error.next_step)


def _program() -> Finding:
    return Finding(
        name="program",
        ok=sys.version_info >= (3, 11),
        what=T("chatapp {version}, Python {python}", version=__version__, python=platform.python_version()),
        next_step=T("Install Python 3.11 or newer."),
    )


def _settings(loaded: LoadedSettings) -> Finding:
    given = [f"{name} ({_(SOURCES[source])})" for name, source in loaded.sources.items() if source != "default"]
    if not given:
        return Finding(name="settings", ok=True, what=T("Every setting is at its default"))
    return Finding(
        name="settings", ok=True, what=T("Settings that are not the default: {given}", given=", ".join(given))
    )


def _passed_over(loaded: LoadedSettings) -> Iterator[Finding]:
    """Settings in files that are not used; no finding without one."""
    for file, name in loaded.passed_over:
        yield Finding(
            name="setting",
            ok=False,
            what=T("{name} in {file} is passed over: this version knows no such setting there.", name=name, file=file),
            next_step=T("See the known ones with: {how}", how=to_do(Next.SETTINGS)),
        )


def _store(company: Company) -> Iterator[Finding]:
    """The store could be opened; run the database's integrity check, and see what a crash would lose."""
    if company.database.scratch is not None:
        what = T("There is no store in {folder} yet: the first change makes it.", folder=company.settings.folder)
        yield Finding(name="store", ok=True, what=what)
        return
    trouble = company.database.trouble()
    yield Finding(
        name="store",
        ok=not trouble,
        what=T("The store is damaged: {trouble}", trouble=trouble)
        if trouble
        else T(
            "The store is intact: {database}, revision {revision}", database=company.database.version(), revision=HEAD
        ),
        next_step=RESTORE,
    )
    if risks := company.database.risks():
        yield Finding(
            name="store",
            ok=False,
            what=T(
                "PostgreSQL runs with {settings}: if it crashes, messages that were taken over are lost",
                settings=", ".join(risks),
            ),
            next_step=T("Set these to on in postgresql.conf, or by ALTER DATABASE or ALTER ROLE."),
        )


def _writable(company: Company) -> Iterator[Finding]:
    """Another process that keeps everybody from writing; no finding without one."""
    if company.database.scratch is not None:
        return
    company.database.driver.hurry(_SOON)
    try:
        company.write(prove)
    except Busy:
        what, step = not_stored(company, _SOON)
        yield Finding(name="store", ok=False, what=what, next_step=step)
    except ChatappError:
        return  # the disk's and the store's own findings say it


def _key(company: Company) -> Iterator[Finding]:
    """The key must decrypt every channel's secrets and be readable only by its owner."""
    for row in company.read(channels.everything):
        company.bound(row)
    file = company.settings.folder / "secret.key"
    if company.settings.secret_key or not file.exists():
        where = T("The secret key is set in the settings") if company.settings.secret_key else T("No secret key yet")
        yield Finding(name="key", ok=True, what=where)
        return
    open_to_others = bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    yield Finding(
        name="key",
        ok=not open_to_others,
        what=T("Others can read the key file {file}", file=file)
        if open_to_others
        else T("The key file is for its owner alone"),
        next_step=T("Close it: chmod 600 '{file}'", file=file),
    )


def _effects(company: Company) -> Iterator[Finding]:
    """Failing event effects of any process; no finding while all work."""
    for name, why in company.read(effects.broken):
        yield Finding(
            name="effect",
            ok=False,
            what=T("{name} fails and is skipped: {why}", name=name, why=why),
            next_step=T("Report it with the log; what arrives is kept meanwhile."),
        )


def _followers(company: Company) -> Iterator[Finding]:
    """Followers of the journal that stand still, because of which no entry after them is deleted."""
    for one in company.read(retention.stuck):
        yield Finding(
            name="follower",
            ok=False,
            what=T(
                "{name} has not read the journal since {moment}; {n} entries wait for it and are kept",
                name=one.name,
                moment=written(one.since),
                n=one.waiting,
            ),
            next_step=T(
                "Start the daemon; if its package was removed, forget it: {how}",
                how=to_do(Next.FORGET_FOLLOWER, name=one.name),
            ),
        )


def _files(company: Company) -> Iterator[Finding]:
    """Files of messages whose contents are gone; no finding while all that were looked for are there."""
    looked, missing = company.read(partial(files.lost, media=company.media))
    if missing:
        yield Finding(
            name="files",
            ok=False,
            what=T(
                "The content of {n} of {looked} files is lost, such as {name} of message {message}",
                looked=looked,
                n=len(missing),
                name=files.sound_name(missing[0]),
                message=missing[0].message_id,
            ),
            next_step=files.RESTORE,
        )


def _disk(company: Company) -> Iterator[Finding]:
    folder = _existing(company.settings.folder)
    free = shutil.disk_usage(folder).free
    yield Finding(
        name="disk",
        ok=free >= LEAST_SPACE,
        what=T("{n} MB are free in {folder}", n=free // MEGABYTE, folder=folder),
        next_step=T("Free some space: without it nothing can be received."),
    )
    yield from _writing(folder)


def _writing(folder: Path) -> Iterator[Finding]:
    """Write something and have it on the disk; no finding if that works and is fast."""
    try:
        seconds = max(_written(folder) for _ in range(3))
    except OSError as error:
        yield Finding(
            name="disk",
            ok=False,
            what=T("Nothing can be written to {folder}: {why}", folder=folder, why=os_words.why(error)),
            next_step=T("Check the disk, and that the file and its folder belong to the user that runs chatapp."),
        )
        return
    if seconds >= SLOW:
        yield Finding(
            name="disk",
            ok=False,
            what=T(
                "The disk is slow: it took {n} ms to store something in {folder}", n=int(seconds * 1000), folder=folder
            ),
            next_step=T("Look what else uses the disk: everything that arrives or is sent waits for it."),
        )


def _written(folder: Path) -> float:
    """The seconds that it takes until a few bytes are on the disk."""
    began = time.monotonic()
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"doctor" * 700)
        file.flush()
        os.fsync(file.fileno())
    return time.monotonic() - began


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _clock(company: Company) -> Iterator[Finding]:
    """A clock behind stored times would sort new messages before old ones."""
    now = company.world.clock.now()
    proofs = [at for row in company.read(channels.everything) if (at := row.proof_at or 0) > now + LATE]
    newest = max((*(row.at for row in company.read(_newest)), *proofs), default=0)
    step = T("Set the machine's clock, such as by: timedatectl set-ntp true")
    if now >= max(newest, BUILT):
        yield Finding(name="clock", ok=True, what=T("The clock is not behind stored times"))
        return
    what = (
        T("The clock shows {now}, which is before this program was made", now=written(now))
        if now < BUILT
        else T("The clock shows {now}, but something was stored at {newest}", now=written(now), newest=written(newest))
    )
    yield Finding(name="clock", ok=False, what=what, next_step=step)


def _newest(tx: Tx) -> list[JournalEntry]:
    return journal.after(tx, max(0, journal.last(tx) - 1))


def _daemon(company: Company) -> Iterator[Finding]:
    """The process that holds the lease of the store."""
    found, silent = current_holder(company), silent_holder(company)
    yield _owned(found) if silent is None else _silent(silent, has_room=_has_room(company))
    for name, why in noted(company.settings.folder) if found is not None else ():
        yield Finding(
            name="part",
            ok=False,
            what=T("{name} fails and is skipped: {why}", name=name, why=why),
            next_step=T("Look into the daemon's log, mend or uninstall its package, and start the daemon again."),
        )


def _owned(found: CurrentHolder | None) -> Finding:
    if found is None:
        what = T("The daemon is not running: nothing is received")
    elif found.kind is HolderKind.DAEMON:
        what = T("The daemon runs, process {n}", n=found.named)
    elif found.kind is HolderKind.WINDOW:
        what = T("A daemon started by a window is running, process {n}: it stops with the window", n=found.named)
    else:
        what = T(
            "A command holds the store, process {n}; the daemon is not running: nothing is received", n=found.named
        )
    ok = found is not None and found.kind is not HolderKind.COMMAND
    return Finding(name="daemon", ok=ok, what=what, next_step=T("Start it: {how}", how=to_do(Next.SERVE)))


def _has_room(company: Company) -> bool:
    """Whether a heartbeat can be written, as far as this machine's disk matters; root may write more than a daemon."""
    if company.database.driver.dialect != "sqlite":
        return True
    folder = _existing(company.settings.folder)
    try:
        _written(folder)
    except OSError:
        return False
    return shutil.disk_usage(folder).free >= MEGABYTE


def _silent(found: SilentHolder, *, has_room: bool) -> Finding:
    step = (
        T("Look into its log. If it hangs, end it, and start the daemon again: {how}", how=to_do(Next.SERVE))
        if has_room
        else T("Leave it: the disk cannot be written. Mend that, and it goes on by itself.")
    )
    return Finding(
        name="daemon",
        ok=False,
        what=T(
            "The process that carries the store, {n}, gives no sign of life since {moment}",
            n=found.owner.named,
            moment=written(found.since),
        ),
        next_step=step,
    )


def _alarms(company: Company) -> Iterator[Finding]:
    """The open alarms, and that nobody is told of any; no finding without one of these."""
    to = company.whole.read(partial(recipients, company=company))
    if not (to or company.settings.alarm_command) and company.whole.read(channels.everything):
        yield Finding(name="alarms", ok=False, what=NOBODY_TOLD, next_step=NAME_SOMEBODY)
    for one in company.read(alarms.open_alarms):
        what = T("Alarm since {since}: {what}", since=written(one.since), what=alarms.sentence(one))
        step = alarms.next_step(one) or T("Look: {how}", how=to_do(Next.ALARMS))
        yield Finding(name=f"alarm {one.kind} {one.ref}".strip(), ok=False, what=what, next_step=step)


def _channels(company: Company) -> Iterator[Finding]:
    rows, counts, dead = company.read(lambda tx: (channels.everything(tx), waiting.counts(tx), waiting.dead(tx)))
    if not rows:
        yield Finding(name="channels", ok=True, what=T("No channel is bound yet"))
    held, silent = current_holder(company) is not None, silent_holder(company) is not None
    for row in rows:
        yield _standing(company, channels.seen(row, company.manifest(row)), held=held, silent=silent)
        for state in ("uncertain", "failed"):
            if n := counts.get((row.id, state), 0):
                yield _left_over(row, state, n)
        if n := dead.get(row.id, 0):
            yield _dead(row.id, row.title, n)
    yield from _pools(company, rows)


def _providers(company: Company) -> Iterator[Finding]:
    """The check of each channel's receiving and sending, without sending a message."""
    for row in company.read(channels.everything):
        try:
            found = asyncio.run(binding.check(company, row))
        except ChannelError as error:
            what, step = words.why(company.manifest(row), error.code, error.detail)
            found = [Finding(name="check", ok=False, what=what, next_step=step)]
        for one in found:
            yield replace(one, name=f"{row.kind} {one.name}", what=T("{title}: {said}", title=row.title, said=one.what))


def _pools(company: Company, rows: Sequence[ChannelRow]) -> Iterator[Finding]:
    """Pools: accounts that need a person get no new clients."""
    sizes = Counter((row.line_id, row.line, row.kind) for row in rows)
    for (line, name, kind), n in sizes.items():
        found = company.read(partial(account_pools.accounts, line=line, kind=kind)) if n > 1 else ()
        if found:
            working = sum(one.works for one in found)
            yield Finding(
                name=f"line {line}",
                ok=working == len(found),
                what=T("{line}, {kind}: {n} of {all} accounts work", line=name, kind=kind, n=working, all=n),
                next_step=T(
                    "New clients go to the others. Bind another: {how}", how=to_do(Next.BIND_ANOTHER, kind=kind)
                ),
            )


def _standing(company: Company, row: ChannelRow, *, held: bool, silent: bool) -> Finding:
    found = standing(row, company.manifest(row), company.world.clock.now(), held=held, unattended=silent)
    said = T("{title}: {said}", title=row.title, said=found.sentence())
    idle = T("{title}: worked when the daemon last ran", title=row.title)
    return Finding(
        name=f"channel {row.id}",
        ok=found.well,
        what=idle if found.state is ChannelState.WORKING and not held else said,
        next_step=found.next_step,
    )


def _left_over(row: ChannelRow, state: str, n: int) -> Finding:
    what: Text = T("{title}: {n} messages of the last week are {state}", title=row.title, n=n, state=words.state(state))
    return Finding(
        name=f"channel {row.id}", ok=False, what=what, next_step=T("Decide about each: {how}", how=to_do(Next.OUTBOX))
    )


def _dead(channel: ChannelId, title: str, n: int) -> Finding:
    what = T("{title}: {n} arrivals could not be understood", title=title, n=n)
    return Finding(
        name=f"channel {channel}", ok=False, what=what, next_step=T("Look: {how}", how=to_do(Next.DEAD_LETTERS))
    )
