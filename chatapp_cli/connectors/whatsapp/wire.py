"""Meta's webhooks: only the fields that we use, hardly any of them required.

Meanings are those of developers.facebook.com/docs/whatsapp/cloud-api; times are seconds since 1970, written as text.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field


class Profile(Struct, frozen=True, gc=False):
    """A person's profile name."""

    name: str = ""
    username: str = ""


class Contact(Struct, frozen=True, gc=False):
    """A person; the phone's ``wa_id`` or the business-scoped ``user_id`` may be missing."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""


class Metadata(Struct, frozen=True, gc=False):
    """Which of our numbers it is about."""

    phone_number_id: str = ""


class Value(Struct, frozen=True, omit_defaults=True):
    """The content of a webhook; items stay raw, so that each is read or set aside separately."""

    metadata: Metadata = Metadata()
    contacts: list[Raw] = []
    messages: list[Raw] = []
    message_echoes: list[Raw] = []
    statuses: list[Raw] = []
    groups: list[Raw] = []
    user_id_update: list[Raw] = []


class Change(Struct, frozen=True, gc=False):
    """One change."""

    field: str
    value: Raw


class Entry(Struct, frozen=True):
    """The changes of one business account."""

    changes: list[Change] = []


class Payload(Struct, frozen=True):
    """A webhook's body."""

    entry: list[Entry] = []


class Words(Struct, frozen=True, gc=False):
    """A text."""

    body: str = ""


class Media(Struct, frozen=True, gc=False):
    """A file of any kind."""

    id: str = ""
    mime_type: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False


class Location(Struct, frozen=True, gc=False):
    """A point on the map."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class CardName(Struct, frozen=True, gc=False):
    """The name on a card."""

    formatted_name: str = ""


class CardPhone(Struct, frozen=True, gc=False):
    """A phone on a card."""

    phone: str = ""


class Card(Struct, frozen=True):
    """A shared contact."""

    name: CardName = CardName()
    phones: list[CardPhone] = []


class Button(Struct, frozen=True, gc=False):
    """An answer that was pressed."""

    text: str = ""
    title: str = ""
    body: str = ""


class Interactive(Struct, frozen=True, gc=False):
    """An answer to a list, to buttons or to a form."""

    type: str = ""
    list_reply: Button | None = None
    button_reply: Button | None = None
    nfm_reply: Button | None = None


class Product(Struct, frozen=True, gc=False):
    """One line of an order."""

    product_retailer_id: str = ""
    quantity: int = 0
    item_price: float = 0
    currency: str = ""


class Order(Struct, frozen=True):
    """Goods out of the catalogue."""

    text: str = ""
    product_items: list[Product] = []


class Reaction(Struct, frozen=True, gc=False):
    """An emoji on a message; empty removes it."""

    message_id: str
    emoji: str = ""


class Original(Struct, frozen=True):
    """The message that was edited or deleted, and its new text."""

    original_message_id: str
    message: Message | None = None


class System(Struct, frozen=True, gc=False):
    """Something about a person: their new phone and their new id."""

    type: str = ""
    body: str = ""
    wa_id: str = ""
    new_wa_id: str = ""
    user_id: str = ""


class Context(Struct, frozen=True, gc=False):
    """The message that is answered."""

    id: str = ""


class Referral(Struct, frozen=True, gc=False):
    """The advertisement that the person came from."""

    headline: str = ""
    source_url: str = ""


class Unsupported(Struct, frozen=True, gc=False):
    """A message that Meta does not pass on."""

    type: str = ""


class Details(Struct, frozen=True, gc=False):
    """The details of an error."""

    details: str = ""


class Fault(Struct, frozen=True, gc=False):
    """An error, in an answer or a status."""

    code: int = 0
    error_subcode: int = 0
    message: str = ""
    title: str = ""
    error_user_msg: str = ""
    error_data: Details = Details()

    @property
    def words(self) -> str:
        """The most specific text."""
        return self.error_user_msg or self.error_data.details or self.message or self.title


class Message(Struct, frozen=True):
    """A message of any type, an echo of ours too."""

    id: str = ""
    type: str = ""
    timestamp: int = 0
    from_: str = field(name="from", default="")
    from_user_id: str = ""
    to: str = ""
    to_user_id: str = ""
    group_id: str = ""
    context: Context = Context()
    referral: Referral | None = None
    text: Words | None = None
    image: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    location: Location | None = None
    contacts: list[Card] = []
    button: Button | None = None
    interactive: Interactive | None = None
    order: Order | None = None
    reaction: Reaction | None = None
    edit: Original | None = None
    revoke: Original | None = None
    system: System | None = None
    unsupported: Unsupported | None = None


class Status(Struct, frozen=True):
    """The delivery state of a message of ours."""

    id: str
    status: str
    timestamp: int = 0
    recipient_participant_id: str = ""
    recipient_participant_user_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[Fault] = []


class Group(Struct, frozen=True):
    """A change of a group."""

    group_id: str
    type: str = ""
    timestamp: int = 0
    subject: str = ""
    errors: list[Fault] = []


class Ids(Struct, frozen=True, gc=False):
    """A person's id before and now."""

    previous: str = ""
    current: str = ""


class Renamed(Struct, frozen=True, gc=False):
    """A person's business-scoped id changed."""

    user_id: Ids
    wa_id: str = ""
    timestamp: int = 0


class Item(Struct, frozen=True):
    """A ``Value`` with one item, decoded."""

    metadata: Metadata = Metadata()
    contacts: list[Contact] = []
    messages: list[Message] = []
    message_echoes: list[Message] = []
    statuses: list[Status] = []
    groups: list[Group] = []
    user_id_update: list[Renamed] = []
