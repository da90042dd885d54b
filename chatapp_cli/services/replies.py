"""Quick replies: sections, their editors, and the replies themselves (S-135 to S-140)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain import buttons, limits, variables
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import is_name
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import by_name, fold
from chatapp_cli.domain.ids import Millis, QuickReplyId, SectionId
from chatapp_cli.domain.journal.company import (
    EditorInvited,
    EditorUninvited,
    ReplyAdded,
    ReplyEdited,
    ReplyRemoved,
    SectionAdded,
    SectionRemoved,
    SectionRenamed,
)
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.name import sound
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.text import T, is_whole
from chatapp_cli.services import access
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.replies import AnySection, QuickReplyRow, SectionRef, SectionRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import FileKind

_DIGITS = 18
"""The most digits that a number of a reply can have."""

# Sections


def sections(tx: Tx) -> list[SectionRow]:
    """All sections with their numbers of replies, by name."""
    return sorted(tx.all(SectionRow, "replies.sections"), key=lambda row: by_name(row.name))


def section(tx: Tx, named: str) -> SectionRow:
    """A section by name, ignoring case, or by number."""
    every = sections(tx)
    named_so = (row for row in every if fold(row.name) == fold(named))
    found = next(named_so, None) or next((row for row in every if str(row.id) == named.strip()), None)
    if found is None:
        raise NotFound(
            T("There is no section {name}.", name=named),
            T("Known sections: {known}", known=", ".join(row.name for row in every) or "–"),
        )
    return found


def section_called(tx: Tx, name: str) -> SectionRef | None:
    """The section of this name, ignoring case. Raises UsageError for what is no text."""
    _require_whole(name=name)
    return next(iter(tx.all(SectionRef, "replies.section_called", folded=fold(name))), None)


def add_section(tx: Tx, name: str) -> SectionId:
    """Add a section; everybody may edit it until somebody is invited."""
    access.require(tx, Right.REPLIES)
    _require_free(tx, name)
    made = SectionId(tx.insert("replies.add_section", name=name.strip(), folded=fold(name)))
    tx.emit(SectionAdded(name=name.strip()))
    return made


def rename_section(tx: Tx, row: SectionRow, name: str) -> None:
    """Rename a section."""
    access.require(tx, Right.REPLIES)
    require_may_edit(tx, row)
    _require_free(tx, name, but=row.id)
    tx.run("replies.rename_section", id=row.id, name=name.strip(), folded=fold(name))
    tx.emit(SectionRenamed(name=name.strip()))


def remove_section(tx: Tx, row: SectionRow, *, force: bool) -> None:
    """Remove a section; with replies only by ``force``, because they are removed too."""
    access.require(tx, Right.REPLIES)
    require_may_edit(tx, row)
    if row.replies and not force:
        raise Refused(
            "section_in_use",
            T("Section {name} has quick replies: {n}. They would go with it.", name=row.name, n=row.replies),
            T("Remove them first, or use --force."),
        )
    tx.run("replies.drop_section", id=row.id)
    tx.emit(SectionRemoved(name=row.name))


def _require_free(tx: Tx, name: str, *, but: SectionId | None = None) -> None:
    _require_whole(name=name)
    if not sound(name):
        raise UsageError(T("A section needs a name."), field="name")
    if any(row.id != but for row in tx.all(SectionRef, "replies.section_called", folded=fold(name))):
        raise Refused(
            "section_exists", T("There is a section {name} already.", name=name.strip()), T("Choose another name.")
        )


# Who may edit


def editors(tx: Tx, number: SectionId) -> list[str]:
    """The invited editors of a section; empty: everybody may edit it."""
    return sorted(tx.all(str, "replies.editors", section=number), key=by_name)


def may_edit(tx: Tx, number: SectionId) -> bool:
    """Whether the acting operator may change a section and its replies."""
    invited = editors(tx, number)
    return not invited or tx.name in invited


def require_may_edit(tx: Tx, row: AnySection) -> None:
    """Raise Refused, naming whom to ask, unless the acting operator was invited."""
    if not may_edit(tx, row.id):
        raise Refused(
            "not_an_editor",
            T("{operator} may not edit the section {name}.", operator=tx.name, name=row.name),
            T("Ask one of its editors to be invited: {names}", names=", ".join(editors(tx, row.id))),
        )


def _require_may_invite(tx: Tx, row: AnySection) -> None:
    """Raise Refused unless the acting operator is an editor or may open others' sections (also for themselves)."""
    if not access.has(tx, Right.SECTIONS):
        require_may_edit(tx, row)


def invite(tx: Tx, row: AnySection, operator: str) -> None:
    """Let an operator edit a section. The first invitation closes it for all but the two involved."""
    access.require(tx, Right.REPLIES)
    _require_may_invite(tx, row)
    _require_whole(operator=operator)
    if not operator.strip():
        raise UsageError(T("Say who is invited."), field="operator")
    limits.NAME.require(operator.strip(), field="operator")
    for name in (tx.name, operator.strip()):
        if tx.run("replies.invite", section=row.id, operator=name):
            tx.emit(EditorInvited(name=row.name, operator=name))


def uninvite(tx: Tx, row: AnySection, operator: str) -> None:
    """Remove an editor. A section without editors is open to everybody again."""
    access.require(tx, Right.REPLIES)
    _require_may_invite(tx, row)
    if not tx.run("replies.uninvite", section=row.id, operator=operator.strip()):
        raise NotFound(T("{operator} is no editor of the section {name}.", operator=operator.strip(), name=row.name))
    tx.emit(EditorUninvited(name=row.name, operator=operator.strip()))


# Replies


def everything(tx: Tx) -> list[QuickReplyRow]:
    """All replies, by section and title."""
    return sorted(tx.all(QuickReplyRow, "replies.all"), key=_place)


def _place(row: QuickReplyRow) -> tuple[tuple[str, str], tuple[str, str]]:
    return by_name(row.section), by_name(row.title)


def called(tx: Tx, where: SectionId, title: str) -> list[QuickReplyRow]:
    """The replies of a section with this title, ignoring case; more than one only in an old store.

    Raises UsageError for what is no text.
    """
    _require_whole(title=title)
    return tx.all(QuickReplyRow, "replies.called", section=where, folded=fold(title))


def find(tx: Tx, named: str) -> QuickReplyRow:
    """A reply by ``TITLE``, ``SECTION/TITLE`` or number. Raises NotFound, or UsageError if several are meant."""
    found = _named(tx, fold(named)) or _numbered(tx, named.strip())
    if not found:
        raise _no_reply(named)
    if len(found) > 1:
        listed = ", ".join(f"{row.section}/{row.title}" for row in found)
        raise UsageError(T("Which one of these: {names}?", names=listed), field="reply")
    return found[0]


def _named(tx: Tx, wanted: str) -> list[QuickReplyRow]:
    """By title, or by section and title: either may contain a slash."""
    found = tx.all(QuickReplyRow, "replies.titled", folded=wanted)
    for at, letter in enumerate(wanted):
        if letter == "/" and (where := section_called(tx, wanted[:at])) and fold(where.name) == wanted[:at]:
            found += [row for row in called(tx, where.id, wanted[at + 1 :]) if fold(row.title) == wanted[at + 1 :]]
    return sorted({row.id: row for row in found}.values(), key=_place)


def _numbered(tx: Tx, wanted: str) -> list[QuickReplyRow]:
    number = int(wanted) if wanted.isdecimal() and len(wanted) <= _DIGITS else 0
    return tx.all(QuickReplyRow, "replies.numbered", id=number) if str(number) == wanted else []


def _no_reply(named: str) -> NotFound:
    return NotFound(
        T("There is no quick reply {name}.", name=named), T("See them with: {how}", how=to_do(Next.QUICK_REPLIES))
    )


def files(tx: Tx, reply: QuickReplyId) -> list[StagedFile]:
    """The files of a reply."""

    def staged(name: str, mime: str, size: int, sha256: str, kind: FileKind) -> StagedFile:
        return StagedFile(name=name, mime=mime, size=size, sha256=sha256, kind=kind)

    return tx.all(staged, "replies.files", id=reply)


def answer(tx: Tx, row: QuickReplyRow) -> QuickReplyDraft:
    """A reply in editable form, with its files."""
    return QuickReplyDraft(
        title=row.title,
        text=row.text,
        keywords=row.keywords,
        category=row.category,
        files=tuple(files(tx, row.id)),
        buttons=buttons.from_json(row.buttons),
    )


def add(tx: Tx, where: AnySection, new: QuickReplyDraft) -> QuickReplyId:
    """Add a reply. Raises UsageError for missing values, Refused for a title that the section already has."""
    access.require(tx, Right.REPLIES)
    require_may_edit(tx, where)
    _require_valid(tx, where.id, new)
    made = QuickReplyId(tx.insert("replies.add", section=where.id, now=tx.now, **_columns(new)))
    _attach(tx, made, new.files)
    tx.emit(ReplyAdded(title=new.title.strip()))
    return made


def edit(tx: Tx, row: QuickReplyRow, new: QuickReplyDraft, *, into: AnySection | None = None) -> None:
    """Change a reply, or move it to another section; requires the right to edit both."""
    access.require(tx, Right.REPLIES)
    where = _section(tx, row)
    require_may_edit(tx, where)
    if into is not None:
        require_may_edit(tx, into)
        where = into
    _require_valid(tx, where.id, new, but=row.id)
    tx.run("replies.change", id=row.id, section=where.id, now=tx.now, **_columns(new))
    tx.run("replies.detach", id=row.id)
    _attach(tx, row.id, new.files)
    tx.emit(ReplyEdited(title=new.title.strip()))


def remove(tx: Tx, row: QuickReplyRow) -> None:
    """Delete a reply."""
    access.require(tx, Right.REPLIES)
    require_may_edit(tx, _section(tx, row))
    tx.run("replies.drop", id=row.id)
    tx.emit(ReplyRemoved(title=row.title))


def _section(tx: Tx, row: QuickReplyRow) -> AnySection:
    """The current section of a reply, which may have been moved since the row was read. Raises NotFound."""
    now = tx.one(SectionRef, "replies.section_of", id=row.id)
    if now is None:
        raise _no_reply(row.title)
    return now


def count_use(tx: Tx, reply: QuickReplyId) -> None:
    """Count a use; the most used of equal matches comes first."""
    access.require(tx, Right.ANSWER)
    tx.run("replies.used", id=reply)


def _columns(new: QuickReplyDraft) -> dict[str, object]:
    keywords = " ".join(new.keywords.split())
    category = " ".join(new.category.split())
    title = new.title.strip()
    return {
        "title": title,
        "folded": fold(title),
        "text": new.text.strip(),
        "keywords": keywords,
        "category": category,
        "buttons": buttons.as_json(buttons.checked(new.buttons)),
    }


def _attach(tx: Tx, reply: QuickReplyId, attached: Sequence[StagedFile]) -> None:
    for file in attached:
        tx.run(
            "replies.attach",
            id=reply,
            name=file.name,
            mime=file.mime,
            size=file.size,
            sha256=file.sha256,
            kind=file.kind,
        )


def _require_whole(**fields: str) -> None:
    for field, value in fields.items():
        if not is_whole(value):
            raise UsageError(T("This is not text: it contains a NUL or half a character."), field=field)


def _require_short(new: QuickReplyDraft) -> None:
    limits.TITLE.require(new.title.strip(), field="title")
    limits.REPLY.require(new.text.strip(), field="text")
    limits.KEYWORDS.require(new.keywords, field="keywords")
    limits.CATEGORY.require(new.category, field="category")


def _require_valid(tx: Tx, where: SectionId, new: QuickReplyDraft, *, but: QuickReplyId | None = None) -> None:
    _require_whole(title=new.title, text=new.text, keywords=new.keywords, category=new.category)
    if not new.title.strip():
        raise UsageError(T("A quick reply needs a title."), field="title")
    if not new.text.strip() and not new.files:
        raise UsageError(T("A quick reply needs a text or a file."), field="text")
    if new.buttons and not new.text.strip():
        raise UsageError(T("Buttons need a text above them."), T("Write what they answer."), field="text")
    _require_short(new)
    if any(row.id != but for row in called(tx, where, new.title)):
        raise Refused(
            "reply_exists",
            T("The section has a quick reply {title} already.", title=new.title.strip()),
            T("Choose another title, or change that one."),
        )


# Filling them in


def values(card: DialogCard, *, company: str, operator: str, now: Millis, opens: str) -> dict[str, str]:
    """The values of known variables in a dialog; unknown ones are left out. ``opens``: when the line opens next."""
    known = {
        variables.CLIENT: _called(card),
        variables.COMPANY: company,
        variables.OPERATOR: operator,
        variables.LINE: card.line,
        variables.DATE: f"{local(now):%d.%m.%Y}",
        variables.OPENS: opens,
    }
    return {name: value for name, value in known.items() if value.strip()}


def _called(card: DialogCard) -> str:
    """How to address a client: by the address book's name, or their own.

    Never the dialog's name, which is for operators only, and never an address in place of a name.
    """
    addresses = {card.address, card.username, card.phone, card.email, card.key}
    names = (name for name in (card.first_name, card.person) if is_name(name) and name not in addresses)
    return next(names, "")


class FilledReply(NamedTuple):
    """A quick reply as it is sent."""

    text: str
    files: Sequence[StagedFile]
    buttons: Sequence[str]


def filled(tx: Tx, row: QuickReplyRow, known: Mapping[str, str]) -> FilledReply:
    """The final text, with its files and buttons. Raises UsageError that names the missing values."""
    return FilledReply(variables.fill(row.text, known), files(tx, row.id), buttons.from_json(row.buttons))
