"""What every channel promises; each channel's suite subclasses this against its sandbox server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.buttons import LONGEST, MOST
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, Rejected, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import create, manifest
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import (
    Connector,
    Deletes,
    Edits,
    EditsAboveButtons,
    FetchesFiles,
    FindsPeople,
    ListsContacts,
    ManagesGroups,
    MarksRead,
    Reacts,
    ReadsChats,
    Session,
    ShowsTyping,
    ShowsWhole,
    StoredArrival,
    TakesHooks,
)
from chatapp_cli.sandbox.stage import CallsHooks, Customer, EndsLogins, HasButtons, Sandbox, SaysOddly
from tests.contract.door import Door

ANNA = Customer(number=7001, name="Анна Белова", username="anna_b", phone="+79160000001", email="anna@example.org")
BORIS = Customer(number=7002, name="Борис Ёлкин", username="boris_y", phone="+79160000002", email="boris@example.org")

ODD = (b'"a\xffb"', b"[" * 100_000 + b"]" * 100_000, b"9" * 400, b'"\\ud83d"', b"null")
"""Values of a field that nobody asked for: bytes that are no text, a tower, a number beyond all, half a letter."""

LOST: dict[str, Any] = {}
"""Stands for a field that is not there."""
WRONG: tuple[Any, ...] = (None, {}, [None], "x", -1, 10**400, True, LOST)
"""What stands in a field that is to be something else."""


class ScriptedAsker:
    """Answers from a mapping; asked the same form again, it remembers who was blamed and gives up."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.blamed: dict[str, str] = {}
        self.forms: list[Form] = []
        self.notices: list[Notice] = []

    async def form(self, form: Form) -> Mapping[str, str]:
        self.forms.append(form)
        if form.errors:
            self.blamed = {name: str(words) for name, words in form.errors.items()}
            raise UsageError(T("blamed"))
        return {field.name: self.answers.get(field.name, field.default) for field in form.fields}

    async def show(self, notice: Notice) -> None:
        self.notices.append(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise UsageError(T("no browser"))


async def collect(
    session: Session,
    count: int,
    cursor: str | None,
    seconds: float = 15,
    *,
    door: Door | None = None,
    durable: bool = True,
) -> tuple[list[MessageArrived], str | None]:
    """Take batches until so many messages came; returns them and the cursor that is then durable.

    With a door they come by webhooks; not ``durable`` is a desk that dies before it has stored them.
    """
    found: list[MessageArrived] = []
    source = session.events(cursor) if door is None else door.batches(session, durable=durable)
    async with asyncio.timeout(seconds), aclosing(source) as batches:
        async for batch in batches:
            cursor = batch.cursor if batch.cursor is not None else cursor
            found += messages(batch)
            if len(found) >= count:
                return found, cursor
    raise AssertionError("the session ended by itself")


async def first_arrivals(session: Session, cursor: str | None, door: Door | None) -> Sequence[Arrival]:
    """The first thing that a provider delivers."""
    source = session.events(cursor) if door is None else door.batches(session)
    async with asyncio.timeout(15), aclosing(source) as batches:
        async for batch in batches:
            if batch.arrivals:
                return batch.arrivals
    raise AssertionError("the session ended by itself")


async def told(session: Session, last: str, cursor: str | None, door: Door | None) -> tuple[list[str], int]:
    """All texts until one came, and how many arrivals could not be read."""
    texts: list[str] = []
    dead = 0
    source = session.events(cursor) if door is None else door.batches(session)
    async with asyncio.timeout(20), aclosing(source) as batches:
        async for batch in batches:
            texts += [one.text.strip() for one in messages(batch)]
            dead += sum(bool(arrival.problem) for arrival in batch.arrivals)
            if last in texts:
                return texts, dead
    raise AssertionError("the session ended by itself")


@asynccontextmanager
async def _reading(session: Session, cursor: str | None, *, beside: bool) -> AsyncIterator[None]:
    """Let a session do what it does beside taking webhooks."""

    async def read() -> None:
        async for _ in session.events(cursor):
            pass

    task = asyncio.create_task(read()) if beside else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()


async def _one_and_another(
    session: Session, sandbox: Sandbox, cursor: str | None, door: Door | None
) -> tuple[MessageArrived, MessageArrived]:
    """The next message, and one that is written once that is durable."""
    source = session.events(cursor) if door is None else door.batches(session)
    found: list[MessageArrived] = []
    async with asyncio.timeout(15), aclosing(source) as batches:
        async for batch in batches:
            if not found and messages(batch):
                await sandbox.say(ANNA, "после", subject="Заказ")
            found += messages(batch)
            if len(found) > 1:
                return found[0], found[1]
    raise AssertionError("the session ended by itself")


def messages(batch: Batch) -> list[MessageArrived]:
    return [e for arrival in batch.arrivals for e in arrival.events if isinstance(e, MessageArrived) and not e.from_us]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside of a tree of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """A copy in which something else stands in one place."""
    copied = dict(value) if isinstance(value, dict) else list(value)
    if len(path) > 1:
        copied[path[0]] = changed(copied[path[0]], path[1:], odd)
    elif odd is LOST:
        del copied[path[0]]
    else:
        copied[path[0]] = odd
    return copied


class ConnectorContract:
    """Subclass it, set ``kind`` and ``wrong``, and give a ``sandbox`` fixture that yields an entered Sandbox."""

    kind: ClassVar[str]
    wrong: ClassVar[Sequence[tuple[Mapping[str, str], str]]] = ()
    """Wrong answers, and the field that is blamed for them."""
    starts_at_bind: ClassVar[bool] = True
    """What was said before binding may stay unread."""
    hears_in_order: ClassVar[bool] = True
    anybody: ClassVar[str] = "7001"
    """An address to write to where nobody is going to be reached."""
    unbearable: ClassVar[Sequence[Sequence[str]]] = ()
    """Buttons that the provider refuses: more than it has, and those that say more."""
    by_hook: ClassVar[bool] = False
    """The provider calls us; a sandbox that is a CallsHooks is told the address after binding."""

    @pytest.fixture
    async def door(self) -> AsyncIterator[Door | None]:
        async with Door() as door:
            yield door if self.by_hook else None

    @pytest.fixture
    def connector(self) -> Connector:
        return create(self.kind, system_world())

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: Sandbox, door: Door | None) -> Bound:
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        if door and isinstance(sandbox, CallsHooks):
            sandbox.calls(door.address(bound.hook_key))
        return bound

    @pytest.fixture
    async def session(self, connector: Connector, bound: Bound) -> AsyncIterator[Session]:
        async with connector.open(ChannelId(1), bound) as session:
            yield session

    def outbound(self, heard: MessageArrived, text: str, **changes: object) -> Outbound:
        message = Outbound(
            message_id=MessageId(1),
            key="0123456789abcdef0123456789abcdef",
            address=heard.peer.address,
            chat_kind=heard.peer.kind,
            text=text,
            subject=heard.subject,
            thread=(heard.ext_id,),
        )
        return replace(message, **changes)  # type: ignore[arg-type]

    async def test_binding_proves_itself_and_names_the_account(self, bound: Bound) -> None:
        assert bound.account
        assert bound.title

    async def test_a_binding_whose_secrets_are_lost_can_be_renewed(
        self, connector: Connector, sandbox: Sandbox, bound: Bound
    ) -> None:
        again = await connector.bind(ScriptedAsker(sandbox.answers), previous=replace(bound, secrets={}))
        assert (again.account, again.hook_key) == (bound.account, bound.hook_key)
        assert again.secrets.keys() == bound.secrets.keys()

    async def test_a_wrong_answer_blames_its_field(self, connector: Connector, sandbox: Sandbox) -> None:
        for changes, field in self.wrong:
            asker = ScriptedAsker({**sandbox.answers, **changes})
            with pytest.raises(UsageError):
                await connector.bind(asker)
            assert field in asker.blamed, (changes, asker.blamed)

    async def test_secrets_are_not_shown(self, bound: Bound) -> None:
        shown = repr(bound) + "".join(bound.settings.values()) + "".join(bound.facts.values())
        for secret in filter(None, bound.secrets.values()):
            assert secret not in shown

    async def test_a_customers_words_arrive_with_name_and_address(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        await sandbox.say(ANNA, "Здравствуйте, ёлки есть?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text.strip() == "Здравствуйте, ёлки есть?"
        assert message.sender.name == ANNA.name
        assert message.peer.address
        assert not message.from_us

    async def test_a_session_proves_its_life_before_anybody_writes(self, session: Session, bound: Bound) -> None:
        async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as batches:
            assert not (await anext(batches)).arrivals

    async def test_what_is_acknowledged_is_not_repeated_and_what_is_not_comes_again(
        self, connector: Connector, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        await sandbox.say(ANNA, "раз", subject="Заказ")
        async with connector.open(ChannelId(1), bound) as session:
            (first,), cursor = await collect(session, 1, bound.cursor, door=door)
        await sandbox.say(ANNA, "два", subject="Заказ")
        async with connector.open(ChannelId(1), bound) as session:
            (second,), _unacknowledged = await collect(session, 1, cursor, door=door, durable=False)
        async with connector.open(ChannelId(1), bound) as session:
            (again,), _ = await collect(session, 1, cursor, door=door)
        assert first.text.strip() == "раз"
        assert [second.text.strip(), again.text.strip()] == ["два", "два"]
        assert second.ext_id == again.ext_id != first.ext_id

    async def test_a_webhook_needs_no_session_and_comes_to_the_same(
        self, connector: Connector, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        """While the channel is stopped or coming up; what a session takes of it afterwards is a repetition."""
        if door is None:
            return
        async with connector.open(ChannelId(1), bound) as session:
            await sandbox.say(ANNA, "раз", subject="Заказ")
            await collect(session, 1, bound.cursor, door=door)
        await sandbox.say(ANNA, "два", subject="Заказ")
        async with asyncio.timeout(15), aclosing(door.without_session(connector, bound, durable=False)) as batches:
            (alone,) = messages(await anext(batches))
        async with connector.open(ChannelId(1), bound) as session:
            (again,), _ = await collect(session, 1, bound.cursor, door=door)
        assert alone.text.strip() == "два"
        assert (alone.ext_id, alone.peer.key, alone.sender.id) == (again.ext_id, again.peer.key, again.sender.id)

    async def test_an_answer_reaches_the_customer_and_gets_an_id(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        receipt = await session.send(self.outbound(message, "Есть, {имя} & <друзья>!\nВторая строка."))
        assert receipt.ids
        assert all(receipt.ids)
        (heard,) = await sandbox.heard(ANNA)
        assert heard.text.strip().replace("\r\n", "\n") == "Есть, {имя} & <друзья>!\nВторая строка."
        assert await sandbox.heard(BORIS) == []

    async def test_a_file_goes_out_with_its_name(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None, tmp_path: Path
    ) -> None:
        if not manifest(self.kind).capabilities.max_upload:
            return
        path = tmp_path / "blob"
        path.write_bytes(b"%PDF-1.4 price list")
        file = LocalFile(path=path, name="Прайс-лист №1.pdf", mime="application/pdf", size=path.stat().st_size)
        await sandbox.say(ANNA, "Прайс?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        receipt = await session.send(self.outbound(message, "Вот", files=(file,)))
        assert receipt.ids
        files = [f for heard in await sandbox.heard(ANNA) for f in heard.files]
        assert [(f.name, f.content) for f in files] == [("Прайс-лист №1.pdf", b"%PDF-1.4 price list")]

    async def test_an_outage_is_a_channel_error_and_the_gap_arrives_afterwards(
        self, connector: Connector, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        await sandbox.vanish()
        with pytest.raises(ChannelError):  # noqa: PT012 - either opening, reading or sending may notice first
            async with asyncio.timeout(20), connector.open(ChannelId(1), bound) as session:
                async for _ in session.events(bound.cursor):
                    if manifest(self.kind).capabilities.intake == "webhook":
                        await session.send(Outbound(message_id=MessageId(1), key="0" * 32, address="x", text="x"))
        await sandbox.come_back()
        await sandbox.say(ANNA, "после", subject="Заказ")
        async with connector.open(ChannelId(1), bound) as session:
            (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text.strip() == "после"

    async def test_what_was_kept_raw_is_understood_again(
        self, connector: Connector, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        await sandbox.say(ANNA, "Ёлки?", subject="Заказ")
        (first,) = await first_arrivals(session, bound.cursor, door)
        again = connector.understand(bound, StoredArrival(first.provider_id, 1_790_000_000_000, first.raw))
        (heard,), (read_again,) = messages(Batch(arrivals=(first,))), messages(Batch(arrivals=(again,)))
        assert again.problem == ""
        assert (read_again.text, read_again.ext_id, read_again.peer) == (heard.text, heard.ext_id, heard.peer)

    async def test_one_odd_update_takes_nothing_away_from_those_around_it(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        if not isinstance(sandbox, SaysOddly):
            return
        await sandbox.say(ANNA, "раз", subject="Заказ")
        for value in ODD:
            await sandbox.say_oddly(ANNA, "странно", value)
        await sandbox.say(ANNA, "два", subject="Заказ")
        texts, dead = await told(session, "два", bound.cursor, door)
        assert (texts[0], texts[-1]) == ("раз", "два")
        assert texts.count("странно") + dead == len(ODD)

    async def test_what_was_said_between_the_end_of_a_login_and_its_renewal_arrives_once(
        self, connector: Connector, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        if not isinstance(sandbox, EndsLogins):
            return
        await sandbox.say(ANNA, "раз", subject="Заказ")
        async with connector.open(ChannelId(1), bound) as session:
            _, cursor = await collect(session, 1, bound.cursor, door=door)
        await sandbox.end_login()
        with pytest.raises(NeedsRebind):
            async with asyncio.timeout(20), connector.open(ChannelId(1), bound) as session:
                await session.send(Outbound(message_id=MessageId(1), key="0" * 32, address=self.anybody, text="x"))
        said = [f"пока не было связи, {n}" for n in range(12)]
        for text in said:
            await sandbox.say(ANNA, text, subject="Заказ")
        again = await connector.bind(ScriptedAsker(sandbox.answers), previous=replace(bound, cursor=cursor))
        if door and isinstance(sandbox, CallsHooks):
            sandbox.calls(door.address(again.hook_key))
        async with connector.open(ChannelId(1), replace(again, memory=bound.memory)) as session:
            found, after = await collect(session, len(said), again.cursor or cursor, door=door)
            await sandbox.say(ANNA, "после", subject="Заказ")
            last, _ = await collect(session, 1, after, door=door)
        assert sorted(one.text.strip() for one in found) == sorted(said)
        assert [one.text.strip() for one in last] == ["после"]

    async def test_a_message_that_went_in_parts_is_taken_back_whole_and_twice_does_no_harm(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None, tmp_path: Path
    ) -> None:
        if not isinstance(session, Deletes):
            return
        files = []
        for n in range(2 if manifest(self.kind).capabilities.max_upload else 0):
            path = tmp_path / f"blob{n}"
            path.write_bytes(b"\x89PNG of a blanket %d" % n)
            files.append(LocalFile(path=path, name=f"Плед №{n}.png", mime="image/png", size=20, kind="photo"))
        await sandbox.say(ANNA, "Пледы?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        receipt = await session.send(self.outbound(message, "Вот " + "плед " * 400, files=tuple(files)))
        assert await sandbox.heard(ANNA) != []
        for ext_id in (*receipt.ids, receipt.ids[0]):
            await session.delete(message.peer.address, ext_id)
        assert await sandbox.heard(ANNA) == []

    @pytest.mark.req("S-144", part="buttons go out, and a pressed one comes as what it says")
    async def test_buttons_go_out_and_a_pressed_one_comes_as_what_it_says(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        if not isinstance(sandbox, HasButtons):
            return
        limits = manifest(self.kind).capabilities.buttons
        longest = ["Ц" * min(limits.longest, LONGEST), *map(str, range(2, min(limits.most, MOST) + 1))]
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        for n, buttons in enumerate((["Цены", "Доставка"], longest)):
            assert limits.carry("Что вас интересует?", buttons)
            said = self.outbound(message, "Что вас интересует?", buttons=buttons, key=f"{n}" * 32)
            receipt = await session.send(said)
            heard = (await sandbox.heard(ANNA))[-1]
            assert (heard.text, list(heard.buttons)) == ("Что вас интересует?", buttons)
            if isinstance(session, Edits):
                if isinstance(session, EditsAboveButtons):
                    await session.edit_above(message.peer.address, receipt.ids[0], "Что вам рассказать?", buttons)
                else:
                    await session.edit(message.peer.address, receipt.ids[0], "Что вам рассказать?")
                heard = (await sandbox.heard(ANNA))[-1]
                assert (heard.text, list(heard.buttons)) == ("Что вам рассказать?", buttons)

    async def test_a_press_is_a_message_of_who_pressed_and_gets_the_answer_that_the_provider_wants(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        if not isinstance(sandbox, HasButtons):
            return
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (message,), cursor = await collect(session, 1, bound.cursor, door=door)
        await session.send(self.outbound(message, "Что вас интересует?", buttons=["Цены", "Доставка"]))
        await sandbox.press(ANNA, "Доставка")
        async with _reading(session, cursor, beside=door is not None):
            (pressed, after) = await _one_and_another(session, sandbox, cursor, door)
            async with asyncio.timeout(10):
                while sandbox.unanswered:
                    await asyncio.sleep(0.01)
        assert (pressed.text, pressed.pressed, pressed.sender.id) == ("Доставка", True, message.sender.id)
        assert pressed.peer.key == message.peer.key
        assert (after.text, after.pressed) == ("после", False)

    async def test_buttons_beyond_the_providers_limits_are_refused(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        assert bool(self.unbearable) == isinstance(sandbox, HasButtons)
        if not self.unbearable:
            return
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        for n, buttons in enumerate(self.unbearable):
            assert not manifest(self.kind).capabilities.buttons.carry("Выберите", buttons)
            with pytest.raises(Rejected):
                await session.send(self.outbound(message, "Выберите", buttons=buttons, key=f"{n}" * 32))
        getattr(sandbox, "exchanges", []).clear()  # the published descriptions refuse them too

    async def test_checking_proves_receiving_and_sending(self, connector: Connector, bound: Bound) -> None:
        findings = await connector.check(bound)
        assert {"receive", "send"} <= {f.name for f in findings}
        assert all(f.ok for f in findings)

    def test_the_manifest_tells_the_truth_about_rare_abilities(
        self, connector: Connector, session: Session, sandbox: Sandbox
    ) -> None:
        can = manifest(self.kind).capabilities
        assert isinstance(connector, ShowsWhole) == can.keeps_raw
        assert isinstance(session, Edits) == can.edits
        assert isinstance(session, Deletes) == can.deletes
        assert isinstance(session, Reacts) == can.reactions
        assert isinstance(sandbox, HasButtons) == bool(can.buttons.most)
        assert isinstance(session, MarksRead) == can.marks_read
        assert isinstance(session, ShowsTyping) == can.shows_typing
        assert isinstance(session, FindsPeople) == bool(can.finds_people)
        assert isinstance(session, ListsContacts) == can.lists_contacts
        assert isinstance(session, ReadsChats) == can.reads_chats
        assert isinstance(session, ManagesGroups) == can.manages_groups
        if can.intake == "webhook":
            assert isinstance(session, TakesHooks)
        if isinstance(session, FetchesFiles):
            assert can.max_download >= 0
