"""The composition root: the only place where settings, store, key, files, clock and randomness are combined."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chatapp_cli.kit.system import TEST_CLOCK, system_world
from chatapp_cli.ports.world import World
from chatapp_cli.services.effects import EFFECTS
from chatapp_cli.settings import Settings, is_private, language_of_mails
from chatapp_cli.store.database import Absent, Database, driver_for
from chatapp_cli.store.drivers import Sqlite
from chatapp_cli.store.media import Media
from chatapp_cli.store.migrate import ensure_current
from chatapp_cli.store.preflight import require_beginning
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.access import Acting, Right
    from chatapp_cli.domain.manifest import Capabilities, Manifest
    from chatapp_cli.ports.bind import Bound
    from chatapp_cli.ports.connector import Connector
    from chatapp_cli.ports.crm import Crm
    from chatapp_cli.services.options import Options
    from chatapp_cli.store.search import Index
    from chatapp_cli.store.visibility import Visibility

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Company:
    """An opened company: everything that a front end or the daemon works with."""

    settings: Settings
    world: World
    database: Database
    media: Media
    vault: Vault
    acting: Acting | None = None
    """Who acts: an operator or a part of the program; ``None``: nobody yet, who may read but change nothing."""
    visibility: Visibility | None = None
    given: frozenset[str] = frozenset()
    """Settings given by a flag or the environment, which no stored option changes."""

    def read(self, job: Callable[[Tx], R]) -> R:
        """Run a read on this thread."""
        return self.database.read(self.seen(job))

    def write(self, job: Callable[[Tx], R]) -> R:
        """Run a write on this thread; durable when it returns."""
        return self.database.write(self.seen(job))

    @property
    def language_of_mails(self) -> str:
        """The language of what the program adds to mails, the same in every process: that of the settings files.

        Empty if they name none: then it is that of the process.
        """
        return language_of_mails(os.environ, self.settings.company)

    @property
    def acting_name(self) -> str:
        """The acting operator's name; empty for nobody."""
        return "" if self.acting is None else self.acting.name

    def require(self, right: Right) -> None:
        """Check a right before a long operation, which checks it again at its end. Raises Refused."""
        from chatapp_cli.services import access

        self.read(lambda tx: access.require(tx, right))

    def seen(self, job: Callable[[Tx], R]) -> Callable[[Tx], R]:
        """The job as the acting operator: under their name, and limited to what they see."""
        acting, visibility = self.acting, self.visibility
        return job if acting is None else lambda tx: job(tx.through(visibility, acting))

    def seen_by(self, acting: Acting) -> Company:
        """The same company with an acting operator."""
        from chatapp_cli.services.acting import visibility

        return replace(self, acting=acting, visibility=visibility(acting, self.database.driver.dialect))

    @property
    def whole(self) -> Company:
        """The same company with the same operator, who sees everything; their rights are unchanged."""
        return replace(self, visibility=None)

    def manifest(self, channel: ChannelRow) -> Manifest:
        """The manifest of a channel's kind."""
        from chatapp_cli.kit.manifests import manifest

        return manifest(channel.kind)

    def capabilities(self, channel: ChannelRow) -> Capabilities:
        """The capabilities of this account."""
        from chatapp_cli.services.channels import capabilities

        return capabilities(self.manifest(channel), channel)

    def connector(self, kind: str) -> Connector:
        """Import and make a connector; may take seconds."""
        from chatapp_cli.kit.manifests import create

        return create(kind, self.world)

    def crm(self, kind: str) -> Crm:
        """Import and make a CRM; may take a second."""
        from chatapp_cli.kit.crms import create

        return create(kind, self.world)

    def bound(self, channel: ChannelRow) -> Bound:
        """A channel's binding with decrypted secrets."""
        from chatapp_cli.services import channels

        return self.read(lambda tx: channels.bound(tx, self.vault, channel))

    @property
    def options(self) -> Options:
        """The settings of this process and the stored options of company, lines and channels."""
        from chatapp_cli.services.options import Options

        return Options(self.settings, self.given)

    @property
    def search(self) -> Index:
        """The search index, beside the store or in its place on this machine."""
        from chatapp_cli.store.search import Index

        return Index((self.database.scratch or self.settings.folder) / "search.db", self.database.driver.url)

    def close(self) -> None:
        """Close the store."""
        self.database.close()


def open_company(
    settings: Settings,
    world: World | None = None,
    *,
    given: frozenset[str] = frozenset(),
    make: bool = True,
    migrating: Callable[[int, int], None] | None = None,
) -> Company:
    """Open a company's store, migrating it if needed; ``given`` is ``Loaded.given``. Raises StoreError.

    Without ``make`` a missing SQLite file is created by the first write, see ``Absent``.
    ``migrating`` is told how many steps of how many are done.
    """
    world = world or _world(settings.folder)
    driver = driver_for(settings.store_url)
    if isinstance(driver, Sqlite):
        require_beginning(driver.path)
    absent = not make and isinstance(driver, Sqlite) and _is_absent(driver.path)
    if not absent:
        ensure_current(driver, settings.folder / "serve.lock", migrating)
    mark = settings.folder / "store.damaged"
    return Company(
        settings=settings,
        world=world,
        database=Absent(driver, world.clock, EFFECTS) if absent else Database(driver, world.clock, EFFECTS, mark=mark),
        media=Media(settings.folder / "media", partial(is_private, env=os.environ)),
        vault=Vault(settings.folder / "secret.key", settings.secret_key),
        given=given,
    )


def _is_absent(file: Path) -> bool:
    """Whether a file certainly does not exist: in an unreadable folder it may."""
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _world(folder: Path) -> World:
    """The real world, except that a test may move its child's clock."""
    world, file = system_world(folder), os.environ.get(TEST_CLOCK)
    if not file:
        return world
    from chatapp_cli.kit.driven import driven

    return replace(world, clock=driven(Path(file)))
