"""The desk's requests to its device, carried out in the town."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.whatsapp_web.town import Circle, Json, Refusal, Said, Town, digits, now

LONGEST_TITLE = 25


def send(town: Town, args: Json) -> Json:
    """Send our message."""
    chat = town.find(args["to"])
    out = args.get("file")
    files = (StageFile(name=out["name"], mime=out["mime"], content=Path(out["path"]).read_bytes()),) if out else ()
    text, quote = args.get("text", ""), args.get("quote", "")
    said = Said(id=town.message_id(), chat=chat, ours=True, text=text, files=files, reply_to=quote)
    town.said[said.id] = said
    return {"id": said.id, "at": now()}


def edit(town: Town, args: Json) -> Json:
    """Edit our message."""
    _own(town, args, "edit_too_old").text = args["text"]
    return {}


def delete(town: Town, args: Json) -> Json:
    """Delete our message."""
    _own(town, args, "cannot_delete").gone = True
    return {}


def _own(town: Town, args: Json, refusal: str) -> Said:
    said = town.message(args["id"])
    if not said.ours:
        raise Refusal(refusal)
    return said


def react(town: Town, args: Json) -> Json:
    """Set our reaction."""
    town.message(args["id"]).reactions["us"] = args.get("text", "")
    return {}


def read(town: Town, args: Json) -> Json:
    """Send read receipts up to a message."""
    until = town.message(args["id"])
    for said in town.said.values():
        if said.chat == until.chat and not said.ours and not said.read:
            said.read = True
            town.marked.append(said.id)
        if said is until:
            break
    return {}


def typing(town: Town, args: Json) -> Json:
    """Show the typing indicator."""
    town.typed.append(town.find(args["chat"]))
    return {}


def find(town: Town, args: Json) -> Json:
    """Which of these phones have WhatsApp."""
    phones = [digits(jid.partition("@")[0]) for jid in args["members"]]
    return {"found": [town.who(phone, named=False) for phone in phones if phone in town.people]}


def contacts(town: Town, _args: Json) -> Json:
    """The address book."""
    return {"found": [town.who(phone) for phone in town.people]}


def fetch(town: Town, args: Json) -> Json:
    """Write a file to a path."""
    if args["remote"] not in town.files:
        raise Refusal("file_gone")
    Path(args["path"]).write_bytes(town.files[args["remote"]].content)
    return {}


def create_group(town: Town, args: Json) -> Json:
    """Create a group; those who cannot be added are returned."""
    if len(args["title"]) > LONGEST_TITLE:
        raise Refusal("group_title")
    return _add(town, town.gather(args["title"], ()), args)


def add_members(town: Town, args: Json) -> Json:
    """Add members."""
    return _add(town, town.groups[town.find(args["chat"])], args)


def _add(town: Town, circle: Circle, args: Json) -> Json:
    missing: dict[str, str] = {}
    for jid in args["members"]:
        phone = jid.partition("@")[0]
        code = town.unwilling.get(phone) or ("" if phone in town.people else "not_on_whatsapp")
        if code:
            missing[jid] = code
        else:
            circle.members.add(phone)
    return {"jid": circle.jid, "name": circle.title, "missing": missing}


def remove_members(town: Town, args: Json) -> Json:
    """Remove members."""
    circle = town.groups[town.find(args["chat"])]
    circle.members -= {jid.partition("@")[0] for jid in args["members"]}
    return {"jid": circle.jid, "name": circle.title}


def rename_group(town: Town, args: Json) -> Json:
    """Change the title."""
    town.groups[town.find(args["chat"])].title = args["text"]
    return {}


def end_group(town: Town, args: Json) -> Json:
    """Remove everybody and leave."""
    circle = town.groups[town.find(args["chat"])]
    circle.members.clear()
    circle.ours = False
    return {}


def ping(_town: Town, _args: Json) -> Json:
    """Whether it is connected."""
    return {}


def prove(_town: Town, _args: Json) -> Json:
    """Check the login."""
    return {}


ORDERS: Mapping[str, Callable[[Town, Json], Any]] = {
    order.__name__: order
    for order in (
        send,
        edit,
        delete,
        react,
        read,
        typing,
        find,
        contacts,
        fetch,
        create_group,
        add_members,
        remove_members,
        rename_group,
        end_group,
        ping,
        prove,
    )
}
