"""Runs actions on dialogs and messages, by keys and from the menu."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.dialog import MOST_AT_ONCE
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.conversation.addressees import Addressees
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.joining import Joining
from chatapp_cli.tui.conversation.mail_steps import MailSteps
from chatapp_cli.tui.conversation.part import ConversationController
from chatapp_cli.tui.conversation.read_marks import ReadMarks
from chatapp_cli.tui.conversation.tabs import Tabs
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.tui.actions.message_target import MessageTarget


_OF_MAIL = ("everybody", "copies", "signature")
_ANSWERING = (*_OF_MAIL, "later", "attach", "buttons", "editor", "detach")
"""Actions on what is written, of which those of a mail need a channel with copies."""


class ActionRunner(ConversationController):
    """Finds the dialogs or the message that an action is for, and runs it."""

    def __init__(
        self,
        conversation: Conversation,
        joining: Joining,
        tabs: Tabs,
        addressees: Addressees,
        read_marks: ReadMarks,
    ) -> None:
        super().__init__(conversation)
        self._joining, self._tabs = joining, tabs
        self._mails = MailSteps(conversation, self, addressees, read_marks)

    def _targets(self) -> Sequence[DialogId]:
        """The picked dialogs if the list has the focus and any are picked, else the one dialog that actions are for."""
        listed, opening = self.conversation.dialogs, self.conversation.opening
        if listed.has_focus and listed.picked:
            return listed.picked
        meant = listed.for_actions if listed.has_focus or opening is None else opening.card.id
        return [] if meant is None else [meant]

    def act_on_dialogs(self, name: str) -> None:
        """Run an action on the dialog, or on all picked ones; see ACTIONS in ``tui/actions``."""
        if targets := self._targets():
            self.page.do(partial(self._do_with_dialogs, name, targets))

    async def _do_with_dialogs(self, name: str, chosen: Sequence[DialogId]) -> None:
        from chatapp_cli.tui.actions import dialog as dialog_actions
        from chatapp_cli.tui.actions import many as many_actions

        if len(chosen) > MOST_AT_ONCE:
            raise Refused(
                "too_many",
                T("{n} dialogs are selected: at most {most} are changed at once.", n=len(chosen), most=MOST_AT_ONCE),
                T("Narrow the list by a filter, or use the command line."),
            )
        cards = await self._cards(chosen)
        if name in many_actions.ACTIONS:
            await many_actions.ACTIONS[name].run(self.page, cards)
        elif len(cards) == 1:
            await dialog_actions.ACTIONS[name].run(self.page, cards[0])
        else:
            self.page.say(_("That is done with one dialog at a time."))

    async def _cards(self, chosen: Sequence[DialogId]) -> list[DialogCard]:
        return await self.page.workspace.read(lambda tx: [dialogs.card(tx, one) for one in chosen])

    def undo(self) -> None:
        """Undo the last action."""
        self.page.do(self.page.take_back)

    def act_on_message(self, name: str, entry: TranscriptEntry) -> None:
        """Run an action on a message, or show why it is not possible."""
        from chatapp_cli.tui.actions import message as message_actions

        target, action = self.target(entry), message_actions.ACTIONS[name]
        reason = action.against(target)
        if reason is None:
            work = partial(action.run, self.page, target)
            self.page.do(partial(self._joining.in_its_own_dialog, name, entry, work))
        else:
            self.page.complain(reason)

    def recall(self) -> None:
        """Cancel the last message that has not been sent yet."""
        transcript = self.conversation.transcript
        last = next((entry for entry in reversed(transcript.entries) if self.target(entry).waits), None)
        if last is not None:
            transcript.post_message(Transcript.Asked("cancel", last))

    async def reply(self, entry: TranscriptEntry) -> None:
        """Answer a message with a quote."""
        from chatapp_cli.tui.actions import message as message_actions

        work = partial(message_actions.reply, self.page, self.target(entry))
        await self._joining.in_its_own_dialog("reply", entry, work)

    def target(self, entry: TranscriptEntry) -> MessageTarget:
        """A message with what decides which actions are possible on it."""
        from chatapp_cli.tui.actions.message_target import MessageTarget

        opening = self.conversation.opening
        assert opening is not None
        can = self.page.workspace.capabilities(opening.channel_of(entry.message.dialog_id))
        return MessageTarget(entry, can, self.page.appearance.now(), self.conversation, self._mails)

    def menu(self) -> None:
        """Ask for one of the actions that are possible here; the menu shows their keys."""
        self.page.do(partial(self._menu, self._targets()))

    async def _menu(self, targets: Sequence[DialogId]) -> None:
        from chatapp_cli.tui.actions import message as message_actions
        from chatapp_cli.tui.reading.naming import about

        cards = await self._cards(targets)
        found = [
            *self._ways_to_open(cards),
            *self._with_message(),
            *self._with_answer(),
            *(("inbox", f"deed({name!r})", name) for name in _with_dialogs(cards)),
        ]
        acts = [action(scope, full) for scope, full, _name in found]
        options = [(name, _(act.help)) for (_scope, _full, name), act in zip(found, acts, strict=True)]
        question = about(_("What to do"), cards) if cards else _("What to do")
        chosen = await self.page.choose(question, options, keys=[shown(act.keys[0]) for act in acts])
        if chosen in message_actions.ACTIONS:
            self.conversation.transcript.action_message(chosen)
        elif chosen == "open":
            self.conversation.start_opening(targets[0])
        elif chosen == "new_tab":
            self._tabs.new_tab(targets[0])
        elif chosen in _ANSWERING:
            await self.page.run_action(f"screen.{chosen}")
        elif chosen is not None:
            await self._do_with_dialogs(chosen, targets)

    def _ways_to_open(self, cards: Sequence[DialogCard]) -> list[tuple[str, str, str]]:
        """Scope, keymap name and name of what opens the one dialog under the cursor in the list."""
        if len(cards) != 1 or not self.conversation.dialogs.has_focus:
            return []
        return [("list", "open", "open"), ("inbox", "new_tab", "new_tab")]

    def _with_answer(self) -> list[tuple[str, str, str]]:
        """Scope, keymap name and name of what can be done with the answer that is written in the open dialog."""
        opening = self.conversation.writable()
        if opening is None or self.conversation.dialogs.has_focus:
            return []
        copies = self.page.workspace.capabilities(opening.channel).copies
        return [("inbox", name, name) for name in _ANSWERING if copies or name not in _OF_MAIL]

    def _with_message(self) -> list[tuple[str, str, str]]:
        """Scope, keymap name and name of each action that is possible with the chosen message."""
        from chatapp_cli.tui.actions import message as message_actions

        transcript = self.conversation.transcript
        if not transcript.has_focus or transcript.selected is None:
            return []
        target = self.target(transcript.selected)
        possible = [name for name, action in message_actions.ACTIONS.items() if action.possible(target)]
        return [("transcript", f"message({name!r})", name) for name in possible]


def _with_dialogs(cards: Sequence[DialogCard]) -> list[str]:
    """The names of the actions that are possible with some dialogs."""
    from chatapp_cli.tui.actions import dialog as dialog_actions
    from chatapp_cli.tui.actions import many as many_actions

    if len(cards) > 1:
        return [name for name, many in many_actions.ACTIONS.items() if many.possible(cards)]
    return [name for name, action in dialog_actions.ACTIONS.items() if cards and action.possible(cards[0])]
