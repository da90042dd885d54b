"""structlog without rich, which it imports for tracebacks with colours that nobody here asks for.

rich and the lexers that it brings cost a daemon 5 MB and a tenth of its start. Whoever configures the logs imports
structlog from here, before anybody else does; a process that has rich anyway, such as the window, keeps it.
"""

from __future__ import annotations

import sys

__all__ = ["structlog"]

_there = "rich" in sys.modules
if not _there:
    sys.modules["rich"] = None  # type: ignore[assignment]  # an import of it fails, as if it were not installed
try:
    import structlog
finally:
    if not _there:
        del sys.modules["rich"]
