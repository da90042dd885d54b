"""Values for the parameters of a statement."""

from __future__ import annotations

import re

from chatapp_cli.store.named import _PARAMETER

NUMBERS = re.compile(
    r"(id|keeps_hour|channel|crm|dialog|message|contact|contact_id|line_id|tag|at|now|n|low|high|after|before|until|since|due|size|seconds"
    r"|pinned|blocked|renamed|reachable|folded_lines|forwards|typed_subject|automatic|answers|listed|priority|not_before|next_at|claims|epoch|longest|uncounted|last_at|arrived"
    r"|link|pairing|final|left_at|run|part|request|asks|comment|passed|rule|turn|position|entry|rank|works|came|doubtful|closed|every_line|only_own|place|placeholder|bears_text|disabled|line|channel_id|dialog_id|message_id|old|new|by|stranger|section|kept|gone|typing_until|first|packed|look_at|healed|other|answer|later|late|most|until_at|until_id|skip|told_at|journal|nth|version|enabled|stop|waits_since|result|timed)"
)


def sample(statement: str, dialect: str) -> dict[str, object]:
    named = set(_PARAMETER.findall(statement)) | set(re.findall(r"%\((\w+)\)s", statement))
    special = {
        "raw": b"",
        "secrets": b"",
        "sealed": b"",
        "ids": "[1]",
        "topics": "[]",
        "keys": "[]",
        "tags": "[]",
        "stages": "[]",
        "addresses": "[]",
        "old_key": "x",
        "new_key": "x",
    }
    return {name: special[name] if name in special else 1 if NUMBERS.fullmatch(name) else "x" for name in named}
