"""Texts of the page of CRMs: the tree of links, pairings and entries, and the details beside it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import chop_cells
from rich.style import Style
from rich.text import Text
from textual.widgets.option_list import Option

from chatapp_cli.domain.crm.states import Act, LinkState
from chatapp_cli.domain.text import Text as Words
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.kit.manifests import manifest as channel_manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.services import crm_put_off, pairings
from chatapp_cli.services import words as states
from chatapp_cli.store.rows.crm import CrmPutOffRow, ImportRow, LinkRow, PairingRow, ShownEntryRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, line

_TEXT = 40


class LinkWords:
    """Makes the texts in the styles of the window."""

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance

    def tree(
        self, links: Sequence[LinkRow], paired: Sequence[PairingRow], entries: Sequence[ShownEntryRow], width: int
    ) -> list[Option]:
        """Each link with its pairings and entries below it, in rows of so many cells; ids are such as ``link 1``."""
        found = []
        for link in links:
            found.append(Option(self._link(link, width), id=f"link {link.id}"))
            found += [Option(self._pairing(one), id=f"pairing {one.id}") for one in paired if one.link_id == link.id]
            found += [Option(self._entry(one), id=f"entry {one.id}") for one in entries if one.link_id == link.id]
        return found

    def _link(self, link: LinkRow, width: int) -> Text:
        """The title in full, since two may differ in their last letters alone; below it the kind and the state."""
        styles = self._appearance.styles
        state, style = self._state(link)
        title = "\n  ".join(chop_cells(line(link.title), max(1, width - len("● "))))
        kind = (f"\n  {show(manifest(link.kind).title)} · ", styles.muted)
        return Text.assemble(("● ", style), (title, styles.strong), kind, (state, style), no_wrap=True)

    def _state(self, link: LinkRow) -> tuple[str, Style]:
        styles = self._appearance.styles
        state = LinkState(link.state)
        style = {LinkState.OK: styles.good, LinkState.LIMITED: styles.warn}.get(state, styles.bad)
        return show(states.standing(link)), style

    def _pairing(self, one: PairingRow) -> Text:
        styles = self._appearance.styles
        style = styles.bad if one.code else styles.good
        label = (f"{channel_manifest(one.kind).label} ", styles.accent)
        place = (f"  {line(one.place_name)}", styles.faint)
        return Text.assemble(("   ⇄ ", style), label, (line(one.channel), styles.plain), place, no_wrap=True)

    def _entry(self, one: ShownEntryRow) -> Text:
        styles = self._appearance.styles
        dead = one.state == "dead"
        sign = ("   ✗ ", styles.bad) if dead else ("   ◷ ", styles.warn)
        what = (f"  {cut(line(one.text), _TEXT)}" if one.text else "", styles.faint)
        if one.act != Act.ADD:
            what = (f"  {show(states.ACTS[Act(one.act)])}", styles.muted)
        return Text.assemble(sign, (line(one.name), styles.plain), what, no_wrap=True)

    def nothing(self) -> str:
        """The text where no CRM is linked."""
        return _(
            "A CRM shows the conversations of paired channels and answers in them. Press {key} to link one.",
            key=key("crm", "link"),
        )

    def about_link(
        self, link: LinkRow, findings: Sequence[Finding], put_off: Sequence[CrmPutOffRow] = (), *, paired: bool
    ) -> Text:
        """The details of a link, with the findings of a check, and the events that are tried again.

        ``paired``: whether any channel is.
        """
        text = self._headed(link.title, show(manifest(link.kind).title))
        state, style = self._state(link)
        self._fact(text, _("State"), state, style)
        if way := manifest(link.kind).one_way_of(link.settings):
            self._fact(text, _("Way"), show(way.label))
        self._fact(text, _("Since"), self._moment(link.state_since))
        self._explain(text, link, link.code, link.detail)
        self._fact(text, _("Waiting"), ngettext("{n} entry", "{n} entries", link.waiting))
        if link.oldest is not None:
            self._fact(text, _("Oldest"), self._moment(link.oldest))
        if link.dead:
            self._fact(text, _("Refused"), ngettext("{n} entry", "{n} entries", link.dead), self._appearance.styles.bad)
        self._tell_gap(text, link)
        self._tell_put_off(text, link, put_off)
        for label, value in link.facts.items():
            if value != link.title:
                self._fact(text, _(label), value)
        text.append("\n" if findings else "")
        for finding in findings:
            self._tell_finding(text, finding)
        attach = key("crm", "attach")
        hint = _("Press {key} to pair a channel with it.", key=attach)
        if paired:
            hint = _("Press {key} to pair another channel with it.", key=attach)
        if link.state != LinkState.OK:
            hint = _("Press {key} to try it now.", key=key("crm", "resume"))
        return text.append(f"\n{hint}\n", self._appearance.styles.muted)

    def _tell_gap(self, text: Text, link: LinkRow) -> None:
        if link.gap is not None:
            between = " – ".join(map(self._moment, link.gap))
            self._fact(text, _("Being looked for"), between, self._appearance.styles.warn)

    def _tell_put_off(self, text: Text, link: LinkRow, put_off: Sequence[CrmPutOffRow]) -> None:
        if not link.put_off:
            return
        warn = self._appearance.styles.warn
        self._fact(text, _("Put off"), ngettext("{n} event", "{n} events", link.put_off), warn)
        for one in put_off:
            text.append(f"  {line(show(crm_put_off.sentence(one)))}\n", self._appearance.styles.muted)

    def about_pairing(self, one: PairingRow, link: LinkRow, address: str, past: ImportRow | None = None) -> Text:
        """The details of a pairing with its options; ``address``: where the CRM calls us, empty if it is not shown.

        ``past``: how far what was written before it is shown there; ``None`` if nobody asked for it.
        """
        about = manifest(link.kind)
        text = self._headed(one.channel, f"{one.line} · {one.place_name} ({one.place})")
        if one.code:
            self._say(text, *states.why_refused(about, one))
        if (cards := states.cards_made(one)) is not None:
            self._fact(text, _("New clients become"), show(cards))
        values = pairings.options(about, one)
        for field in pairings.fields_of(about, one.kind):
            self._fact(text, show(field.label), show(field.shown(values[field.name])))
        if address:
            self._fact(text, _("Webhook"), address)
        if past is not None:
            shown = _("{n} of {total}", n=past.shown, total=past.total)
            self._fact(text, _("Messages from before"), f"{shown} · {show(states.of_import(past))}")
        self._fact(text, _("The line works until"), show(states.WORKS_UNTIL))
        hint = _("Press {key} to change this.", key=key("crm", "open"))
        return text.append(f"\n{hint}\n", self._appearance.styles.muted)

    def about_entry(self, one: ShownEntryRow, link: LinkRow) -> Text:
        """The details of an entry of the ledger."""
        text = self._headed(line(one.name), show(states.ACTS[Act(one.act)]))
        style = self._appearance.styles.bad if one.state == "dead" else None
        self._fact(text, _("State"), show(states.ENTRY_STATES[one.state]), style)
        self._fact(text, _("Since"), self._moment(one.created_at))
        self._explain(text, link, one.code, one.detail)
        if one.text:
            text.append("" if one.code else "\n").append(f"{one.text}\n", self._appearance.styles.plain)
        again, drop = key("crm", "retry"), key("crm", "drop")
        hint = _("Press {again} to tell it again, {drop} to give it up.", again=again, drop=drop)
        return text.append(f"\n{hint}\n", self._appearance.styles.muted) if one.state == "dead" else text

    def _headed(self, title: str, below: str) -> Text:
        styles = self._appearance.styles
        return Text().append(f"{title}\n", styles.strong).append(f"{below}\n\n", styles.muted)

    def _fact(self, text: Text, label: str, value: str, style: Style | None = None) -> None:
        styles = self._appearance.styles
        between = "\n" if "://" in value else " "  # an address that is broken cannot be copied
        text.append(f"{label}:{between}", styles.faint).append(f"{value}\n", style or styles.plain)

    def _explain(self, text: Text, link: LinkRow, code: str, detail: str) -> None:
        if not code:
            return
        self._say(text, *states.why_there(manifest(link.kind), link.id, code, detail))

    def _say(self, text: Text, what: Words, step: Words | None) -> None:
        text.append(f"\n{show(what)}\n", self._appearance.styles.plain)
        if step is not None:
            text.append(f"→ {show(step)}\n", self._appearance.styles.accent)
        text.append("\n")

    def _moment(self, at: int) -> str:
        return words.moment(at, self._appearance.now())

    def _tell_finding(self, text: Text, finding: Finding) -> None:
        styles = self._appearance.styles
        sign, style = ("✓ ", styles.good) if finding.ok else ("✗ ", styles.bad)
        text.append(sign, style).append(show(finding.what) + "\n", styles.plain)
        if finding.next_step is not None and not finding.ok:
            text.append(f"→ {show(finding.next_step)}\n", styles.accent)
