"""Which dialog a mail belongs to: by its address and subject, and by the mails that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message

from chatapp_cli.connectors.email.headers import ids
from chatapp_cli.connectors.email.identity import Identity, is_own_id
from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.connectors.email.sender import Correspondence
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import MessageArrived, Peer, PeerMoved, Profile
from chatapp_cli.domain.subject import former_subject_key, plain_subject, subject_key

_LONGEST_THREAD = 50


def peer(profile: Profile, subject: str, reading: Reading) -> Peer:
    """The other side of the dialog: an address, and with ``by_subject`` one dialog for each of its subjects."""
    if not reading.by_subject:
        title = border.name(profile.name or profile.email)
        return Peer(key=border.external_id(profile.email), address=profile.email, title=title)
    title = border.name(plain_subject(subject) or profile.name or profile.email)
    key = border.external_id(subject_key(profile.email, subject) if subject else profile.email)
    return Peer(key=key, address=profile.email, title=title)


def possible_peers(between: Correspondence, subject: str, reading: Reading) -> Sequence[Peer]:
    """The other sides of the dialogs that a mail belongs to if it is ours; see ``Correspondence``."""
    return tuple(peer(one, subject, reading) for one in between.possible_recipients)


def thread(message: Message, known: Identity, between: Correspondence, reading: Reading) -> Sequence[border.ExternalId]:
    """The mails that it descends from, and itself if it has an id of ours and so may be known.

    None for a mail to ourselves, which may be forged: it joins no dialog.
    """
    if between.uses_our_address and not between.possible_recipients:
        return ()
    found = list(ids(message, "References", "In-Reply-To")[-_LONGEST_THREAD:])
    if between.possible_recipients and is_own_id(known.message_id, reading.domain):
        found.append(known.message_id)
    return tuple(map(border.external_id, found))


def dialog_moved(arrived: MessageArrived, reading: Reading) -> Sequence[PeerMoved]:
    """That a dialog is the same under the key that an earlier version gave it, where that was another one."""
    former = border.external_id(former_subject_key(arrived.peer.address, arrived.subject))
    if not (reading.by_subject and arrived.subject) or former == arrived.peer.key:
        return ()
    return (PeerMoved(old_key=former, peer=arrived.peer, at=arrived.at),)
