"""What the daemon answers at addresses that lead to nobody; a doctor recognises the daemon by these words."""

from __future__ import annotations

from typing import Final

NO_CHANNEL: Final = "no such channel or link"
"""At ``/hooks/``, with status 404."""
NO_FILE: Final = "no such file, or its address has ended"
"""At ``/media/``, with status 404."""
