"""What belongs to the person at this terminal: their settings, their keys, and what the terminal says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatapp_cli.settings import Settings, config_file, keys_file, save
from chatapp_cli.tui.remapping import Keymap, keymap


@dataclass(frozen=True, slots=True)
class Own:
    """Files and surroundings of a person; without them nothing of theirs is read or written."""

    settings_file: Path | None = None
    keys_file: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def theme(self, settings: Settings) -> str:
        """The colours to begin with: none where the terminal wants none (no-color.org)."""
        return "mono" if self.env.get("NO_COLOR") else settings.theme

    def keymap(self, settings: Settings) -> Keymap:
        """The keys to listen to."""
        return keymap(settings.keymap, self.keys_file)

    def remember(self, name: str, value: str) -> None:
        """Keep a setting for the next time. Raises UsageError where the settings file cannot be read."""
        if self.settings_file is not None:
            save(self.settings_file, name, value)


def own(env: Mapping[str, str]) -> Own:
    """The person whose environment this is."""
    return Own(config_file(env), keys_file(env), env)
