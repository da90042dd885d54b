"""The same desks as the runtime's tests have."""

from tests.runtime.conftest import desk, desks, empty_store

__all__ = ["desk", "desks", "empty_store"]
