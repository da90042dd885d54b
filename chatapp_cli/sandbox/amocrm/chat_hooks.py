"""Hooks of the chats: JSON, signed, sent once and never again. providers-crm.md 5.5, C4."""

from __future__ import annotations

import asyncio
import json

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.channel import AmoChannel
from chatapp_cli.sandbox.amocrm.chat_signatures import of_hook
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import ChatHook, Json
from chatapp_cli.sandbox.amocrm.office import AmoOffice
from chatapp_cli.sandbox.amocrm.posting import is_good, post
from chatapp_cli.sandbox.serving import reach


class ChatHooks:
    """Calls the channel's address, one hook after the other."""

    def __init__(self, channel: AmoChannel, office: AmoOffice, clock: Clock, faults: AmoFaults) -> None:
        self._channel, self._office, self._clock, self._faults = channel, office, clock, faults
        self.hooks: list[ChatHook] = []
        """All that we were or should have been told, in order."""
        self._last: asyncio.Task[None] | None = None

    def tell(self, said: Json) -> None:
        """Queue a hook; nothing is called while the channel is not connected or has no address."""
        if not self._channel.connected or not self._channel.hook_url:
            return
        whole = {"account_id": self._channel.amojo_id, "time": self._office.seconds(), **said}
        body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        hook = ChatHook(url=self._channel.called, body=body)
        self.hooks.append(hook)
        if self._faults.drop_hooks > 0:
            self._faults.drop_hooks -= 1
            hook.outcome = "dropped"
            return
        copies = [hook]
        if self._faults.double_hooks > 0:
            self._faults.double_hooks -= 1
            copies.append(ChatHook(url=hook.url, body=body))
            self.hooks.append(copies[1])
        moment = self._clock.monotonic() + self._faults.late_chat_hooks
        self._last = asyncio.create_task(self._carry(copies, self._last, moment))

    async def _carry(self, copies: list[ChatHook], before: asyncio.Task[None] | None, moment: float) -> None:
        if before:
            await asyncio.wait({before})
        await reach(self._clock, moment)
        await asyncio.gather(*(self._deliver(one) for one in copies))

    async def _deliver(self, hook: ChatHook) -> None:
        headers = {"X-Signature": of_hook(hook.body, self._channel.secret), "Content-Type": "application/json"}
        sent = hook.body + (b"\n" if self._faults.trailing_newline else b"")
        hook.status = await post(hook.url, self._faults.chat_patience, data=sent, headers=headers)
        hook.outcome = "delivered" if is_good(hook.status) else "lost"

    @property
    def pending(self) -> bool:
        """Whether something is being sent."""
        return any(one.outcome == "queued" for one in self.hooks)

    async def stop(self) -> None:
        """Forget what is queued."""
        if self._last:
            self._last.cancel()
            await asyncio.gather(self._last, return_exceptions=True)
        for hook in self.hooks:
            if hook.outcome == "queued":
                hook.outcome = "lost"
