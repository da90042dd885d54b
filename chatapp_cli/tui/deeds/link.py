"""Following what a message leads to: links, e-mail addresses, phone numbers. Nothing else is ever opened."""

from __future__ import annotations

from chatapp_cli.domain import markup
from chatapp_cli.domain.links import Link, find
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.tui.deeds.said import Said, deed, unless
from chatapp_cli.tui.hands import Deed, Hands
from chatapp_cli.tui.media import opener
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading.cells import lines


def found(said: Said) -> list[Link]:
    """The links of a message as it is shown."""
    text = lines(said.entry.message.text)
    return list(find(markup.read(text).text if said.can.markup else text))


async def follow(hands: Hands, said: Said) -> None:
    """Open, write to or copy one of them."""
    link = await _pick(hands, found(said))
    if link is None:
        return
    first = ("open", _("Open {host}", host=link.host)) if link.kind == "url" else ("write", _("Write first"))
    chosen = await hands.choose(link.address, [first, ("copy", _("Copy"))], keys=["1", "2"])
    if chosen == "open" and hands.app.is_web:
        hands.app.open_url(link.url)
    elif chosen == "open":
        await opener.follow(link.url)
    elif chosen == "write":
        await _write_to(hands, link.address)
    elif chosen == "copy":
        hands.app.copy_to_clipboard(link.address)
        hands.say(_("Copied."))


async def _pick(hands: Hands, links: list[Link]) -> Link | None:
    if len(links) == 1:
        return links[0]
    options = [(str(n), link.said) for n, link in enumerate(links, 1)]
    chosen = await hands.choose(_("Which one?"), options, keys=[number for number, _said in options[:9]])
    return None if chosen is None else links[int(chosen) - 1]


async def _write_to(hands: Hands, address: str) -> None:
    """The page for writing first, with the address in its box."""
    from textual.widgets import Input

    page = page_named("people")()
    await hands.app.push_screen(page)
    page.query(Input).first().value = address


DEEDS: dict[str, Deed[Said]] = {
    "follow": deed(follow, unless(found, T("There is no link, address or phone number in this message.")), notes=True),
}
