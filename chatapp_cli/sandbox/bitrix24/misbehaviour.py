"""What can go wrong at a portal, as switches that a test sets at any time."""

from __future__ import annotations

from dataclasses import dataclass, field

TOKEN: str = "oauth.token"
"""The name that the token endpoint has in these switches and in the list of calls."""


@dataclass(slots=True, kw_only=True)
class Misbehaviour:
    """Faults to inject; methods are named in lower case, and ``TOKEN`` is the token endpoint."""

    lose_before: dict[str, int] = field(default_factory=dict)
    """How many next calls are cut off before they are carried out."""
    lose_after: dict[str, int] = field(default_factory=dict)
    """How many next calls are cut off after they were carried out, so that nobody hears the answer.

    A method that is called inside a batch takes the whole answer of the batch with it.
    """
    answer_with: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """The next refusals of a method as pairs of status and code; nothing is carried out."""
    html: dict[str, int] = field(default_factory=dict)
    """How many next calls are answered by a page in place of JSON; nothing is carried out."""
    html_status: int = 200
    """The status of such a page."""
    slow: dict[str, float] = field(default_factory=dict)
    """Real seconds between carrying out a method and its answer."""
    time_limited: set[str] = field(default_factory=set)
    """Methods whose operating time is used up."""
    operating: dict[str, float] = field(default_factory=dict)
    """The operating time in seconds that answers of a method report."""
    overloaded: bool = False
    """The portal has blocked the application by hand."""
    unpaid: bool = False
    """The subscription has ended: the authorisation server gives no tokens either."""
    closed: bool = False
    """The portal is deleted, or its public part is closed for a while: the code is the same."""
    bucket: bool = True
    """Whether the leaky bucket limits the requests."""
    missing_scopes: set[str] = field(default_factory=set)
    """Scopes that the application was not given."""
    moved_to: str = ""
    """An address to which all calls are redirected; see also ``Portal.moves``."""
    register_error: str = ""
    """The code with which a connector's registration fails, in an answer with status 200."""
    refuse_messages: set[str] = field(default_factory=set)
    """Our ids of messages that the portal does not take, item by item."""
    reuse_allowed: int = 0
    """How many spent refresh tokens are still accepted."""
    dedupe: bool = False
    """Whether a message whose id came before is taken for the same one. Nobody promises that it is."""
    copies_return: bool = False
    """Whether messages sent with ``message.user_id`` come back as an operator's message."""
    denied_cards: set[tuple[str, int]] = field(default_factory=set)
    """Cards, by kind and id, that the owner of the application may read and not change."""
    unreadable_chats: dict[int, str] = field(default_factory=dict)
    """Chats whose history is refused, with the code."""
    tracker_delay: tuple[float, float] = (1.0, 3.0)
    """Seconds on the clock between a client's message and the card that the tracker makes."""
    stale_cards: bool = False
    """Whether a chat goes on naming cards that were converted, merged or deleted."""
    doubled_events: int = 0
    """How many next events come twice at the same moment."""
    doubled_sms: int = 0
    """How many next SMS are told twice to their provider."""
    drop_events: int = 0
    """How many next events are lost before anybody is called."""
    late_events: float = 0.0
    """Seconds on the clock that an event waits; later ones can overtake it."""
    patience: float = 5.0
    """Real seconds that a handler has for its answer; then the event is lost."""
    events_without_tokens: bool = False
    """Whether events come without tokens, as those that robots cause do."""
    download_link: str | None = None
    """What stands as an operator's file's ``downloadLink`` in place of the truth; empty: the key is missing."""
    download_size: int = 0
    """How many zero bytes are sent in place of an operator's file."""

    def spend(self, which: dict[str, int], method: str) -> bool:
        """Use up one of the next faults of a method; false if none is left."""
        left = which.get(method, 0)
        if left:
            which[method] = left - 1
        return left > 0
