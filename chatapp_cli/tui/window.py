"""Opening the window: what has to be settled before its modules are imported."""

from __future__ import annotations

import gc
import os

from chatapp_cli.bootstrap import Desk
from chatapp_cli.runtime import seat

RARELY = (20_000, 20, 20)
"""When Python looks for garbage that refers to itself: its own thresholds stop keys for 50 ms now and then."""


def run(desk: Desk, *, alone: bool = False) -> None:
    """Open the window and stay until it is left; ``alone`` without a daemon of its own."""
    gc.set_threshold(*RARELY)
    gc.disable()  # until the first paint: what is made before it stays, and to look through it is a tenth of the start
    from chatapp_cli.tui.app import Inbox
    from chatapp_cli.tui.graphics import found
    from chatapp_cli.tui.own import own

    window = Inbox(desk, alone=alone, own=own(os.environ), token=seat.token(os.environ, desk.settings.company))
    window.graphics = found(desk.settings.pictures, os.environ)
    window.run()
