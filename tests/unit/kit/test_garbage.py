"""How often Python looks for garbage."""

from __future__ import annotations

import gc

from chatapp_cli.kit.garbage import RARELY, collected_rarely, leave_out_what_is_here


def test_garbage_is_looked_for_rarely_and_not_in_what_was_there_until_it_is_over() -> None:
    before = gc.get_threshold()
    with collected_rarely():
        leave_out_what_is_here()
        assert gc.get_threshold() == RARELY
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
