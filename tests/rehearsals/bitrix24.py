"""Another name of crm: Bitrix24 is one of the two CRMs in which that conversation goes on at once."""

from __future__ import annotations

from tests.rehearsals.crm import FULL, rehearse

__all__ = ["FULL", "rehearse"]
