"""Links to CRMs: their settings, secrets and states."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border, limits
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.crm.states import OTHER_WAY, LinkState
from chatapp_cli.domain.errors import NotFound, Refused, StoreError, UsageError
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.journal.links import (
    CatchUpAsked,
    CaughtUp,
    LinkAdded,
    LinkEnding,
    LinkForgotten,
    LinkGranted,
    LinkResumed,
    LinkStateChanged,
    PlaceMended,
    RobotsChanged,
)
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.ports.bind import Bound

NEW = "not_connected"
"""The code of a link of which no session has begun yet."""
_NEXT: Final = "next_link"
"""Whose stored option, named by the kind of CRM, is the key of the address of the next link."""
_ENDING: Final = "ending"
"""Whose stored option tells of a link since when it is being removed: the statements of links read it."""
_SINCE: Final = "since"
ACCESS: Final = "link access"
"""Whose stored options tell of a link how far the CRM lets it in, see ``link_access``."""


def everything(tx: Tx) -> list[LinkRow]:
    """All links, the oldest first."""
    return tx.all(LinkRow, "links.all", now=tx.now)


def one(tx: Tx, link: LinkId) -> LinkRow:
    """A link by number. Raises NotFound."""
    found = tx.one(LinkRow, "links.one", id=link, now=tx.now)
    if found is None:
        raise NotFound(T("There is no CRM link {n}.", n=link), T("See them with: {how}", how=to_do(Next.LINKS)))
    return found


def find(tx: Tx, named: str = "") -> LinkRow:
    """A link by number, address or kind; without a name the only one. Raises NotFound and UsageError."""
    rows = everything(tx)
    fitting = [row for row in rows if not named or named in {str(row.id), row.account, row.title, row.kind}]
    if len(fitting) == 1:
        return fitting[0]
    if not rows:
        raise NotFound(T("No CRM is linked yet."), T("Link one: {how}", how=to_do(Next.LINK)))
    if not fitting:
        raise NotFound(T("No CRM {name} is linked.", name=named), T("See them with: {how}", how=to_do(Next.LINKS)))
    numbers = ", ".join(f"{row.id} ({row.title})" for row in fitting)
    raise UsageError(
        T("Several CRMs are linked."), T("Say which one, by its number: {numbers}", numbers=numbers), field="link"
    )


def bound(tx: Tx, vault: Vault, link: LinkRow) -> Bound:
    """The link with decrypted secrets. Raises StoreError if the key does not decrypt them."""
    return _bound(link, vault.open(tx.value("links.secrets", id=link.id)))


def renewable(tx: Tx, vault: Vault, link: LinkRow) -> Bound:
    """The link to renew; undecryptable secrets are missing and will be asked for."""
    try:
        return bound(tx, vault, link)
    except StoreError:
        return _bound(link, {})


def _bound(link: LinkRow, secrets: Mapping[str, str]) -> Bound:
    from chatapp_cli.ports.bind import Bound

    return Bound(
        account=link.account,
        title=link.title,
        settings=link.settings,
        facts=link.facts,
        secrets=secrets,
        hook_key=link.hook_key,
    )


def next_hook_key(tx: Tx, kind: str, fresh: str) -> str:
    """The key of the address of the next link to a kind of CRM: the ``fresh`` one, or one that is kept till it is used.

    A form shows the address before the link is stored, and people copy it into the CRM. A link that ended leaves its
    own: whoever links the CRM again, which may have been told that address by letter, is called at the same one.
    """
    access.require(tx, Right.CRM)
    known = tx.value("links.next_hook_key", subject=_NEXT, name=kind)
    if known is None:
        tx.run("options.keep", subject=_NEXT, id=0, name=kind, value=fresh)
    return str(known or fresh)


def save(
    tx: Tx, vault: Vault, binding: Bound, *, kind: str, previous: LinkId | None = None, other_way: bool = False
) -> LinkId:
    """Store a new or renewed link; it works once the CRM has given tokens.

    ``other_way``: it goes another way from now on, so that the places of its pairings are none of it.

    Raises Refused if that account of the CRM is linked already, or another link has taken the address.
    """
    access.require(tx, Right.CRM)
    _require_free(tx, binding, kind, previous)
    for name, value in (*binding.settings.items(), *binding.secrets.items()):
        limits.SECRET.require(value, field=name)
    values = {
        "account": binding.account,
        "title": border.name(binding.title),
        "hook_key": binding.hook_key,
        "settings": json.dumps(dict(binding.settings), ensure_ascii=False),
        "facts": json.dumps(dict(binding.facts), ensure_ascii=False),
        "secrets": vault.seal(binding.secrets),
        "state": LinkState.LIMITED,
        "code": NEW,
        "now": tx.now,
    }
    if previous is None:
        previous = LinkId(tx.insert("links.add", kind=kind, **values))
        tx.run("options.forget", subject=_NEXT, id=0, name=kind)
    else:
        tx.run("links.renew", id=previous, **values)
        tx.run("options.drop", subject=_ENDING, id=previous)
        tx.run("options.drop", subject=ACCESS, id=previous)
        if other_way:
            tx.run("pairings.misplace", link=previous, code=OTHER_WAY)
    tx.emit(LinkAdded(link=previous, kind=kind, title=binding.title))
    return previous


def _require_free(tx: Tx, binding: Bound, kind: str, previous: LinkId | None) -> None:
    for other in (row for row in everything(tx) if row.id != previous):
        if (other.kind, other.account) == (kind, binding.account):
            raise Refused(
                "crm_linked",
                T("{title} is linked already.", title=other.title),
                T("Renew that link: {how}", how=to_do(Next.LINK_AGAIN, link=other.id)),
            )
        if other.hook_key == binding.hook_key:
            raise Refused(
                "address_used",
                T("The address that was shown here belongs to {title} meanwhile.", title=other.title),
                T("Begin again: {how}", how=to_do(Next.LINK)),
            )


def granted(tx: Tx, link: LinkId) -> None:
    """Begin a session anew, because the CRM gave tokens."""
    tx.run("links.restart", id=link)
    tx.emit(LinkGranted(link=link), actor=PROGRAM)


def webhook(tx: Tx, link: LinkRow, manifest: CrmManifest, public_url: str) -> str:
    """The address at which a CRM tells us what happens; empty for those who may not link one: it has a secret part."""
    return f"{public_url}/hooks/{link.hook_key}/{manifest.hook}" if access.has(tx, Right.CRM) else ""


def set_state(tx: Tx, link: LinkId, state: LinkState, code: str = "", detail: str = "", *, look: float = 0.0) -> None:
    """Record a change of state; ``look``: in how many seconds a link that a person has to mend tries by itself."""
    detail = border.name(detail)
    tx.run(
        "links.set_state",
        id=link,
        state=state,
        same_state=state,
        works=int(state is LinkState.OK),
        code=code,
        same_code=code,
        detail=detail,
        look_at=_look_at(tx, look),
        now=tx.now,
    )
    tx.emit(LinkStateChanged(link=link, state=state, code=code, detail=detail), actor=PROGRAM)


def look_again(tx: Tx, link: LinkId, *, look: float) -> None:
    """Record in how many seconds a link that still does not work tries by itself."""
    tx.run("links.look_again", id=link, look_at=_look_at(tx, look))


def _look_at(tx: Tx, look: float) -> Millis:
    return tx.now + int(look * 1000) if look else 0


def prove(tx: Tx, link: LinkId) -> None:
    """Record that the link works now."""
    tx.run("links.prove", id=link, now=tx.now)


def open_gap(tx: Tx, link: LinkId) -> None:
    """Record that what employees wrote since the last look may be missing, until it is caught up."""
    tx.run("links.open_gap", id=link, now=tx.now)


def close_gap(tx: Tx, link: LinkId, *, chats: int, found: int) -> None:
    """Record that everything was caught up: the next look begins where this one did."""
    tx.run("links.close_gap", id=link)
    if found:
        tx.emit(CaughtUp(link=link, chats=chats, found=found), actor=PROGRAM)


def learn(tx: Tx, link: LinkId, tells: Sequence[str]) -> None:
    """Record what the CRM can be told, or tells, beside messages: its manifest is not asked in each transaction."""
    tx.run("links.learn", id=link, tells=" ".join(tells))


def resume(tx: Tx, link: LinkId) -> None:
    """Let a link try again now, and tell what waits: a person knows that the reason is gone."""
    access.require(tx, Right.REPAIR)
    require_staying(one(tx, link))
    tx.run("ledger.hurry", link=link)
    tx.run("holds.hurry", link=link, now=tx.now)
    tx.emit(LinkResumed(link=link))


def ask_catch_up(tx: Tx, link: LinkId) -> None:
    """Have the link look now for what employees wrote and nobody delivered."""
    access.require(tx, Right.REPAIR)
    require_staying(one(tx, link))
    tx.emit(CatchUpAsked(link=link))


def require_called(about: CrmManifest, link: LinkRow) -> None:
    """Raise Refused for a link of which nothing comes back, since the CRM does not call it."""
    way = about.one_way_of(link.settings)
    if way is not None:
        raise Refused(
            "one_way",
            T("Nothing comes here from {title}: it is linked {way}.", title=link.title, way=way.label),
            T("Link it in the other way: {how}", how=to_do(Next.LINK_AGAIN, link=link.id)),
        )


def no_rules(link: LinkRow) -> Refused:
    """That rules have no say in any card of a link."""
    return Refused(
        "no_rules",
        T("{title} makes the cards by itself: rules have no say in it.", title=link.title),
        T("Set the pipeline in the settings of its places there."),
    )


def mended(tx: Tx, link: LinkId, place: str, settings: str) -> None:
    """Record that a person had settings of a place in the CRM changed."""
    access.require(tx, Right.CRM)
    one(tx, link)
    tx.emit(PlaceMended(link=link, place=border.name(place), settings=settings))


def robots_changed(tx: Tx, link: LinkId, installed: int) -> None:
    """Record that a person had our robots installed in the CRM, or taken away."""
    access.require(tx, Right.CRM)
    one(tx, link)
    tx.emit(RobotsChanged(link=link, installed=installed))


def require_robots(about: CrmManifest, link: LinkRow) -> None:
    """Raise Refused for a link that has no robots: only automations that call us can have them."""
    if about.has_robots(link.settings):
        return
    way = about.one_way_of(link.settings)
    if not about.robots or way is None:
        raise Refused("no_robots", T("{title} has no robots of ours.", title=link.title))
    raise Refused(
        "no_robots",
        T("{title} is linked {way}, and its automations cannot call this desk.", title=link.title, way=way.label),
        T("Robots need the other way of linking: {how}", how=to_do(Next.LINK_AGAIN, link=link.id)),
    )


def require_staying(link: LinkRow) -> None:
    """Raise Refused for a link that is being removed: nothing is built up again in the CRM."""
    if link.ending is not None:
        raise Refused(
            "being_removed",
            T("{title} is being removed.", title=link.title),
            T("Have it removed now: {how}", how=to_do(Next.UNLINK, link=link.id)),
        )


def require_settled(tx: Tx, link: LinkRow, *, force: bool) -> None:
    """Raise Refused for a link that still owes the CRM something, unless ``force`` says that it may."""
    now = one(tx, link.id)
    if now.waiting and not force:
        raise Refused(
            "still_owing",
            T("{title} still has to be told {n} things.", title=now.title, n=now.waiting),
            T("Wait until it is told, or use --force."),
        )


def begin_removal(tx: Tx, link: LinkRow, *, force: bool) -> None:
    """End the work of a link for good: what comes next is that the CRM is rid of what it made there, see ``removed``.

    Without ``force`` raises Refused if it still owes the CRM something.
    """
    access.require(tx, Right.CRM)
    if one(tx, link.id).ending is not None:
        return
    require_settled(tx, link, force=force)
    tx.run("options.keep", subject=_ENDING, id=link.id, name=_SINCE, value=str(tx.now))
    tx.emit(LinkEnding(link=link.id))


def removed(tx: Tx, link: LinkRow, left: Text | None = None) -> bool:
    """Remove a link of which the removal began, with what is known of it; false if somebody else did.

    ``left``: why the CRM could not be rid of what the link made there. It needs no right: who began it had that.
    """
    now = next((row for row in everything(tx) if row.id == link.id), None)
    if now is None or now.ending is None:
        return False
    tx.run("pairings.remember", link=link.id)
    tx.run("links.remove", id=link.id)
    tx.run("options.keep", subject=_NEXT, id=0, name=link.kind, value=link.hook_key)
    tx.run("options.drop", subject=_ENDING, id=link.id)
    tx.run("options.drop", subject=ACCESS, id=link.id)
    tx.emit(LinkForgotten(link=link.id, kind=link.kind, title=link.title, left=None if left is None else str(left)))
    return True
