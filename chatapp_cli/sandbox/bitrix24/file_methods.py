"""Files of the disk and documents of cards, and the downloads of both.

Sources: b24-rest-docs ``disk-file-get.md``, ``crm-document-generator-document-get.md``; providers' sheet §3.4, §3.5.
A link of either is signed for the token that it bears.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from aiohttp import web

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.line_methods import written_time
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, KINDS, Json, PortalDocument, PortalRefusal
from chatapp_cli.sandbox.stage import StageFile

_PAGE = 50
_MACHINE = "crm.documentgenerator.document."


class FileMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk, self._office, self._clock = desk, desk.office, clock

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "disk.file.get": self.file,
            f"{_MACHINE}get": lambda call: {"document": self._shown(self._document(call), call)},
            f"{_MACHINE}list": self.documents,
        }

    def file(self, call: Call) -> Json:
        """A file of the disk; its address carries a token. Raises PortalRefusal."""
        number = call.number("id")
        file = self._office.files.get(number)
        if file is None:
            raise PortalRefusal(400, "ERROR_NOT_FOUND", "There is no such file")
        return {
            "ID": str(number), "NAME": file.name, "SIZE": str(len(file.content)), "TYPE": "file",
            "DOWNLOAD_URL": self._link("download", f"disk|{number}", call),
        }  # fmt: skip

    def _link(self, what: str, token: str, call: Call) -> str:
        auth = self._desk.authority.access_for(call.user)
        return f"{self._desk.authority.client_endpoint}{what}.json?auth={auth}&token={quote(signed(token, auth))}"

    def _document(self, call: Call) -> PortalDocument:
        found = self._office.documents.get(call.number("id"))
        if found is None:
            raise PortalRefusal(400, "NOT_FOUND", "There is no such document")
        return found

    def documents(self, call: Call) -> Json:
        """The documents of a card, or all of them, fifty on a page."""
        wanted, start = call.map("filter"), max(call.number("start"), 0)
        found = [one for one in self._office.documents.values() if _fits(one, wanted)]
        newest = str(call.map("order").get("id", "asc")).lower() == "desc"
        found.sort(key=lambda one: one.id, reverse=newest)
        call.extra["total"] = len(found)
        if len(found) > start + _PAGE:
            call.extra["next"] = start + _PAGE
        return {"documents": [self._shown(one, call) for one in found[start:][:_PAGE]]}

    def _shown(self, one: PortalDocument, call: Call) -> Json:
        """A document; the links to its PDF are missing until the portal has made that."""
        written = written_time(one.at)
        links = {"downloadUrlMachine": self._link(f"{_MACHINE}download", f"documentgenerator|{one.id}", call)}
        if self._is_made(one):
            links["pdfUrlMachine"] = self._link(f"{_MACHINE}getPdf", f"documentgenerator|{one.id}", call)
        shown: Json = {
            "id": str(one.id), "title": one.title, "number": one.number, "templateId": "39", "createdBy": str(ADMIN),
            "createTime": written, "updateTime": written, "entityId": str(one.card.id),
            "entityTypeId": str(KINDS[one.card.kind]), **links,
        }  # fmt: skip
        return {**shown, "isTransformationError": one.failed} if call.method.endswith(".get") else shown

    def _is_made(self, one: PortalDocument) -> bool:
        return not one.failed and self._clock.monotonic() >= one.pdf_at

    def download(self, request: web.Request) -> StageFile:
        """The file behind a link. Raises PortalRefusal for one whose token is over or another's."""
        auth, token = request.query.get("auth", ""), request.query.get("token", "")
        self._desk.authority.let_in(auth)
        kind, number, signature = [*token.split("|"), "", ""][:3]
        if signature and signed(f"{kind}|{number}", auth) != token:
            raise PortalRefusal(403, "ACCESS_DENIED", "The link was changed")
        if kind == "documentgenerator" and signature:
            return self._paper(int(number), pdf=request.path.endswith("getPdf.json"))
        file = self._office.files.get(int(number)) if number.isdecimal() else None
        if file is None:
            raise web.HTTPNotFound
        return file

    def _paper(self, number: int, *, pdf: bool) -> StageFile:
        one = self._office.documents.get(number)
        if one is None or (pdf and not self._is_made(one)):
            raise web.HTTPNotFound
        return one.pdf if pdf else one.docx


def signed(token: str, auth: str) -> str:
    """What a link bears to prove that it was made for this access token."""
    return f"{token}|{sha256(f'{token} {auth}'.encode()).hexdigest()[:24]}"


def _fits(one: PortalDocument, wanted: Json) -> bool:
    said = {"id": one.id, "entityId": one.card.id, "entityTypeId": KINDS[one.card.kind]}
    return all(str(said.get(name.lstrip("="))) == str(value) for name, value in wanted.items())
