"""Following the links, e-mail addresses and phone numbers of a message; nothing else is ever opened."""

from __future__ import annotations

from chatapp_cli.domain import markup
from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.links import Link, find
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action, unless
from chatapp_cli.tui.media import opener
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading.cells import lines


def found(target: MessageTarget) -> list[Link]:
    """The links of a message as it is shown."""
    text = lines(excerpt(target.entry.message.text).text)
    return list(find(markup.read(text).text if target.can.markup else text))


async def follow(page: ActionPage, target: MessageTarget) -> None:
    """Open, write to or copy one of the links."""
    await follow_one(page, found(target))


async def follow_one(page: ActionPage, links: list[Link]) -> None:
    """Open, write to or copy one of these links."""
    link = await _pick(page, links)
    if link is None:
        return
    first = ("open", _("Open {host}", host=link.host)) if link.kind == "url" else ("write", _("Write first"))
    chosen = await page.choose(link.address, [first, ("copy", _("Copy"))], keys=["1", "2"])
    if chosen == "open" and page.app.is_web:
        page.app.open_url(link.url)
    elif chosen == "open":
        await opener.follow(link.url)
    elif chosen == "write":
        await _write_to(page, link.address)
    elif chosen == "copy":
        page.app.copy_to_clipboard(link.address)
        page.say(_("Copied."))


async def _pick(page: ActionPage, links: list[Link]) -> Link | None:
    if len(links) == 1:
        return links[0]
    options = [(str(n), link.text) for n, link in enumerate(links, 1)]
    chosen = await page.choose(_("Which one?"), options, keys=[number for number, _text in options])
    return None if chosen is None else links[int(chosen) - 1]


async def _write_to(page: ActionPage, address: str) -> None:
    """Open the page that searches people, with the address in its box."""
    from textual.widgets import Input

    people = page_named("people")()
    await page.app.push_screen(people)
    people.query(Input).first().value = address


NO_LINK = T("There is no link, address or phone number in this message.")
ACTIONS: dict[str, Action[MessageTarget]] = {
    "follow": message_action(follow, unless(found, NO_LINK), notes=True),
}
