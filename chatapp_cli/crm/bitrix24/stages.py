"""At which stages the deals and leads of chats stand.

A card's event tells its id alone, so the card is read, and its stage is named as the portal's dictionaries name it.
Sources: b24-rest-docs ``crm.item.get``, ``crm.status.list``, ``crm.category.list``, ``imopenlines.crm.chat.get``.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.crm.bitrix24 import names
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.cards import TYPES, pipelines_in, shown
from chatapp_cli.crm.bitrix24.lite_cards import LitePlace
from chatapp_cli.crm.bitrix24.lite_pipelines import dictionary, named
from chatapp_cli.crm.bitrix24.owners import (
    CardKey,
    answered,
    changed_keys,
    chats_of_keys,
    connector_of,
    dialogs_of_chats,
    items_of_keys,
    place_of_chat,
)
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import CardEvent
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.stages import CardStage, StageName, watched


async def stages(api: PortalApi, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[CardStage]:
    """Where changed cards stand, for each chat of theirs; a card without chats of ours costs one command."""
    wanted = {(connector_of(one), one.place): watched(one.options) for one in pairings}
    kinds = {kind for chosen in wanted.values() for kind in chosen}
    keys = {key: 0 for key in await changed_keys(api, changes) if key.kind in kinds}
    chats = await chats_of_keys(api, keys)
    spots = {one: place_of_chat(dialog) for one, dialog in (await dialogs_of_chats(api, chats)).items()}
    found = [(chat, key) for chat, spot in spots.items() for key in chats[chat] if key.kind in wanted.get(spot[:2], ())]
    told = await _told(api, {key for _chat, key in found})
    return [_at(told[key], spots[chat], chat) for chat, key in found if key in told]


async def _told(api: PortalApi, keys: set[CardKey]) -> dict[CardKey, tuple[str, str, str, StageName]]:
    """Each card with its pipeline and stage by id, and as they are called."""
    items = await items_of_keys(api, keys)
    cards = await shown(api, [(key.kind, item) for key, item in items.items()], api.held.origin, staff=False)
    return {
        key: (
            f"{key.kind}:{key.number}",
            border.external_id(str(item.get("categoryId") or 0)),
            border.external_id(str(item.get("stageId") or "")),
            StageName(card.pipeline, card.stage),
        )
        for (key, item), card in zip(items.items(), cards, strict=True)
        if item.get("stageId")
    }


def _at(told: tuple[str, str, str, StageName], spot: tuple[str, str, str], remote: str) -> CardStage:
    card, pipeline, stage, called = told
    connector, line, chat = spot
    return CardStage(
        kind=names.kind_of(connector),
        place=border.external_id(line),
        chat=border.external_id(chat),
        remote_chat=remote,
        card=card,
        pipeline_id=pipeline,
        stage_id=stage,
        called=called,
    )


async def stage_names(api: PortalApi) -> Sequence[StageName]:
    """The stages of leads and of each pipeline of deals, also those at which cards end."""
    told = await answered(api, {"pipelines": BatchCommand("crm.category.list", {"entityTypeId": TYPES["deal"]})})
    pipelines = pipelines_in(told.get("pipelines"))
    asked = {one: BatchCommand("crm.status.list", dictionary(LitePlace("deal", int(one)))) for one in pipelines}
    answers = await answered(api, {**asked, "leads": BatchCommand("crm.status.list", dictionary(LitePlace("lead")))})
    return [
        StageName(border.name(pipelines.get(one, "")), stage.name)
        for one, answer in answers.items()
        for stage in named(answer)
    ]
