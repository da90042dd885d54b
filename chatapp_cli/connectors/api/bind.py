"""The conversation that binds a program to a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yarl import URL

from chatapp_cli.connectors.api.api import Keys, Ping, Program
from chatapp_cli.domain.errors import ChannelError, NeedsRebind
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.kit.http import open_session
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.signatures import is_secret, new_secret
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.world import World

KIND: Final = "api"
_NEAR_LINKS: Final = "near_links"


async def bind(world: World, ask: Asker, previous: Bound | None) -> Bound:
    """Ask until the program takes our signed ping, then return the binding."""
    values = _known(previous)
    blame: Mapping[str, Text] = {}
    while True:
        answers = await ask.form(_form(previous, values, blame))
        draft = _Draft.of(answers, previous, world)
        blame = draft.slips() or await draft.probe(world)
        if not blame:
            break
        values = answers
    if draft.made:
        await ask.show(draft.notice())
    return draft.bound(previous, world)


def _options(previous: Bound | None) -> Mapping[str, str]:
    """What was configured after the channel was bound."""
    kept = previous.settings.get(_NEAR_LINKS) if previous else None
    return {_NEAR_LINKS: kept} if kept else {}


def _known(previous: Bound | None) -> Mapping[str, str]:
    return {"name": previous.title, "url": previous.settings.get("url", "")} if previous else {}


def _form(previous: Bound | None, values: Mapping[str, str], blame: Mapping[str, Text]) -> Form:
    fields = [
        field for field in manifest(KIND).fields if field.name != _NEAR_LINKS and (previous or field.name != "rotate")
    ]
    return Form(title=T("Another program as a channel"), fields=fields, values=values, errors=blame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    name: str
    url: str
    secret: str
    made: bool
    """The secret was generated just now, so only we know it."""
    hook_key: str

    @classmethod
    def of(cls, answers: Mapping[str, str], previous: Bound | None, world: World) -> _Draft:
        typed = answers.get("secret", "").strip()
        kept = previous.secrets.get("secret", "") if previous and answers.get("rotate") != "on" else ""
        return cls(
            name=answers.get("name", "").strip(),
            url=answers.get("url", "").strip(),
            secret=typed or kept or new_secret(world.chance),
            made=not (typed or kept),
            hook_key=previous.hook_key if previous else world.chance.key(),
        )

    def slips(self) -> Mapping[str, Text]:
        """Errors that can be found without asking the program."""
        found: dict[str, Text] = {}
        if not self.name:
            found["name"] = T("A name is needed.")
        if self.url and not _is_web(self.url):
            found["url"] = T("Give an address that begins with http:// or https://, without a password in it.")
        if not is_secret(self.secret):
            found["secret"] = T("A secret is whsec_ and the base64 of 24 to 64 bytes.")
        return found

    async def probe(self, world: World) -> Mapping[str, Text]:
        """Ping the program; one that cannot know the new secret yet may refuse it."""
        try:
            await ping(self.url, Keys(self.secret), world)
        except NeedsRebind:
            return {} if self.made else {"secret": T("The program does not accept a ping signed with this secret.")}
        except ChannelError as error:
            return {
                "url": T("The program did not accept our ping: {code} {detail}", code=error.code, detail=error.said)
            }
        return {}

    def notice(self) -> Notice:
        """Show a generated secret, which is done only once."""
        return Notice(
            title=T("Give this to the program; the secret is not shown again"),
            lines=[T("Signing secret: {secret}", secret=self.secret), T("Webhook path: {path}", path=self._path)],
        )

    def bound(self, previous: Bound | None, world: World) -> Bound:
        """The binding; a replaced secret stays valid for a while."""
        old = Keys.of(previous.secrets, previous.settings) if previous and previous.secrets else Keys(self.secret)
        keys = old.renewed(self.secret, world.clock.now())
        return Bound(
            account=previous.account if previous else self.name,
            title=self.name,
            settings={"url": self.url, "replaced_at": str(keys.replaced_at), **_options(previous)},
            secrets=keys.secrets(),
            facts={N_("Webhook path"): self._path},
            capabilities={} if self.url else _RECEIVE_ONLY,
            hook_key=self.hook_key,
        )

    @property
    def _path(self) -> str:
        return f"/hooks/{self.hook_key}"


_RECEIVE_ONLY: Final = dict.fromkeys(("max_upload", "replies", "edits", "deletes", "reactions"), 0)


async def ping(url: str, keys: Keys, world: World) -> None:
    """Prove that the program accepts our signature; does nothing without an address."""
    if url:
        async with open_session(total=15) as http:
            await Program(http, url, keys, world.clock).tell(Ping(), id=world.chance.key())


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; ``None`` if it is none."""
    try:
        parsed = URL(url)
    except ValueError:
        return None
    return (parsed.scheme, parsed.host, parsed.port) if parsed.host and parsed.port else None


def _is_web(url: str) -> bool:
    try:
        parsed = URL(url)
    except ValueError:
        return False
    return parsed.scheme in {"http", "https"} and bool(parsed.host) and parsed.password is None
