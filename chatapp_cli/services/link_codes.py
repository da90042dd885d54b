"""What the codes mean that a link to any CRM may have, with the CRM's name; its manifest may say it better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.manifest import ErrorWords
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest

_AGAIN: Final = T("It is tried again automatically.")
_LINK: Final = T("Link the CRM again: {how}", how=to_do(Next.LINK_AGAIN))
UNHEARD: Final = frozenset({"timeout"})
"""Codes whose next step is about a message that may be there: a question is only to be asked again."""
_CODES: Final[Mapping[str, ErrorWords]] = MappingProxyType(
    {
        "bad_url": ErrorWords(T("The address of {crm} is not a web address."), _LINK),
        "busy": ErrorWords(T("{crm} is overloaded."), None, _AGAIN),
        "detached_there": ErrorWords(
            T("An administrator disconnected the channel in {crm}."),
            T("Pair the channel again if that was not meant: {how}", how=to_do(Next.PAIR)),
        ),
        "interrupted": ErrorWords(
            T("The program ended while it was telling {crm}."), None, T("It looks there, and goes on.")
        ),
        "no_answer": ErrorWords(
            T("The connection broke before {crm} answered."), None, T("It looks there, and goes on.")
        ),
        "not_connected": ErrorWords(
            T("{crm} is not connected at the moment."),
            T("Start the daemon, or look at the state of the link ({how}).", how=to_do(Next.LINKS)),
            _AGAIN,
        ),
        "not_installed": ErrorWords(
            T("The package of {crm} is not installed."), T("Install it again and restart the daemon.")
        ),
        "payment": ErrorWords(T("{crm} is not paid for."), T("Pay for it; what waits is told then.")),
        "place_gone": ErrorWords(
            T("The channel's place was deleted in {crm}."),
            T("Pair the channel with another place: {how}", how=to_do(Next.PAIR)),
        ),
        "rate_limited": ErrorWords(
            T("Too many requests: {crm} asked for a pause."), T("Nothing: it continues after the pause.")
        ),
        "redirected": ErrorWords(T("{crm} leads on to another address."), _LINK),
        "refused": ErrorWords(T("{crm} refused the request."), T("Its message gives the reason.")),
        "server_error": ErrorWords(T("{crm} has an internal problem."), None, _AGAIN),
        "stopped": ErrorWords(T("The link is stopped."), T("Start it again; what waits is told then.")),
        "strange_answer": ErrorWords(
            T("What {crm} answered cannot be understood."),
            T("If it lasts, look for a newer version of this program."),
            _AGAIN,
        ),
        "stumbled": ErrorWords(
            T("Something unexpected happened in the link to {crm}."),
            T("It reconnects automatically; the log has the details."),
        ),
        "suspended": ErrorWords(
            T("{crm} has shut us out, or is closed, for a while or for good."),
            T("Ask there for the reason; what waits is told then."),
        ),
        "timeout": ErrorWords(T("{crm} did not answer in time."), None, _AGAIN),
        "unauthorised": ErrorWords(T("{crm} does not accept our access any more."), _LINK),
        "uncertain": ErrorWords(
            T("Nobody can tell whether {crm} has taken it."), T("Look there, then retry or drop the entry.")
        ),
        "unexpected": ErrorWords(
            T("An error in this program."), T("Report it with the log; the entry can be retried.")
        ),
        "uninstalled": ErrorWords(T("The application was removed in {crm}."), _LINK),
        "unreachable": ErrorWords(T("{crm} cannot be reached."), T("Check the network."), _AGAIN),
    }
)


def of_link(about: CrmManifest, code: str) -> ErrorWords | None:
    """The meaning of a code in a link to a CRM, in its manifest's words or ours; ``None`` for an unknown one."""
    if own := about.errors.get(code):
        return own
    words = _CODES.get(code)
    return None if words is None else words._replace(what=replace(words.what, params={"crm": about.title}))
