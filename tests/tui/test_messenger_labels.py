"""What a messenger is called wherever one is chosen (S-042, S-036)."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.services import channels, lines
from chatapp_cli.tui.questions.narrow import Narrow
from tests.tui.beginning import chooses, opens
from tests.tui.conftest import Opener
from tests.tui.stage import Stage

LABEL = "[WEB] WhatsApp"


@pytest.mark.req("S-042")
async def test_each_picker_of_messengers_calls_whatsapp_of_the_web_by_its_label(
    window: Opener, company: Company, stage: Stage
) -> None:
    line = company.read(lines.everything)[1].id
    bound = stage.channel(line, "whatsapp_web", "79160000009", "Опт")
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, bound)
        await it.sees(f"{LABEL} · Опт")
        await it.press("escape", "1", ":")
        await it.type("whatsapp")
        await it.sees(f"Channel: {LABEL} Опт")
        await it.press("escape", "0")
        await it.until(lambda: isinstance(it.app.screen, Narrow))
        it.app.screen.query_one("#channel").focus()
        for _channel in company.read(channels.everything):
            await it.press("right")
        await it.sees(f"{LABEL} Опт")
        await it.press("escape", "f2", "home", "b")
        await it.sees("Which channel?", f"13  {LABEL} — ")


@pytest.mark.req("S-036")
async def test_a_source_is_added_by_choosing_its_type_by_number_and_name(window: Opener, stage: Stage) -> None:
    async with window() as it:
        await it.press("f2", "home", "a")
        await it.type("Склад")
        await it.press("enter")
        await it.sees("Склад  0 dialogs")
        await it.press("end", "b")
        await it.sees("Which channel?")
        shown = it.app.screen.query_one("OptionList")
        options = [str(shown.get_option_at_index(n).prompt) for n in range(shown.option_count)]
        named = [tuple(words.split(" — ")[0].split(None, 1)) for words in options]
        assert named == [(str(one.source_id), one.source_name) for one in manifests().values()]
        shown.highlighted = list(manifests()).index("api")
        await it.press("enter")
        await it.sees("Bind: API · Склад", "Name of the program")
