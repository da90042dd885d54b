"""Prepares an outgoing message: what keeps it from being sent, its files, and the transaction that sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from chatapp_cli.domain.draft import MEGABYTE, StagedFile
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import files, obstacles
from chatapp_cli.services.words import why
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.media.paths import named
from chatapp_cli.tui.reading.channel_notice import channel_notice
from chatapp_cli.tui.session.composer_state import ComposerState

if TYPE_CHECKING:
    from chatapp_cli.services.sending import SendOptions
    from chatapp_cli.tui.session.workspace import Workspace

StoreJob: TypeAlias = Callable[[Tx], object]


def refusal_and_warning(
    card: DialogCard, channel: ChannelRow, can: Capabilities, now: Millis
) -> tuple[Refused | None, str]:
    """Why no text can be sent in a dialog, and a warning if it can; ``None`` and empty if there is neither."""
    refusal = obstacles.why_out_of_reach(card) or (obstacles.why_closed(can, card, now) if can.templates else None)
    if refusal is None:
        return None, channel_notice(channel, now)
    if refusal.code == "unreachable" and card.unreachable_code:
        refusal = Refused(refusal.code, *why(manifest(card.kind), card.unreachable_code))
    return refusal, ""


def file_limit(can: Capabilities) -> str:
    """The channel's limits of files, in words."""
    if not can.max_upload:
        return _("This channel carries no files.")
    return _("Up to {n} files of {size} MB.", n=can.max_files, size=can.max_upload // MEGABYTE)


def inspect_file(typed: str) -> StagedFile:
    """A file by its path, before it is copied into the store. Raises NotFound, and Refused as ``named`` does."""
    return files.look(named(typed))


def stage_file(media: Media, typed: str) -> StagedFile:
    """The same file, copied into the store."""
    return files.stage(media, named(typed))


def send_job(
    state: ComposerState, workspace: Workspace, channel: ChannelRow, dialog: DialogId, options: SendOptions
) -> StoreJob:
    """The transaction that sends what was written, or changes the message that it edits."""
    from chatapp_cli.services import later, sending
    from chatapp_cli.services.message_request import InDialog

    draft, editing, can = state.draft(), state.editing, workspace.capabilities(channel)
    if editing is None:
        return workspace.accept(InDialog(dialog), draft, options, signed=not state.unsigned)
    message = editing.message.id
    if not editing.message.ext_id:
        return lambda tx: later.reword(tx, can, message, draft.text)
    return lambda tx: sending.change(tx, can, message, Operation.EDIT, draft.text, options=options)
