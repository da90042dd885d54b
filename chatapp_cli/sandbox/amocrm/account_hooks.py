"""Account hooks: unsigned forms, two seconds for the answer, four more attempts, disabled after too many bad answers.

providers-crm.md 4.9.
"""

from __future__ import annotations

import asyncio
from typing import Final

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import AmoHook, AmoWebhook, Json
from chatapp_cli.sandbox.amocrm.office import AmoOffice
from chatapp_cli.sandbox.amocrm.posting import is_good, post
from chatapp_cli.sandbox.brackets import flattened
from chatapp_cli.sandbox.serving import reach

PAUSES: Final = (300.0, 900.0, 900.0, 3600.0)
"""Seconds before each further attempt."""
BAD: Final = 100
"""Bad answers in two hours that are still borne."""
_HOURS: Final = 7200.0
_SECTIONS: Final = {
    "lead": "leads", "contact": "contacts", "company": "contacts", "task": "task", "talk": "talk", "message": "message"
}  # fmt: skip


class AccountHooks:
    """Tells every address that asked for a kind of event, all of them at once."""

    def __init__(self, office: AmoOffice, clock: Clock, faults: AmoFaults) -> None:
        self._office, self._clock, self._faults = office, clock, faults
        self.account: Json = {}
        """How hooks name the account."""
        self.hooks: list[AmoHook] = []
        """All that somebody was or should have been told, in order."""
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, name: str, said: Json) -> None:
        """Queue an event, such as ``status_lead``, for everybody who asked for it."""
        action, _, thing = name.partition("_")
        form = flattened({_SECTIONS[thing]: {action: [said]}, "account": self.account})
        for webhook in self._office.webhooks:
            if name in webhook.settings and not self.is_disabled(webhook):
                self._queue(webhook, AmoHook(name=name, destination=webhook.destination, form=form))

    def is_disabled(self, webhook: AmoWebhook) -> bool:
        """Whether nothing is sent there any more."""
        return webhook.disabled or self._faults.disable_hooks

    def _queue(self, webhook: AmoWebhook, hook: AmoHook) -> None:
        self.hooks.append(hook)
        if self._faults.drop_hooks > 0:
            self._faults.drop_hooks -= 1
            hook.outcome = "dropped"
            return
        copies = [hook]
        if self._faults.double_hooks > 0:
            self._faults.double_hooks -= 1
            copies.append(AmoHook(name=hook.name, destination=hook.destination, form=hook.form))
            self.hooks.append(copies[1])
        for one in copies:
            task = asyncio.create_task(self._deliver(webhook, one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, webhook: AmoWebhook, hook: AmoHook) -> None:
        for pause in (0.0, *PAUSES):
            hook.outcome = "waiting" if pause else "queued"
            await reach(self._clock, self._clock.monotonic() + pause)
            if self.is_disabled(webhook):
                break
            hook.attempts, hook.outcome = hook.attempts + 1, "queued"
            hook.status = await post(hook.destination, self._faults.hook_patience, data=hook.form)
            if is_good(hook.status):
                hook.outcome = "delivered"
                return
            self._mark(webhook)
        hook.outcome = "given up"

    def _mark(self, webhook: AmoWebhook) -> None:
        now = self._clock.monotonic()
        webhook.bad = [at for at in webhook.bad if now - at < _HOURS] + [now]
        webhook.disabled |= len(webhook.bad) > BAD

    @property
    def pending(self) -> bool:
        """Whether something is being sent right now; what waits for its next attempt is not."""
        return any(one.outcome == "queued" for one in self.hooks)

    async def stop(self) -> None:
        """Forget what is queued."""
        for task in (stopped := set(self._tasks)):
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)
        for hook in self.hooks:
            if hook.outcome in {"queued", "waiting"}:
                hook.outcome = "given up"
