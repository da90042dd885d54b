"""Filling in an application: ask the connector's form until it is valid, store it, and make its document."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.form import Field, Notice
from chatapp_cli.domain.ids import ApplicationId, LineId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.connector import TakesApplication
from chatapp_cli.services import applications
from chatapp_cli.store.rows.channels import ApplicationRow


async def apply(company: Company, ask: Asker, *, line: LineId, kind: str) -> ApplicationId:
    """Ask until the answers are valid. Raises what the asker raises, and Refused if no application is needed."""
    await asyncio.to_thread(company.require, Right.APPLICATIONS)
    workspace = await asyncio.to_thread(_workspace, company, kind)
    answers = await _filled(workspace, ask, await asyncio.to_thread(_latest_answers, company, line, kind))
    title = workspace.applicant(answers)
    return await asyncio.to_thread(
        company.write,
        lambda tx: applications.add(tx, company.vault, line=line, kind=kind, title=title, answers=answers),
    )


async def _filled(workspace: TakesApplication, ask: Asker, values: Mapping[str, str]) -> Mapping[str, str]:
    form, slips = workspace.application(), dict[str, Text]()
    while True:
        answers = await ask.form(replace(form, values=values, errors=slips))
        slips = dict(workspace.slips(answers))
        if not slips:
            return answers
        values = answers


def _latest_answers(company: Company, line: LineId, kind: str) -> Mapping[str, str]:
    """The previous answers, so that after a rejection only the mistake must be corrected."""
    rows = company.read(lambda tx: applications.everything(tx, line=line, kind=kind))
    return company.read(lambda tx: applications.answers(tx, company.vault, rows[0].id)) if rows else {}


def _workspace(company: Company, kind: str) -> TakesApplication:
    connector: object = company.connector(kind) if manifest(kind).capabilities.application else None
    if not isinstance(connector, TakesApplication):
        raise Refused(
            "no_application",
            T("{channel} needs no application.", channel=manifest(kind).title),
            T("Bind it: {how}", how=to_do(Next.BIND, kind=kind)),
        )
    return connector


def filled_in(company: Company, row: ApplicationRow) -> Mapping[str, str]:
    """The answers by the form's labels in the current language."""
    answers = company.read(lambda tx: applications.answers(tx, company.vault, row.id))
    fields = _workspace(company, row.kind).application().fields
    return {show(field.label): _label(field, answers[field.name]) for field in fields if answers.get(field.name)}


def _label(field: Field, answer: str) -> str:
    return next((show(choice.label) for choice in field.choices if choice.value == answer), answer)


def document(company: Company, application: ApplicationId) -> tuple[str, bytes]:
    """Name and content of an application's document; made once and then unchanged."""
    row = company.read(lambda tx: applications.one(tx, application))
    if not row.document_sha256:
        row = _made(company, row)
    return row.document_name, applications.document(company.media, row)


def _made(company: Company, row: ApplicationRow) -> ApplicationRow:
    answers = company.read(lambda tx: applications.answers(tx, company.vault, row.id))
    statement = _workspace(company, row.kind).statement(answers, row.created_at)
    return company.write(lambda tx: applications.keep_document(tx, company.media, row.id, statement))


async def warn(company: Company, ask: Asker, *, line: LineId, kind: str) -> None:
    """Warn when a channel is bound before its application is approved; many have a contract of their own."""
    if not manifest(kind).capabilities.application:
        return
    if await asyncio.to_thread(company.read, lambda tx: applications.approved(tx, line=line, kind=kind)):
        return
    await ask.show(
        Notice(
            title=T("No application for {channel} was approved on this line.", channel=manifest(kind).title),
            lines=[
                T("Without a contract the provider will refuse every message."),
                T("If you have one already, go on; otherwise: {how}", how=to_do(Next.NEW_APPLICATION, kind=kind)),
            ],
        )
    )
