"""Retries a dead letter, for example after an update of the program."""

from __future__ import annotations

import asyncio
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.services import channels, deadletters, packing
from chatapp_cli.services.ingest import Ingested
from chatapp_cli.services.raw_bodies import has_large, store_large
from chatapp_cli.store.rows.journal import ArrivedRow, DeadLetterRow


async def retry(company: Company, number: int) -> Ingested:
    """Read a dead letter and apply it. Raises NotFound, and Refused if it is still unreadable.

    The provider is asked again for what it has not handed out, which Refused tells too.
    """
    return await asyncio.to_thread(_retry, company, number)


def raw(company: Company, letter: ArrivedRow) -> bytes:
    """The raw arrival as it came, from its row or file. Raises NotFound if it is kept no longer."""
    gone = NotFound(T("The content of arrival {n} is not in the store any more.", n=letter.id))
    if letter.packed == packing.GONE:
        raise gone
    if not letter.raw_sha256:
        return company.read(partial(packing.unpack, raw=letter.raw, number=letter.packed))
    path = company.media.path(letter.raw_sha256)
    if not path.is_file():
        raise gone
    return path.read_bytes()


def dead(company: Company, letter: DeadLetterRow) -> bytes:
    """The raw dead letter, to the byte. Raises NotFound."""
    return raw(company, company.read(partial(deadletters.arrival, letter=letter)))


def _retry(company: Company, number: int) -> Ingested:
    letter = company.read(partial(deadletters.one, number=number))
    row = company.read(partial(channels.one, channel=letter.channel_id))
    stored = StoredArrival(letter.provider_id, letter.at, dead(company, letter))
    arrival = company.connector(row.kind).understand(company.bound(row), stored)
    if arrival.awaited:
        raise company.write(partial(deadletters.ask_again, letter=letter))
    batch = Batch(arrivals=(arrival,))
    kept = store_large(company.media, batch) if has_large(batch) else batch
    return company.write(partial(deadletters.revive, letter=letter, arrival=kept.arrivals[0]))
