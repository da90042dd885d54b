"""A build of neonize as a site might put in place of the usual one: all of it but the client, which a test leads."""

import importlib.machinery
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_ELSEWHERE = [path for path in sys.path if Path(path).resolve() != _HERE.parent]
_USUAL = importlib.machinery.PathFinder.find_spec("neonize", _ELSEWHERE)
assert _USUAL is not None
assert _USUAL.submodule_search_locations
__path__ = [str(_HERE), *_USUAL.submodule_search_locations]
__version__ = "0.5.2"
