"""What a deed is, and when it happens."""

from __future__ import annotations

from collections.abc import Callable

from chatapp_cli.domain.access import Acting
from chatapp_cli.store.tx import Tx
from tests.services.calls import ME, Place
from tests.stores import HeldClock, Shop

WHO = Acting(ME, owner=True)
"""Who does it, after what Ольга did."""
MINUTE, DAY = 60_000, 86_400_000
THEN = HeldClock().now() + MINUTE
"""When a provider says that something happened."""

Job = Callable[[Tx], object]
Deed = Callable[[Shop, Place], Job]
"""Prepares a place and says what is done there."""
