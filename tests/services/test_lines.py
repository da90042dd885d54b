"""Lines and the channels on them: one kind a line, one account a store, nothing lost by mistake."""

import pytest

from chatapp_cli.domain.access import Acting, Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, operators, sending
from chatapp_cli.services.acting import visibility
from chatapp_cli.store.rows.channels import ChannelRow
from tests.stores import EVERYTHING, Shop


def channel_row(shop: Shop, number: int) -> ChannelRow:
    return shop.read(lambda tx: channels.one(tx, number))


@pytest.mark.req("S-032")
def test_the_only_line_need_not_be_named(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no line yet"):
        shop.read(lines.find)
    shop.line("Опт")
    assert shop.read(lines.find).name == "Опт"
    shop.line("Розница")
    with pytest.raises(UsageError, match="several lines"):
        shop.read(lines.find)
    assert [shop.read(lambda tx, w=w: lines.find(tx, w)).name for w in ("Розница", "1")] == ["Розница", "Опт"]


@pytest.mark.req("S-003", part="traffic and access of a line")
def test_a_line_has_a_name_of_its_own(shop: Shop) -> None:
    opt, retail = shop.line(" Опт "), shop.line("Розница")
    for name, error in (("Опт", Refused), ("  ", UsageError), ("12", UsageError)):
        with pytest.raises(error):
            shop.line(name)
    with pytest.raises(Refused):
        shop.write(lambda tx: lines.rename(tx, retail, "Опт"))
    shop.write(lambda tx: lines.rename(tx, opt, "Опт и мелкий опт"))
    assert [line.name for line in shop.read(lines.everything)] == ["Опт и мелкий опт", "Розница"]


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_a_line_takes_no_name_of_one_that_is_hidden_from_who_renames_it(shop: Shop) -> None:
    own, _hidden = shop.line("Опт"), shop.line("Розница")
    shop.write(lambda tx: operators.add(tx, "Пётр", "", [own]))
    shop.write(lambda tx: operators.allow(tx, "Пётр", {Right.LINES}, ()))
    shop.acting = Acting("Пётр", account=True, lines=(own,))
    seen = visibility(shop.acting, shop.database.driver.dialect)
    for deed in (
        lambda tx: lines.add(tx.through(seen), "Розница"),
        lambda tx: lines.rename(tx.through(seen), own, " Розница "),
    ):
        with pytest.raises(Refused, match="There is a line Розница already"):
            shop.write(deed)
    shop.write(lambda tx: lines.rename(tx, own, " Опт и розница "))
    assert [line.name for line in shop.read(lines.everything)] == ["Опт и розница", "Розница"]


@pytest.mark.req("S-003", part="traffic and access of a line")
def test_a_line_joins_channels_and_counts_what_they_brought(shop: Shop) -> None:
    line = shop.line("Опт")
    first, second = shop.channel(kind="mail", line=line), shop.channel(kind="chat", line=line)
    shop.hear(first)
    shop.hear(second)
    found = shop.read(lines.find)
    assert (found.channels, found.dialogs, found.unread) == (2, 2, 2)
    with pytest.raises(Refused, match="2 dialogs would be lost"):
        shop.write(lambda tx: lines.remove(tx, found, force=False))
    shop.write(lambda tx: lines.remove(tx, found, force=True))
    assert (shop.read(lines.everything), shop.read(channels.everything)) == ([], [])


@pytest.mark.req("S-004")
def test_a_kind_is_bound_once_on_a_line_and_an_account_once_in_a_store(shop: Shop) -> None:
    line = shop.line("Опт")
    shop.channel(kind="mail", line=line, account="a@example.org")
    with pytest.raises(Refused) as kind:
        shop.channel(kind="mail", line=line, account="b@example.org")
    with pytest.raises(Refused) as account:
        shop.channel(kind="mail", account="a@example.org")
    assert (kind.value.code, account.value.code) == ("kind_bound", "account_bound")
    shop.channel(kind="chat", line=line, account="a@example.org")
    shop.channel(kind="mail", account="b@example.org")
    assert len(shop.read(channels.everything)) == 3


def test_a_renewed_binding_keeps_its_place_unless_it_brings_a_new_one(shop: Shop) -> None:
    number = shop.channel(kind="mail", account="a", cursor="7", secrets={"token": "old"}, hook_key="h")
    row = channel_row(shop, number)
    for cursor, kept in ((None, "7"), ("9", "9")):
        new = Bound(account="a", title="Новая", secrets={"token": "new"}, hook_key="h", cursor=cursor)
        shop.write(
            lambda tx, new=new: channels.save(tx, shop.vault, new, line=row.line_id, kind="mail", previous=number)
        )
        bound = shop.read(lambda tx: channels.bound(tx, shop.vault, channels.one(tx, number)))
        assert (bound.title, bound.secrets, bound.cursor, bound.hook_key) == ("Новая", {"token": "new"}, kept, "h")
    assert channel_row(shop, number).revision == row.revision + 2


def test_a_channel_is_found_by_number_account_or_kind_and_asks_where_that_is_not_enough(shop: Shop) -> None:
    first = shop.channel(kind="mail", account="a@example.org")
    second = shop.channel(kind="mail", account="b@example.org")
    found = {name: shop.read(lambda tx, n=name: channels.find(tx, n)).id for name in (str(first), "b@example.org")}
    assert found == {str(first): first, "b@example.org": second}
    with pytest.raises(UsageError, match="several times"):
        shop.read(lambda tx: channels.find(tx, "mail"))
    line = channel_row(shop, second).line_id
    assert shop.read(lambda tx: channels.find(tx, "mail", line=line)).id == second
    with pytest.raises(NotFound):
        shop.read(lambda tx: channels.find(tx, "vk"))


def test_what_still_waits_to_be_sent_keeps_a_channel_bound(shop: Shop) -> None:
    number = shop.channel()
    dialog = shop.message(shop.hear(number)).dialog_id
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="да"), shop.order()))
    row = channel_row(shop, number)
    with pytest.raises(Refused, match="1 messages still wait"):
        shop.write(lambda tx: channels.unbind(tx, row, force=False))
    shop.write(lambda tx: channels.unbind(tx, row, force=True))
    assert shop.read(channels.everything) == []


def test_what_a_channel_has_is_deleted_in_pieces_before_it_is_unbound(shop: Shop) -> None:
    number, other = shop.channel(), shop.channel(kind="mail", account="other@example.org")
    kept = shop.hear(other)
    for client in ("anna", "boris", "vera"):
        for _ in range(4):
            shop.hear(number, who=client)
    row = channel_row(shop, number)
    deleted = []
    while n := shop.write(lambda tx: channels.clear(tx, 5, channel=row)):
        deleted.append(n)
    assert max(deleted) <= 5
    assert sum(deleted) == 12 + 3 + 12, "messages, dialogs and arrivals"
    assert shop.message(kept).text == "Здравствуйте"
    shop.write(lambda tx: channels.unbind(tx, row, force=False))


def test_a_channel_takes_its_dialogs_along_only_by_force(shop: Shop) -> None:
    number, other = shop.channel(), shop.channel(kind="mail", account="other@example.org")
    shop.hear(number)
    row = channel_row(shop, number)
    with pytest.raises(Refused, match=r"dialogs \(1\) and their messages \(1\)") as refused:
        shop.write(lambda tx: channels.unbind(tx, row, force=False))
    assert refused.value.code == "has_dialogs"
    empty = channel_row(shop, other)
    shop.write(lambda tx: channels.unbind(tx, empty, force=False))
    shop.write(lambda tx: channels.unbind(tx, row, force=True))
    assert shop.read(channels.everything) == []


def test_only_options_can_be_changed_without_binding_again(shop: Shop) -> None:
    number = shop.channel(settings={"host": "mail.example.org", "links": "off"})
    option = Field(name="links", label=T("Links"), kind="flag", option=True)
    fields = (Field(name="host", label=T("Host")), option)
    manifest = Manifest(
        kind="mail", title=T("Mail"), label="M", source_id=1, summary=T("Mail"), capabilities=EVERYTHING, fields=fields
    )
    row = channel_row(shop, number)
    for changes in ({"host": "x"}, {"links": "maybe"}):
        with pytest.raises(UsageError):
            shop.write(lambda tx, c=changes: channels.configure(tx, row, manifest, c))
    shop.write(lambda tx: channels.configure(tx, row, manifest, {"links": "on"}))
    bound = shop.read(lambda tx: channels.bound(tx, shop.vault, channels.one(tx, number)))
    assert bound.settings == {"host": "mail.example.org", "links": "on"}
