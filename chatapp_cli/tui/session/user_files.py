"""What belongs to the person at this terminal: their settings, their keys, and what the terminal says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_cli.settings import Settings, config_file, keys_file, own_file, save

if TYPE_CHECKING:
    from chatapp_cli.tui.keys.remapping import Keymap


@dataclass(frozen=True, slots=True)
class UserFiles:
    """Files and surroundings of a person; without them nothing of theirs is read or written."""

    settings_file: Path | None = None
    keys_file: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def theme(self, settings: Settings) -> str:
        """The colours to begin with: none where the terminal wants none (no-color.org)."""
        return "mono" if self.env.get("NO_COLOR") else settings.theme

    def keymap(self, settings: Settings) -> Keymap | None:
        """The keys to listen to; nothing where they are as they come."""
        if settings.keymap == "vim" and not (self.keys_file and self.keys_file.exists()):
            return None
        from chatapp_cli.tui.keys.remapping import keymap

        return keymap(settings.keymap, self.keys_file)

    @property
    def words_file(self) -> Path | None:
        """The words that are right although no dictionary has them."""
        return self.settings_file and self.settings_file.with_name("words.txt")

    def speller(self, settings: Settings) -> Callable[[], list[str]] | None:
        """Finds the program that knows how words are spelt; nothing where that is not wanted."""
        return None if self.settings_file is None or settings.spelling == "off" else _speller

    def remember(self, name: str, value: str) -> None:
        """Keep a setting for the next time. Raises UsageError where the settings file cannot be read or written."""
        if self.settings_file is not None:
            save(self.settings_file, name, value)


def folder_of(user_files: UserFiles, settings: Settings) -> Path:
    """Where files of a person lie; in the company's folder where nothing of their own is known."""
    return user_files.settings_file.parent if user_files.settings_file else settings.folder


def _speller() -> list[str]:
    from chatapp_cli.runtime.speller import command

    return command()


def user_files(env: Mapping[str, str]) -> UserFiles:
    """The person whose environment this is."""
    return UserFiles(own_file(env) or config_file(env), keys_file(env), env)
