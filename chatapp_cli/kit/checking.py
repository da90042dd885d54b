"""The findings of a check about failures and proxies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T
from chatapp_cli.kit import proxies
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


def broken(kind: str, name: str, error: ChannelError, *, detailed: bool = True) -> Finding:
    """Explain a failure in the manifest's words, with the provider's own if ``detailed``."""
    words = manifest(kind).errors.get(error.code)
    if words is None:
        return Finding(name=name, ok=False, what=error.what, next_step=error.next_step)
    with_detail = T("{problem} ({detail})", problem=words.what, detail=error.said)
    what = with_detail if detailed and error.detail else words.what
    return Finding(name=name, ok=False, what=what, next_step=words.step_when_bound)


def unreachable(kind: str, error: ChannelError) -> Sequence[Finding]:
    """Report that nothing works, because the provider could not be reached."""
    return [broken(kind, name, error) for name in ("receive", "send")]


async def with_proxies(
    kind: str, bound: Bound, towards: str, look: Callable[[], Awaitable[Sequence[Finding]]]
) -> Sequence[Finding]:
    """Return the findings of ``look``, or why it failed, and whether each proxy reaches the provider."""
    tried = await proxies.findings(bound.secrets.get(proxies.NAME, ""), towards)
    try:
        return [*await look(), *tried]
    except ChannelError as error:
        return [*unreachable(kind, error), *tried]
