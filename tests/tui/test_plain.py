"""The inbox line by line: every word of it can be read out, and no escape sequence is ever printed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.runtime.identity import as_acting
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import duties, journal, lines, operators, sending
from chatapp_cli.services.message_request import InDialog
from chatapp_cli.services.transcript import latest
from chatapp_cli.tui.plain.plain import PASTE_GAP, Plain, conversation
from chatapp_cli.tui.plain.vocabulary import COMMANDS, understood
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.session.workspace import Workspace
from tests.tui.furniture import boris_answers_all
from tests.tui.stage import ANNA, HOUR, ME, Stage

BOT = ChannelId(1)


@dataclass
class Talk:
    """A conversation with the inbox."""

    plain: Plain
    workspace: Workspace
    said: list[str] = field(default_factory=list)

    async def __call__(self, words: str) -> list[str]:
        self.said.clear()
        await self.plain.hear(words)
        return list(self.said)

    async def news(self, since: int) -> list[str]:
        self.said.clear()
        await self.plain.tell(JournalAdvanced(await self.workspace.read(lambda tx: journal.after(tx, since, n=100))))
        return list(self.said)


@pytest.fixture
async def talk(company: Company) -> AsyncIterator[Talk]:
    mine = as_acting(company, "")
    store = AsyncStore(mine)
    workspace, said = Workspace(mine, store), list[str]()
    yield Talk(Plain(workspace, said.append), workspace, said)
    await store.aclose()


async def opened(talk: Talk, name: str) -> list[str]:
    await talk(f"найти {name}")
    return await talk("1")


async def test_who_waits_is_read_out_with_numbers_the_longest_waiting_first(talk: Talk) -> None:
    said = await talk("list")
    assert said[0].startswith("1. Зоя Белая. TG bot, waits 2 d, 1 unread.")
    assert any(
        line.endswith(
            "Анна Кузнецова. TG bot, waits 40 min, 2 unread. А можно ещё свечу «Кедр» в ту же посылку? "
            "Доплачу сразу, как скажете"
        )
        for line in said
    )
    assert len(await talk("список все")) > len(said)


async def test_a_dialog_is_opened_by_its_number_answered_and_left(talk: Talk, company: Company, stage: Stage) -> None:
    said = await opened(talk, "Анна")
    assert said[0] == "Анна Кузнецова. TG bot, Розница."
    assert said[-1] == "11:48 Анна Кузнецова: А можно ещё свечу «Кедр» в ту же посылку? Доплачу сразу, как скажете"
    assert await talk("ответ Конечно, добавим!") == ["Sent to Анна Кузнецова."]
    anna = stage.dialog(BOT, ANNA)
    last = company.read(lambda tx: latest(tx, anna))[-1].message
    assert (last.text, last.author, last.state) == ("Конечно, добавим!", ME, "queued")
    assert "Анна" not in " ".join(await talk("закрыть"))


async def test_what_is_no_command_goes_out_only_after_a_yes(talk: Talk, company: Company, stage: Stage) -> None:
    await opened(talk, "Анна")
    anna = stage.dialog(BOT, ANNA)
    before = len(company.read(lambda tx: latest(tx, anna)))
    assert await talk("Спасибо!") == ["Send to Анна Кузнецова: Спасибо!? yes or no"]
    await talk("нет")
    await talk("Спасибо!")
    assert await talk("да") == ["Sent to Анна Кузнецова."]
    assert len(company.read(lambda tx: latest(tx, anna))) == before + 1


async def test_work_is_taken_put_off_and_noted_in_words(talk: Talk, company: Company, stage: Stage) -> None:
    assert await talk("взять") == ["No dialog is open.", "Say «list», then its number."]
    await opened(talk, "Анна")
    assert await talk("взять") == ["You answer for Анна Кузнецова."]
    assert (await talk("список мои"))[0].startswith("1. Анна Кузнецова. TG bot, waits 40 min")
    assert await talk("заметка @Олег, глянь") == ["The note is kept; the client does not see it."]
    assert await talk("отложить завтра") == ["Анна Кузнецова comes back at 21.11 09:00."]
    assert await talk("отложить когда-нибудь") == [
        "когда-нибудь is not a time.",
        "Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00",
    ]
    assert await talk("неважно") == ["Анна Кузнецова waits no longer."]
    assert await talk("отойти +1ч") == ["You are away: nothing is given to you."]
    away = company.read(duties.away)
    assert (away.away_since, away.away_until) == (stage.clock.at, stage.clock.at + HOUR)
    assert await talk("вернуться") == ["You are back."]
    assert company.read(duties.away) is None


async def test_what_clients_write_is_read_out_as_it_comes(talk: Talk, company: Company, stage: Stage) -> None:
    await talk("list")
    seen = company.read(journal.last)
    stage.hear(BOT, ANNA, "Ау,\x1b[2J вы тут?")
    (said,) = await talk.news(seen)
    assert said.endswith("Анна Кузнецова, TG bot: Ау,[2J вы тут?")
    assert said.startswith("New message, ")
    await opened(talk, "Анна")
    assert await talk.news(seen) == ["12:00 Анна Кузнецова: Ау,[2J вы тут?"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("список", ("list", "")),
        ("Открыть 3", ("open", "3")),
        ("3", ("open", "3")),
        ("ответ: Да, есть", ("answer", "Да, есть")),
        ("ответ не нужен", ("enough", "")),
        ("отложить завтра 9:00", ("later", "завтра 9:00")),
        ("ответственный кто?", None),
    ],
)
def test_commands_are_words_of_either_language(said: str, meant: tuple[str, str] | None) -> None:
    assert understood(said) == meant


async def test_help_names_every_command_and_a_slip_of_the_fingers_is_put_right(talk: Talk) -> None:
    assert len(await talk("помощь")) == len(COMMANDS)
    assert await talk("спсок") == ["Did you mean: список"]


def test_the_program_talks_through_a_pipe_without_a_single_escape(company: Company, tmp_path: Path) -> None:
    i18n.use("ru")
    home = company.settings.folder
    env = {
        **os.environ,
        "CHATAPP_HOME": str(home.parent),
        "CHATAPP_COMPANY": home.name,
        "CHATAPP_CONFIG": str(tmp_path / "none.toml"),
        "CHATAPP_LANG": "ru",
        "CHATAPP_OPERATOR": ME,
        "CHATAPP_HTTP_HOST": "",
    }
    done = subprocess.run(
        [sys.executable, "-m", "chatapp_cli", "inbox", "--plain"],
        input="список все\nнайти Дмитрий\n1\nвыход\n",
        env=env,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Дмитрий, перенесли доставку на завтра, с 10 до 14." in done.stdout
    assert all(letter.isprintable() or letter == "\n" for letter in done.stdout)
    assert not set("│╭╰─●▿") & set(done.stdout)


class Typist(io.StringIO):
    """A terminal: lines come when they come."""

    def __init__(self, *lines: str, pause: float, tty: bool = True) -> None:
        super().__init__()
        self._lines, self._pause, self._tty = lines, pause, tty

    def isatty(self) -> bool:
        return self._tty

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            time.sleep(0 if line.startswith("|") else self._pause)
            yield line.removeprefix("|") + "\n"


def sent(company: Company) -> list[str]:
    dialog = company.read(lambda tx: tx.value("dialogs.at_key", channel=BOT, key=ANNA.id))
    return [one.message.text for one in company.read(lambda tx: latest(tx, dialog, n=30))]


async def held(company: Company, source: Typist) -> list[str]:
    said: list[str] = []
    await conversation(as_acting(company, ""), source, said.append, alone=True)
    return said


@pytest.mark.parametrize(
    "lines",
    [
        ("Добрый день", "|да", "|"),
        ("Добрый день", "|ответ второе", "|yes"),
        ("ответ первое", "|да"),
        ("1", "|2", "|да"),
    ],
)
async def test_lines_that_are_pasted_are_one_text_which_is_asked_about_and_not_sent(
    company: Company, lines: tuple[str, ...]
) -> None:
    before = sent(company)
    said = await held(company, Typist("найти Анна", "1", *lines, "нет", "выход", pause=PASTE_GAP * 3))
    assert sent(company) == before
    assert any(line.startswith("Send to Анна Кузнецова: ") and "lines)? yes or no" in line for line in said)


async def test_pasted_lines_go_out_whole_once_they_are_agreed_to(company: Company) -> None:
    await held(company, Typist("найти Анна", "1", "Добрый день", "|да", "|нет", "да", "выход", pause=PASTE_GAP * 3))
    assert sent(company)[-1] == "Добрый день\nда\nнет"


async def test_lines_that_are_pasted_while_no_dialog_is_open_do_nothing(company: Company) -> None:
    said = await held(company, Typist("найти Анна", "1", "|взять", "выход", pause=PASTE_GAP * 3))
    assert said[-1].startswith("Several lines came at once.")


async def test_what_was_not_said_is_marked_in_words_before_it_is_read_out(
    talk: Talk, company: Company, stage: Stage
) -> None:
    anna = stage.dialog(BOT, ANNA)
    for text in ("Позже", "Никогда"):
        order = replace(talk.workspace.send_options(), at=company.world.clock.now() + 3_600_000)
        message = talk.workspace.accept(InDialog(anna), Draft(text=text), order, undoable=False)
        last = as_acting(company, "").write(message)
    as_acting(company, "").write(lambda tx: sending.cancel(tx, last))
    stage.say(anna, "Мимо", state=State.FAILED, error="blocked")
    said = [line.partition(" ")[2] for line in await opened(talk, "Анна")]
    for told in (f"{ME}, scheduled: Позже", f"{ME}, cancelled: Никогда", f"{ME}, failed: Мимо"):
        assert told in said


@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_who_sees_other_lines_meanwhile_is_told_and_begins_anew(company: Company, stage: Stage) -> None:
    company.write(lambda tx: operators.add(tx, "Пётр", "", ()))
    company.write(lambda tx: operators.open_session(tx, "Пётр", "token"))
    mine, said = as_acting(company, "token"), list[str]()
    store = AsyncStore(mine)
    workspace = Workspace(mine, store)
    talk = Talk(Plain(workspace, said.append, "token"), workspace, said)
    await opened(talk, "Анна")
    hidden = company.write(lambda tx: lines.add(tx, "Склад"))
    company.write(lambda tx: operators.see_lines(tx, "Пётр", [hidden]))
    seen = company.read(journal.last)
    stage.hear(BOT, ANNA, "Тайна")
    assert await talk.news(seen) == ["You see other lines now."]
    assert await talk("взять") == ["No dialog is open.", "Say «list», then its number."]
    assert await talk("список все") == ["There is no such dialog."]
    company.write(lambda tx: operators.disable(tx, "Пётр"))
    assert (await talk("список все"), talk.plain.left, str(talk.plain.refused)) == ([], True, "You are logged out.")
    await store.aclose()


async def test_a_script_at_the_other_end_of_a_pipe_may_be_as_fast_as_it_likes(company: Company) -> None:
    await held(company, Typist("найти Анна", "|1", "|ответ Да", "|выход", pause=0, tty=False))
    assert sent(company)[-1] == "Да"


@pytest.mark.req("S-097")
async def test_a_mail_is_read_out_without_what_it_quotes_and_whole_on_request(talk: Talk, stage: Stage) -> None:
    boris_answers_all(stage)
    await talk("find Счёт 17")
    read = " ".join(await talk("1"))
    assert "To: hello@teply-dom.example, Склад <sklad@teply-dom.example>, Cc: Ирина Савина" in read
    assert "… 3 more lines: «whole»" in read
    assert "резерв до пятницы" not in read
    assert "> Счёт во вложении, резерв до пятницы." in await talk("whole")
    await talk("find Анна")
    await talk("1")
    assert (await talk("целиком"))[0].startswith("Nothing was folded in what was read out of Анна")


async def test_the_list_names_who_wrote_before_the_subject(talk: Talk, stage: Stage) -> None:
    boris_answers_all(stage)
    (row,) = await talk("find Счёт 17")
    assert row.startswith("1. Борис Савин · Счёт 17. Mail")
