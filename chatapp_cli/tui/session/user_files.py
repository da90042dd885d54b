"""The files and the environment of the person at this terminal: settings, keys, dictionary."""

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
    """Paths and environment of a person; a file without a path is neither read nor written."""

    settings_file: Path | None = None
    keys_file: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def theme(self, settings: Settings) -> str:
        """The theme to begin with; ``mono`` where NO_COLOR is set (no-color.org)."""
        return "mono" if self.env.get("NO_COLOR") else settings.theme

    def keymap(self, settings: Settings) -> Keymap | None:
        """The keymap of the preset and the person's own keys; ``None`` for the built-in keys."""
        if settings.keymap == "vim" and not (self.keys_file and self.keys_file.exists()):
            return None
        from chatapp_cli.tui.keys.remapping import keymap

        return keymap(settings.keymap, self.keys_file)

    @property
    def words_file(self) -> Path | None:
        """The file of the person's own dictionary."""
        return self.settings_file and self.settings_file.with_name("words.txt")

    def speller(self, settings: Settings) -> Callable[[], list[str]] | None:
        """What finds the command of the speller; ``None`` where spelling is not checked."""
        return None if self.settings_file is None or settings.spelling == "off" else _speller

    def remember(self, name: str, value: str) -> None:
        """Save a setting. Raises UsageError if the settings file cannot be read or written."""
        if self.settings_file is not None:
            save(self.settings_file, name, value)


def folder_of(user_files: UserFiles, settings: Settings) -> Path:
    """The folder of a person's files; the company's folder if there is none."""
    return user_files.settings_file.parent if user_files.settings_file else settings.folder


def _speller() -> list[str]:
    from chatapp_cli.runtime.speller import command

    return command()


def user_files(env: Mapping[str, str]) -> UserFiles:
    """The files that an environment names."""
    return UserFiles(own_file(env) or config_file(env), keys_file(env), env)
