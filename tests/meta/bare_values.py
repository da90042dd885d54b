"""What a connector cannot hand over: ``make check`` reads this file.

Each line that mypy refuses is marked, and a mark that mypy does not need is an error: a bare value that is taken
anywhere here ends the check.
"""

from __future__ import annotations

from chatapp_cli.domain.arrival import Arrival, DeliveryChanged, IncomingFile, MessageArrived, Peer, Profile
from chatapp_cli.domain.message import State


def understood(raw: bytes, said: str, number: int) -> Arrival:
    """What a provider said, handed over unchecked: ids, addresses, words, times, the name and the size of a file."""
    file = IncomingFile(
        kind="document",
        name=said,  # type: ignore[arg-type]
        size=number,  # type: ignore[arg-type]
    )
    message = MessageArrived(
        peer=Peer(
            key=said,  # type: ignore[arg-type]
            address=said,  # type: ignore[arg-type]
        ),
        ext_id=said,  # type: ignore[arg-type]
        at=number,  # type: ignore[arg-type]
        text=said,  # type: ignore[arg-type]
        thread=[said],  # type: ignore[list-item]
        sender=Profile(name=said),  # type: ignore[arg-type]
        files=[file],
    )
    report = DeliveryChanged(
        ext_id=str(number),  # type: ignore[arg-type]
        state=State.SENT,
        at=int(said),  # type: ignore[arg-type]
        about=(said,),  # type: ignore[arg-type]
    )
    return Arrival(
        provider_id=f"message {said}",  # type: ignore[arg-type]
        raw=raw,
        events=(message, report),
    )
