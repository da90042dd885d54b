"""The signature below a mail: the operator's own, otherwise the mailbox's."""

from __future__ import annotations

from chatapp_cli.domain import variables
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.moment import local
from chatapp_cli.services import operators
from chatapp_cli.services.options import Options, OptionScope
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx


def below(tx: Tx, can: Capabilities, channel: ChannelRow, options: Options) -> str:
    """The signature of the acting operator in a channel, filled in; empty if there is none.

    A bar begins a new line; one with a variable that has no value is left out.
    """
    template = options.settings.own_signature or channel.settings.get(can.signature_in, "")
    if not template.strip():
        return ""
    known = _values(tx, channel, options)
    lines = template.replace("|", "\n").strip().split("\n")
    filled = (variables.preview(line, known).strip() for line in lines if not variables.missing(line, known))
    return "\n".join(filled).strip("\n")


def _values(tx: Tx, channel: ChannelRow, options: Options) -> dict[str, str]:
    scope = OptionScope(line=channel.line_id, channel=channel.id)
    return {
        variables.OPERATOR: _operator(tx, options),
        variables.COMPANY: options.text(tx, "company_name", scope),
        variables.LINE: channel.line,
        variables.DATE: f"{local(tx.now):%d.%m.%Y}",
    }


def _operator(tx: Tx, options: Options) -> str:
    """The name of who writes, if they have one here: a login name of the operating system is nobody's signature."""
    named = bool(options.settings.operator) or operators.known(tx, tx.name) is not None
    return tx.name if named else ""
