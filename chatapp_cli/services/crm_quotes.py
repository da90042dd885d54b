"""What an employee's message answers: the message that the CRM names, or the one whose words it quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.ids import DialogId, LinkId, MessageId
from chatapp_cli.services import crm_chats, crm_targets, operators, transcript
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.events import CrmWrote
    from chatapp_cli.domain.manifest import Capabilities

_RECENT: Final = 50
"""Among how many of the last messages the quoted one is looked for."""
_CUT: Final = ("…", "...")
"""At the end of a quote that is not whole."""
_UNSEEN: Final = "\u200b"
"""What we put into brackets, so that a CRM does not obey them."""
_ANSWERED: Final = re.compile("^«[^»]*» ")
"""What we put before an answer there, see ``showing.quote``."""
_PHONE: Final = re.compile(r" \(\+[0-9]+\):")
"""The phone of a group's member, see ``showing.author``."""
_MEMBER: Final = re.compile(r"^.{0,120}? \(\+[0-9]+\):")


def draft(
    tx: Tx, link: LinkId, dialog: DialogId, event: CrmWrote, can: Capabilities, files: Sequence[StagedFile]
) -> Draft:
    """A message of an employee; where the channel cannot quote, or we do not know which message, its words are above.

    A CRM that names no message only has its words (addendum B4).
    """
    quoted = _line(event.quoted)
    named = _named(tx, link, dialog, event)
    meant = [transcript.message(tx, named)] if named is not None else _by_words(tx, dialog, quoted)
    answered = named or next((one.id for one in meant if one.ext_id), None)
    if answered is not None and can.replies:
        return Draft(text=event.text, files=files, reply_to=answered)
    own = next(filter(None, (_line(one.text) for one in meant)), "") or _unsigned(tx, dialog, quoted)
    return Draft(text="\n".join(filter(None, (showing.quote(own), event.text))), files=files)


def _named(tx: Tx, link: LinkId, dialog: DialogId, event: CrmWrote) -> MessageId | None:
    named = crm_chats.message_of(event.quoted_key)
    if named is None and event.quoted_remote:
        named = tx.value("ledger.message_of", link=link, remote=border.external_id(event.quoted_remote))
    return MessageId(named) if named is not None and crm_targets.is_in(tx, dialog, MessageId(named)) else None


def _by_words(tx: Tx, dialog: DialogId, quoted: str) -> Sequence[MessageRow]:
    """The messages with these words, the newest first; those that only begin with them if they were cut."""
    if not quoted:
        return ()
    whole = {quoted, _ANSWERED.sub("", quoted), _PHONE.sub(":", quoted, count=1)}
    recent = [one.message for one in reversed(transcript.latest(tx, dialog, n=_RECENT))]
    same = [one for one in recent if whole & _shown(one)]
    if not same and quoted.endswith(_CUT):
        begun = quoted.rstrip("…. ")
        same = [one for one in recent if any(words.startswith(begun) for words in _shown(one))]
    return [one for one in same if one.deleted_at is None]


def _unsigned(tx: Tx, dialog: DialogId, quoted: str) -> str:
    """Words that no message has, without an author and a phone that only the CRM is told."""
    said = _ANSWERED.sub("", quoted)
    if member := _MEMBER.match(said):
        return said[member.end() :].strip()
    author, _, rest = f"{said} ".partition(": ")
    known = {one.message.author for one in transcript.latest(tx, dialog, n=_RECENT)}
    return rest.strip() if author and author in known | {one.name for one in operators.everything(tx)} else quoted


def _shown(message: MessageRow) -> set[str]:
    """How the words of a message may stand in a CRM: below its subject, behind its author."""
    said = _line(message.text)
    return {said, _line(f"{message.subject} {said}"), f"{message.author}: {said}"} if said else set()


def _line(words: str) -> str:
    return " ".join(words.replace(_UNSEEN, "").split())
