"""Why a run, or a part of one, was not done, as it is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass

from chatapp_cli.domain.errors import ChatappError, NotFound
from chatapp_cli.domain.stored_text import restored, stored
from chatapp_cli.domain.text import Text


@dataclass(frozen=True, slots=True)
class RunReason:
    """A reason of ours."""

    what: Text
    code: str

    @classmethod
    def of(cls, refusal: ChatappError) -> RunReason:
        """Of a refusal; what a person would have to name in another way has no code of its own."""
        own = str(getattr(refusal, "code", ""))
        return cls(refusal.what, own or ("not_found" if isinstance(refusal, NotFound) else "bad_value"))

    @property
    def written(self) -> str:
        """As a column holds it; whoever reads it later gets it in their language."""
        return json.dumps({"code": self.code, **stored(self.what)}, ensure_ascii=False)

    @classmethod
    def read(cls, written: str) -> RunReason | None:
        """What was stored; ``None`` for nothing. Steps of bots from before runs have no code with it."""
        if not written:
            return None
        found = json.loads(written)
        return cls(restored(found), str(found.get("code", "refused")))
