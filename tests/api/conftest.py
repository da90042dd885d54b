"""The same desks as the runtime's tests have."""

from tests.runtime.conftest import companies, company, empty_store

__all__ = ["companies", "company", "empty_store"]
