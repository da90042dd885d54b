"""What is done with the account of an operator: its password, and which lines and dialogs it sees (S-128)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.ids import LineId
from chatapp_cli.i18n import _
from chatapp_cli.runtime import login
from chatapp_cli.services import lines, operators
from chatapp_cli.tui.account_forms import NewPassword, PickLines

if TYPE_CHECKING:
    from chatapp_cli.services.operators import OperatorAccount
    from chatapp_cli.store.rows.operators import OperatorRow
    from chatapp_cli.tui.action_page import ActionPage
    from chatapp_cli.tui.popups import Take


async def require(page: ActionPage) -> None:
    """Raise Refused for whoever may not change accounts."""
    await page.workspace.store.with_store(partial(page.workspace.company.require, Right.USERS))


async def add(page: ActionPage) -> None:
    """Add an account: name, password, lines."""
    await require(page)

    async def take(name: str) -> bool:
        return await _add_named(page, name)

    await page.prompt(_("Name, as colleagues and the journal know it"), take=take)


async def _add_named(page: ActionPage, name: str) -> bool:
    async def take(secret: str) -> bool:
        async def see(seen: list[LineId]) -> None:
            kept = await _hashed(page, name, secret)
            await page.workspace.write(lambda tx: operators.add(tx, name, kept, seen))

        return await _pick(page, name, (), see)

    return bool(name) and await _secret(page, name, take)


async def set_password(page: ActionPage, name: str) -> None:
    """Set another password, one's own too; logins by the old one end."""
    if name != page.workspace.actor:
        await require(page)

    async def take(secret: str) -> None:
        kept = await _hashed(page, name, secret)
        await page.workspace.write(lambda tx: operators.set_password(tx, name, kept))

    await _secret(page, name, take)


async def choose_lines(page: ActionPage, one: OperatorAccount) -> None:
    """Choose the lines that an operator sees."""
    await require(page)
    name = one.who.name

    async def take(seen: list[LineId]) -> None:
        await page.workspace.write(lambda tx: operators.see_lines(tx, name, seen or None))

    await _pick(page, name, [line.id for line in one.lines or ()], take)


async def turn_only_own(page: ActionPage, who: OperatorRow) -> None:
    """Show an operator only the dialogs that are theirs, or all of their lines again."""
    await require(page)
    name, change = who.name, partial(operators.see_only_own, name=who.name)
    await page.workspace.write(partial(change, only_own=not who.only_own))
    every, own = _("{name} sees every dialog", name=name), _("{name} sees only their own dialogs", name=name)
    page.done(every if who.only_own else own, partial(change, only_own=bool(who.only_own)))


async def _secret(page: ActionPage, name: str, take: Take[str]) -> bool:
    asked = NewPassword(_("Password of {name}", name=name)).taken_by(take)
    return await page.app.push_screen_wait(asked) is not None


async def _hashed(page: ActionPage, name: str, secret: str) -> str:
    return await page.workspace.store.with_store(partial(login.hashed, page.workspace.company, name, secret))


async def _pick(page: ActionPage, name: str, seen: Sequence[LineId], take: Take[list[LineId]]) -> bool:
    whole = page.workspace.company.whole
    every = await page.workspace.store.with_store(lambda: whole.read(lines.everything))
    asked = PickLines(_("Lines that {name} sees", name=name), every, seen).taken_by(take)
    return await page.app.push_screen_wait(asked) is not None
