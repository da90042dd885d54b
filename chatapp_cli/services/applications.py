"""Applications: documents that a provider requires to be signed before a channel works (S-088)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.application import ApplicationStage, may_become
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import ApplicationId, LineId
from chatapp_cli.domain.journal.company import ApplicationMoved
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import ApplicationDocument
from chatapp_cli.services import access, lines, words
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.channels import ApplicationRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx


def everything(tx: Tx, *, line: LineId | None = None, kind: str = "") -> list[ApplicationRow]:
    """Applications, the latest first."""
    rows = tx.all(ApplicationRow, "applications.all")
    return [row for row in rows if line in {None, row.line_id} and kind in {"", row.kind}]


def one(tx: Tx, application: ApplicationId) -> ApplicationRow:
    """An application by number."""
    found = tx.one(ApplicationRow, "applications.one", id=application)
    if found is None:
        raise NotFound(
            T("There is no application {n}.", n=application), T("See them with: {how}", how=to_do(Next.APPLICATIONS))
        )
    return found


def approved(tx: Tx, *, line: LineId, kind: str) -> bool:
    """Whether the provider has approved it."""
    return any(row.state == ApplicationStage.APPROVED for row in everything(tx, line=line, kind=kind))


def add(tx: Tx, vault: Vault, *, line: LineId, kind: str, title: str, answers: Mapping[str, str]) -> ApplicationId:
    """Store an application with valid answers; its document is made on demand."""
    access.require(tx, Right.APPLICATIONS)
    lines.seen(tx, line)
    for name, answer in answers.items():
        limits.SECRET.require(answer, field=name)
    made = tx.insert(
        "applications.add",
        line_id=line,
        kind=kind,
        state=ApplicationStage.READY,
        title=title,
        sealed=vault.seal(answers),
        now=tx.now,
    )
    tx.emit(ApplicationMoved(application=made, title=title, stage=ApplicationStage.READY))
    return ApplicationId(made)


def answers(tx: Tx, vault: Vault, application: ApplicationId) -> Mapping[str, str]:
    """The answers of the form. Raises StoreError if the key does not decrypt them."""
    return vault.open(tx.value("applications.answers", id=application))


def keep_document(tx: Tx, media: Media, application: ApplicationId, statement: ApplicationDocument) -> ApplicationRow:
    """Store the document as first made: the signed document must not change."""
    access.require(tx, Right.APPLICATIONS)
    if not one(tx, application).document_sha256:
        sha256 = media.put(statement.content)
        tx.run("applications.document", id=application, sha256=sha256, name=statement.name)
    return one(tx, application)


def document(media: Media, row: ApplicationRow) -> bytes:
    """The stored document. Raises NotFound if it is missing or was altered."""
    path = media.path(row.document_sha256)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != row.document_sha256:
        raise NotFound(
            T("The document of application {n} is not in the store any more.", n=row.id),
            T("Restore the folder {folder} from your backup, or make a new application.", folder=media.root),
        )
    return content


def move(tx: Tx, application: ApplicationId, stage: ApplicationStage, *, reason: str = "") -> None:
    """Change the stage. Raises Refused for an invalid transition, and for a rejection without a reason."""
    access.require(tx, Right.APPLICATIONS)
    found = one(tx, application)
    if not may_become(ApplicationStage(found.state), stage):
        raise Refused(
            "no_such_step",
            T("Application {n} is: {state}.", n=application, state=words.stage(found.state)),
            T("See what can follow: {how}", how=to_do(Next.APPLICATION_STAGES)),
        )
    if stage is ApplicationStage.REJECTED and not reason.strip():
        raise Refused("no_reason", T("A rejection needs a reason."), T("Give it with --reason."))
    limits.REASON.require(reason, field="reason")
    tx.run("applications.move", id=application, was=found.state, state=stage, reason=reason.strip(), now=tx.now)
    tx.emit(ApplicationMoved(application=application, title=found.title, stage=stage, reason=reason.strip()))
