"""What is another's stays another's, whatever a caller passes: the transaction says who acts, and no argument does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from chatapp_cli.domain.access import NOBODY, ROLES, Acting, Right, Role
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.services import drafts, operators, presence, replies, reply_sheet, views
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.services.reply_entries import ReplyEntry, ReplyFile, SectionEntry
from chatapp_cli.store import tables
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.store.rows.replies import QuickReplyRow, SectionRow
from chatapp_cli.store.tx import Tx
from tests.meta.rights import PUBLIC
from tests.stores import Shop

pytestmark = pytest.mark.req("S-128", part="access by lines, assignees")
HER, ME = "Вера", "Пётр"
CLOSED, OPEN = "Её", "Общий"
OTHER = QuickReplyDraft(title="Другое", text="Другое")
UNREAD = DialogFilter(unread=True)
BEGUN = Unsent(Draft(text="Другое"))
WINDOW = "her window"


@dataclass(frozen=True, slots=True)
class Hers:
    """One thing of each kind that is Vera's, and what everybody shares."""

    dialog: DialogId
    view: ViewRow
    section: SectionRow
    reply: QuickReplyRow
    open: SectionRow
    loose: QuickReplyRow
    """A reply in the open section."""

    @property
    def forged_view(self) -> ViewRow:
        """Her view, as if it were somebody else's."""
        return self.view._replace(operator=ME)

    @property
    def forged_section(self) -> SectionRow:
        """Her section under another's name."""
        return self.section._replace(name=OPEN)

    @property
    def forged_reply(self) -> QuickReplyRow:
        """Her reply, as if it stood in the open section, as one does that was moved meanwhile."""
        return self.reply._replace(section=self.open.name, section_id=self.open.id)


def person(name: str) -> Acting:
    return Acting(name, account=True)


@pytest.fixture
def hers(shop: Shop) -> Hers:
    for name in (HER, ME):
        shop.write(lambda tx, name=name: operators.add(tx, name, "", ()))
    dialog = shop.message(shop.hear(shop.channel())).dialog_id

    def settle(tx: Tx) -> None:
        for name in ("Мои", "Ещё"):
            views.add(tx, name, DialogFilter(), own=True)
        drafts.save(tx, dialog, Unsent(Draft(text="Начато")))
        presence.look(tx, WINDOW, dialog)
        for name in (CLOSED, OPEN):
            replies.add_section(tx, name)
            replies.add(tx, replies.section(tx, name), QuickReplyDraft(title=f"Ответ {name}", text="Да"))
        replies.invite(tx, replies.section(tx, CLOSED), HER)

    shop.database.write(lambda tx: settle(tx.by(person(HER))))

    def read(tx: Tx) -> Hers:
        view = views.find(tx, "Ещё")
        closed, loose = (replies.section(tx, name) for name in (CLOSED, OPEN))
        own, shared = (replies.find(tx, f"Ответ {name}") for name in (CLOSED, OPEN))
        return Hers(dialog, view, closed, own, loose, shared)

    found: Hers = shop.database.read(lambda tx: read(tx.by(person(HER))))
    return found


def rows_of(shop: Shop, hers: Hers) -> Mapping[str, list[Any]]:
    """Everything that is hers, as the tables have it."""

    def rows(tx: Tx) -> Mapping[str, list[Any]]:
        wanted = {
            "saved_view": f"operator = '{HER}'",
            "draft": f"operator = '{HER}'",
            "presence": f"operator = '{HER}'",
            "reply_section": f"id = {hers.section.id}",
            "reply_editor": f"section_id = {hers.section.id}",
            "quick_reply": f"section_id = {hers.section.id}",
        }
        assert wanted.keys() <= tables.metadata.tables.keys()
        return {
            table: sorted(map(str, tx.compose(lambda *row: row, f"SELECT * FROM {table} WHERE {these}", {})))
            for table, these in wanted.items()
        }

    found: Mapping[str, list[Any]] = shop.read(rows)
    return found


ATTEMPTS: Mapping[str, Callable[[Tx, Hers], object]] = {
    "views.add under the name of hers": lambda tx, it: views.add(tx, it.view.name, UNREAD, own=True),
    "views.move": lambda tx, it: views.move(tx, it.view, 1),
    "views.move of a row that says it is mine": lambda tx, it: views.move(tx, it.forged_view, 1),
    "views.remove": lambda tx, it: views.remove(tx, it.view),
    "views.remove of a row that says it is mine": lambda tx, it: views.remove(tx, it.forged_view),
    "drafts.save": lambda tx, it: drafts.save(tx, it.dialog, BEGUN),
    "drafts.delete": lambda tx, it: drafts.delete(tx, it.dialog),
    "presence.look": lambda tx, it: presence.look(tx, WINDOW, None),
    "presence.beat": lambda tx, it: presence.beat(tx, WINDOW, None),
    "presence.typing": lambda tx, it: presence.typing(tx, WINDOW, it.dialog),
    "presence.gone": lambda tx, it: presence.gone(tx, WINDOW),
    "replies.rename_section": lambda tx, it: replies.rename_section(tx, it.section, "Новый"),
    "replies.rename_section under another name": lambda tx, it: replies.rename_section(tx, it.forged_section, "Новый"),
    "replies.remove_section": lambda tx, it: replies.remove_section(tx, it.section, force=True),
    "replies.invite of oneself": lambda tx, it: replies.invite(tx, it.section, ME),
    "replies.uninvite": lambda tx, it: replies.uninvite(tx, it.section, HER),
    "replies.add": lambda tx, it: replies.add(tx, it.section, OTHER),
    "replies.edit": lambda tx, it: replies.edit(tx, it.reply, OTHER),
    "replies.edit of a row that says it stands elsewhere": lambda tx, it: replies.edit(tx, it.forged_reply, OTHER),
    "replies.edit into hers": lambda tx, it: replies.edit(tx, it.loose, OTHER, into=it.section),
    "replies.edit out of hers": lambda tx, it: replies.edit(tx, it.reply, OTHER, into=it.open),
    "replies.remove": lambda tx, it: replies.remove(tx, it.reply),
    "replies.remove of a row that says it stands elsewhere": lambda tx, it: replies.remove(tx, it.forged_reply),
    "reply_sheet.take of a reply": lambda tx, it: reply_sheet.take(
        tx, ReplyFile(entries=[ReplyEntry(1, CLOSED, OTHER)])
    ),
    "reply_sheet.take of editors": lambda tx, it: reply_sheet.take(
        tx, ReplyFile(sections=[SectionEntry(1, CLOSED, editors=(ME,))])
    ),
}
NOBODYS = {"replies.add_section": "makes a new one", "replies.count_use": "counts how often everybody uses one"}


def attempt(shop: Shop, who: Acting, name: str, hers: Hers) -> None:
    with suppress(Refused, NotFound):
        shop.database.write(lambda tx: ATTEMPTS[name](tx.by(who), hers))


def test_every_function_that_changes_views_drafts_windows_and_replies_is_tried() -> None:
    modules = {"views", "drafts", "presence", "replies", "reply_sheet"}
    changing = {name for name in PUBLIC if name.partition(".")[0] in modules}
    assert {name.split(" ")[0] for name in ATTEMPTS} | NOBODYS.keys() == changing


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_nobody_edits_what_is_anothers_by_any_argument(shop: Shop, hers: Hers, name: str) -> None:
    before = rows_of(shop, hers)
    given = frozenset(Right) - ROLES[Role.OPERATOR] - {Right.SECTIONS}
    shop.write(lambda tx: operators.allow(tx, ME, given, ()))
    attempt(shop, person(ME), name, hers)
    assert rows_of(shop, hers) == before
    attempt(shop, NOBODY, name, hers)
    assert rows_of(shop, hers) == before


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_whose_it_is_changes_it_by_the_same_call(shop: Shop, hers: Hers, name: str) -> None:
    shop.clock.at += 1
    before = rows_of(shop, hers)
    attempt(shop, person(HER), name, hers)
    assert rows_of(shop, hers) != before


def test_a_row_that_says_it_is_mine_makes_a_shared_view_no_mine(shop: Shop, hers: Hers) -> None:
    shop.write(lambda tx: views.add(tx, "Все", DialogFilter()))
    shared = shop.read(lambda tx: views.find(tx, "Все"))._replace(operator=ME)
    for deed in (lambda tx: views.remove(tx, shared), lambda tx: views.move(tx, shared, 1)):
        with pytest.raises(Refused, match="may not change views that everybody sees"):
            shop.database.write(lambda tx, deed=deed: deed(tx.by(person(ME))))


def test_nobody_sees_anothers_views_drafts_and_mentions(shop: Shop, hers: Hers) -> None:
    def seen(tx: Tx) -> tuple[object, ...]:
        names = [row.name for row in views.seen(tx)]
        return names, drafts.everywhere(tx), drafts.of(tx, hers.dialog), replies.may_edit(tx, hers.section.id)

    assert shop.database.read(lambda tx: seen(tx.by(person(ME)))) == ([], [], None, False)
    begun = Unsent(Draft(text="Начато"))
    assert shop.database.read(lambda tx: seen(tx.by(person(HER)))) == (["Мои", "Ещё"], [hers.dialog], begun, True)


def test_who_has_not_logged_in_has_no_window_that_colleagues_could_see(shop: Shop, hers: Hers) -> None:
    shop.database.write(lambda tx: presence.look(tx.by(NOBODY), "door", hers.dialog))
    shop.database.write(lambda tx: presence.typing(tx.by(NOBODY), "door", hers.dialog))
    assert [row.operator for row in shop.read(presence.everyone)] == [HER]


def test_a_reply_that_is_gone_is_not_edited(shop: Shop, hers: Hers) -> None:
    shop.database.write(lambda tx: replies.remove(tx.by(person(HER)), hers.reply))
    with pytest.raises(NotFound, match="no quick reply Ответ Её"):
        shop.database.write(lambda tx: replies.edit(tx.by(person(HER)), hers.reply, OTHER))
