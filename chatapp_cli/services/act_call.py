"""The call of an act: what was filled in, by whom, and where it may work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import DialogId, LinkId, Millis, SessionRequestId
from chatapp_cli.domain.robot import WHOM
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    act_whom,
    channels,
    employees,
    lines,
    operators,
    pairings,
    session_requests,
    transcript,
)
from chatapp_cli.services.act_targets import ActRecipient, Target, Whereabouts
from chatapp_cli.services.act_whom import Whom
from chatapp_cli.services.runs import PATIENCE, ActAttempt
from chatapp_cli.store.rows.channels import ChannelRow

if TYPE_CHECKING:
    from chatapp_cli.domain.access import Right
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.domain.session_request import SessionMethod
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.tx import Tx

_OF_PERSON: Final = "user_"
"""Before the id of an employee in a portal's field."""
_ANY: Final = frozenset({"", "auto"})


def names_channel(said: str, row: ChannelRow) -> bool:
    """Whether a field of channels may mean a channel: by itself, by its kind, or because it means any."""
    return said.lower() in _ANY or said in {str(row.id), row.account, row.title} or said.lower() == row.kind


class DeskAct(NamedTuple):
    """An act; see ``services/acts``."""

    do: Callable[[ActCall], Sequence[ActAttempt]]
    right: Right
    repeatable: bool
    """Whether doing it again does no harm: it writes to nobody, and ends in the same."""


@dataclass(frozen=True, kw_only=True)
class ActCall:
    """One call; ``tx`` acts in the name of whoever answers for it."""

    tx: Tx
    able: Able
    arguments: Mapping[str, str]
    key: str
    """Begins the keys of its messages: the same call sends each once."""
    files: Sequence[StagedFile] = ()
    link: LinkId | None = None
    """The CRM that called, whose paired channels may be used; ``None``: every channel."""
    until: Millis | None = None
    people: Sequence[ActRecipient] | None = None
    """For whom it is where whoever calls has looked them up; ``None``: as the arguments say."""

    def said(self, name: str) -> str:
        """What was filled into a field."""
        return self.arguments.get(name, "").strip()

    @cached_property
    def where(self) -> Whereabouts:
        """Where people are looked for. Raises Refused if there is no such channel, or several lines to choose from."""
        chosen = self.said("channel").lower() not in _ANY
        return Whereabouts(self.tx, self.able, {row.id: row for row in self._channels()}, chosen=chosen)

    def _channels(self) -> Sequence[ChannelRow]:
        possible = list(self._usable())
        named = self.said("channel")
        if named.lower() not in _ANY:
            own = [row for row in possible if named in {str(row.id), row.account, row.title}]
            possible = own or [row for row in possible if named.lower() == row.kind]
            if not possible:
                raise Refused("no_channel", T("There is no channel {name} that the robot may use.", name=named))
        if not possible:
            raise Refused("no_channel", T("No channel fits that the robot may use."))
        if not self.said("line_id") and len({row.line_id for row in possible}) > 1:
            raise Refused("line_missing", T("Several lines fit: the line has to be named."))
        return possible

    def _usable(self) -> Iterator[ChannelRow]:
        """The channels of the named line; of a CRM those that are paired with it, in the order of their pairing."""
        line = lines.find(self.tx, self.said("line_id")).id if self.said("line_id") else None
        if self.link is None:
            rows = channels.everything(self.tx)
        else:
            rows = [channels.one(self.tx, one.channel_id) for one in pairings.of_link(self.tx, self.link)]
        yield from (row for row in rows if line in {None, row.line_id})

    def recipients(self) -> Sequence[Whom]:
        """For whom it is: phones and chat ids; the CRM's field of messengers only where neither is given.

        Raises Refused if it is for nobody.
        """
        fields = {one.name: self.said(one.name) for one in WHOM}
        found = act_whom.recipients(self.tx, **fields)
        if not found:
            raise Refused("no_recipient", T("There is no phone and no chat id."))
        return found

    def recipient(self) -> str:
        """The only one for whom it is, named by exactly one field (K-05). Raises Refused."""
        given = [one for one in WHOM if self.said(one.name)]
        if len(given) > 1 or len(self.recipients()) > 1:
            raise Refused("several_recipients", T("It is for one only: a phone, a chat id or a messenger."))
        return self.recipients()[0].address()

    def for_each(self, do: Callable[[str], ActAttempt]) -> Sequence[ActAttempt]:
        """Do it for each address; what one is refused does not keep the others."""

        def to(whom: Whom) -> ActAttempt:
            return do(whom.address())

        found = (self._attempt(one.called, partial(to, one)) for one in self.recipients())
        return [one for one in found if one is not None]

    def for_each_target(self, do: Callable[[Target, ActRecipient], ActAttempt]) -> Sequence[ActAttempt]:
        """Do it where each recipient is written to, in each dialog once, also in one that it opened itself."""
        met: set[DialogId] = set()

        def one(whom: ActRecipient) -> ActAttempt | None:
            target = whom.find()
            if target.dialog is not None and target.dialog.id in met:
                return None
            attempt = do(target, whom)
            if attempt.message is not None:
                met.add(transcript.message(self.tx, attempt.message).dialog_id)
            elif target.dialog is not None:
                met.add(target.dialog.id)
            return attempt

        found = (self._attempt(whom.called, partial(one, whom)) for whom in self._sought())
        return [one for one in found if one is not None]

    def _sought(self) -> Sequence[ActRecipient]:
        if self.people is not None:
            return self.people
        where = self.where

        def find(whom: Whom) -> Target:
            return where.of(whom.address())

        return [ActRecipient(one.called, one.called, partial(find, one)) for one in self.recipients()]

    def _attempt(self, called: str, do: Callable[[], ActAttempt | None]) -> ActAttempt | None:
        try:
            with self.tx.trial():
                return do()
        except (Refused, NotFound, UsageError) as refusal:
            return ActAttempt(address=called, refusal=refusal)

    def operator(self, name: str) -> str:
        """The operator in a field; empty if none is named, or an employee who left or whom no operator stands for.

        Raises NotFound for a name that is no operator's.
        """
        said = self.said(name)
        if self.link is not None:
            return employees.at_work(self.tx, self.link, said.removeprefix(_OF_PERSON))
        if said:
            operators.require_somebody(self.tx, said)
        return said

    def dialog(self, target: Target) -> DialogId:
        """The dialog of a target. Raises Refused if nobody wrote there yet."""
        if target.dialog is None:
            raise Refused("no_dialog", T("{name} has no dialog here yet.", name=target.address))
        return target.dialog.id

    def ask(self, channel: ChannelRow, what: SessionMethod, **arguments: object) -> SessionRequestId:
        """Have a channel's session asked, at the latest until the call's time is over. Raises Refused."""
        session_requests.allowed(self.able(channel), what)
        left = PATIENCE if self.until is None else max(0, self.until - self.tx.now)
        return session_requests.ask(self.tx, channel.id, what, arguments, seconds=left / 1000)

    def having(self, allowed: Callable[[ChannelRow], bool]) -> ChannelRow:
        """The first channel that can do something. Raises Refused."""
        found = next((row for row in self.where.possible.values() if allowed(row)), None)
        if found is None:
            raise Refused("not_here", T("No channel that the robot may use can do that."))
        return found
