"""Settings: what can be set, where, and where each value came from.

Precedence: flag, environment, options in the store (``services/options.py``), files, default. A person in a browser has
their own file, which takes precedence over those of the daemon's user: one for each company, and one for all of them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from chatapp_cli.domain import given_file
from chatapp_cli.domain import name as names
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.domain.variables import require_signature
from chatapp_cli.domain.whole_file import BESIDE, write_whole
from chatapp_cli.i18n import N_


def _setting(default: object, words: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"words": words, "secret": secret})


FILE = "{file}"
"""The placeholder for a file's path in a command."""
COMPANY = "{company}"
"""The placeholder for the company's name in the address of a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. ``name`` is read from ``CHATAPP_NAME`` and from ``name = …`` in config.toml."""

    home: str = _setting("", N_("Folder of the stores, keys and files"))
    company: str = _setting("main", N_("Company whose store is opened"))
    company_name: str = _setting("", N_("The company's name as customers know it"))
    database_url: str = _setting(
        "",
        N_("Address of a PostgreSQL database, with {company} for the company; empty: a SQLite file in the home folder"),
        secret=True,
    )
    secret_key: str = _setting("", N_("Key that encrypts the channels' secrets; empty: the key file"), secret=True)
    lang: str = _setting("", N_("Language: ru or en"))
    operator: str = _setting("", N_("Name that your messages and changes are signed with"))
    own_signature: str = _setting(
        "", N_("Your own signature below mails, instead of the mailbox's; | begins a new line")
    )
    theme: str = _setting("dark", N_("Colours of the window: dark, light, contrast or mono"))
    keymap: str = _setting("vim", N_("Keys of the window: vim, or plain without single letters"))
    plain: str = _setting("off", N_("The inbox line by line, for screen readers: on or off"))
    notify: str = _setting("bell", N_("Notify of a new message by: off, bell, desktop or both"))
    notify_text: str = _setting("off", N_("Show the words of the message in that notice: on or off"))
    quiet: str = _setting("", N_("Hours without notices, such as 22:00-08:00"))
    spelling: str = _setting("auto", N_("Underline misspelt words while writing: auto or off"))
    pictures: str = _setting("auto", N_("Pictures: auto, halfcells, kitty, sixel or off"))
    joined: str = _setting("off", N_("All dialogs of a client as one conversation: on or off"))
    undo_send: int = _setting(
        0, N_("Seconds for which a message from the window is held so that it can be taken back; 0: sent at once")
    )
    http_host: str = _setting(
        "127.0.0.1", N_("Address on which the daemon listens for webhooks and health checks; empty: none")
    )
    http_port: int = _setting(8320, N_("Port that the daemon listens on; 0: any free one"))
    web: str = _setting("off", N_("The window in a browser, at /desk behind a login: on or off"))
    web_windows: int = _setting(
        20, N_("Windows that may be open in browsers at once; each is a process of about 60 MB")
    )
    web_idle: int = _setting(240, N_("Minutes without input after which a browser is logged out; 0: never"))
    view: str = _setting(
        "unanswered", N_("What the window opens with: unanswered, unread, all, or the name of a saved view")
    )
    log_level: str = _setting("info", N_("Least serious log line: debug, info, warning or error"))
    transcribe_command: str = _setting(
        "",
        N_("Command that transcribes a voice message, such as: whisper-cli -nt -l ru {file}; empty: none"),
    )
    transcribe_seconds: int = _setting(300, N_("Timeout of that command, in seconds"))
    alarm_command: str = _setting(
        "",
        N_(
            "Command that is told of alarms on its standard input, "
            "such as: curl -fsS --data-binary @- https://push.example/desk; empty: none"
        ),
    )
    support: str = _setting("", N_("How to reach the administrator of this desk"))

    @property
    def folder(self) -> Path:
        """The company's folder: store, key, files."""
        return Path(self.home).expanduser() / self.company

    @property
    def store_url(self) -> str:
        """The address of the company's store."""
        return self.database_url.replace(COMPANY, self.company) or f"sqlite:///{self.folder / 'chatapp.db'}"


SOURCES: Mapping[str, str] = {
    "flag": N_("option"),
    "env": N_("environment"),
    "own": N_("own file"),
    "company_file": N_("company's file"),
    "file": N_("file"),
    "default": N_("default"),
}
"""Where a setting may come from, in words."""


class PassedOver(NamedTuple):
    """A setting in a file that is not used: of a newer version, misspelt, or not possible there."""

    file: Path
    name: str


class LoadedSettings(NamedTuple):
    """The settings, and the source of each: ``flag``, ``env``, ``own``, ``company_file``, ``file`` or ``default``."""

    settings: Settings
    sources: Mapping[str, str]
    file: Path
    company_file: Path = Path()
    """The file for this company alone."""
    passed_over: Sequence[PassedOver] = ()

    @property
    def given(self) -> frozenset[str]:
        """Settings given by a flag or the environment, which no stored option changes."""
        return frozenset(name for name, source in self.sources.items() if source in {"flag", "env"})


def default_home(env: Mapping[str, str]) -> Path:
    """The default folder for a user's data."""
    base = env.get("XDG_DATA_HOME") or str(Path(env.get("HOME", ".")) / ".local" / "share")
    return Path(base) / "chatapp"


def config_file(env: Mapping[str, str]) -> Path:
    """The settings file of a user; ``CHATAPP_CONFIG`` names another one."""
    base = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", ".")) / ".config")
    return Path(env.get("CHATAPP_CONFIG") or Path(base) / "chatapp" / "config.toml")


def company_file(env: Mapping[str, str], company: str) -> Path:
    """The settings file for one company alone, beside that for all of them."""
    return config_file(env).parent / PER_COMPANY / f"{company}.toml"


PER_COMPANY = "config.d"
"""The folder of the companies' own settings files, beside the settings."""


def own_file(env: Mapping[str, str]) -> Path | None:
    """A person's own settings file if several share a system user; named by ``CHATAPP_OWN``."""
    named = env.get(OWN_SETTINGS_VARIABLE)
    return Path(named) if named else None


def keys_file(env: Mapping[str, str]) -> Path:
    """The file of a person's own keys, beside the settings."""
    return config_file(env).with_name("keys.toml")


OWN_SETTINGS_VARIABLE = "CHATAPP_OWN"
"""The environment variable with a person's own settings file, if several share a system user."""
SESSION = "session-"
"""The prefix of the files with logins, beside the settings; the company's name follows."""


def is_private(path: Path, env: Mapping[str, str]) -> bool:
    """Whether a resolved path is a settings file or a stored login."""
    file, own = config_file(env).resolve(), own_file(env)
    login = path.parent == file.parent and path.name.startswith(SESSION)
    half_written = path.parent.name.startswith(BESIDE)
    of_company = path.parent == file.parent / PER_COMPANY
    return login or half_written or of_company or path == file or (own is not None and path == own.resolve())


def load(flags: Mapping[str, str | None] | None = None, env: Mapping[str, str] | None = None) -> LoadedSettings:
    """Load the settings; unknown ones are passed over. Raises UsageError naming a wrong one and its source."""
    env = os.environ if env is None else env
    own, file = own_file(env), config_file(env)
    layers: dict[str, Mapping[str, object]] = {
        "flag": {k: v for k, v in (flags or {}).items() if v is not None},
        "env": {f.name: env[name] for f in fields(Settings) if (name := f"CHATAPP_{f.name.upper()}") in env},
        "own": _read(own) if own else {},
        "company_file": {},
        "file": _read(file),
        "default": {"home": str(default_home(env))},
    }
    company = _first(layers, "company", Settings().company)[1]
    _require_company(str(company))
    of_company = company_file(env, str(company))
    layers["company_file"] = _read(of_company)
    files = {"own": own, "company_file": of_company, "file": file}
    passed_over = [PassedOver(path, name) for source, path in files.items() if path for name in _unused(layers, source)]
    layers["company_file"] = {name: value for name, value in layers["company_file"].items() if name != "company"}
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for option in fields(Settings):
        source, value = _first(layers, option.name, option.default)
        place = files.get(source, f"CHATAPP_{option.name.upper()}" if source == "env" else None)
        values[option.name] = _sound(option.name, _typed(option.name, value, option.default, place), place)
        sources[option.name] = source
    settings = Settings(**values)  # type: ignore[arg-type]  # _typed gave each its type
    _require_valid(settings)
    return LoadedSettings(settings, sources, file, of_company, passed_over)


def _first(layers: Mapping[str, Mapping[str, object]], name: str, default: object) -> tuple[str, object]:
    """The source and the value of a setting."""
    return next(((source, layer[name]) for source, layer in layers.items() if name in layer), ("default", default))


def _unused(layers: Mapping[str, Mapping[str, object]], source: str) -> list[str]:
    """What a file says to no effect; which company is opened decides which company's file is read."""
    known = {f.name for f in fields(Settings)} - ({"company"} if source == "company_file" else set())
    return sorted(layers[source].keys() - known)


def _read(file: Path) -> Mapping[str, object]:
    import tomllib

    try:
        if not file.exists():
            return {}
        return tomllib.loads(given_file.words(file).decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            T("The settings file {file} cannot be read: {why}.", file=file, why=_why(error)),
            T("Correct it, or set CHATAPP_CONFIG."),
        ) from error


def _why(error: Exception) -> object:
    """The reason without the path, which the sentence names already."""
    return (error.strerror if isinstance(error, OSError) else None) or error


def _typed(name: str, value: object, default: object, place: object = None) -> object:
    """A value of the setting's type. Raises UsageError that names the variable or the file to correct, if it is one."""
    if not isinstance(default, int):
        return str(value)
    try:
        return int(str(value))
    except ValueError as error:
        raise UsageError(
            T("{name} has to be a number, not {value}.", name=name, value=value),
            T("Correct {place}.", place=place) if place else T("Write digits alone."),
            field=name,
        ) from error


_NAMES: Mapping[str, Callable[[str], str]] = {"operator": names.of_operator, "company_name": names.sound}
"""Settings that are somebody's name, and what makes it sound."""


def _sound(name: str, value: object, place: object = None) -> object:
    """A value, or a name as it is signed with. Raises UsageError that names the variable or the file to correct."""
    if name not in _NAMES:
        return value
    try:
        return _NAMES[name](str(value))
    except UsageError as error:
        step = T("Correct {place}.", place=place) if place else error.next_step
        raise UsageError(error.what, step, field=name) from error


def _require_valid(settings: Settings) -> None:
    for name, allowed in (
        ("lang", {"", "ru", "en"}),
        ("theme", {"dark", "light", "contrast", "mono"}),
        ("keymap", {"vim", "plain"}),
        ("plain", {"on", "off"}),
        ("notify", {"off", "bell", "desktop", "both"}),
        ("notify_text", {"on", "off"}),
        ("spelling", {"auto", "off"}),
        ("web", {"on", "off"}),
        ("joined", {"on", "off"}),
        ("pictures", {"auto", "halfcells", "kitty", "sixel", "off"}),
        ("log_level", {"debug", "info", "warning", "error"}),
    ):
        if getattr(settings, name) not in allowed:
            raise UsageError(
                T("{name} cannot be {value}.", name=name, value=getattr(settings, name)),
                T("Choose one of: {allowed}", allowed=", ".join(sorted(allowed - {""}))),
                field=name,
            )
    if settings.database_url and settings.company != Settings().company and COMPANY not in settings.database_url:
        raise UsageError(
            T("Every company needs a database of its own, and this address names only one."),
            T("Put {placeholder} where the company's name belongs in CHATAPP_DATABASE_URL.", placeholder=COMPANY),
            field="database_url",
        )
    _require_database(settings)
    _require_home(settings.home)
    _require_numbers(settings)
    _require_command(settings.transcribe_command)
    _require_alarm_command(settings.alarm_command)
    _require_hours(settings.quiet)
    _require_company(settings.company)


_LONGEST_COMPANY = 200
"""The longest name of a company, in bytes: it is part of the name of a folder and of files, which have 255."""
_LONGEST_DATABASE = 63
"""The longest name of a database, in bytes; PostgreSQL cuts the rest off, and two companies would share one."""
_LONGEST_PART = 255
"""The longest name of a folder, in bytes."""
_LONGEST_HOME = 3_000
"""The longest path of the home folder, in bytes; a path has at most 4096, and files stand below it."""


def _require_company(name: str) -> None:
    """It names a folder and a file."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(T("A company's name has only letters, digits, - and _."), field="company")
    if len(name.encode()) > _LONGEST_COMPANY:
        raise UsageError(
            T("A company's name has at most {n} bytes; a letter beyond a to z takes two or more.", n=_LONGEST_COMPANY),
            T("Choose a shorter one."),
            field="company",
        )


def _require_database(settings: Settings) -> None:
    path = settings.store_url.partition("://")[2].partition("?")[0].partition("/")[2]
    name = unquote(path)
    if COMPANY in settings.database_url and len(name.encode()) > _LONGEST_DATABASE:
        raise UsageError(
            T("PostgreSQL's names have at most {n} bytes, and {name} has more.", n=_LONGEST_DATABASE, name=name),
            T("Choose a shorter name for the company, or a shorter address in CHATAPP_DATABASE_URL."),
            field="company",
        )


def _require_home(home: str) -> None:
    longest = max((len(os.fsencode(part)) for part in Path(home).parts), default=0)
    if "\0" in home or longest > _LONGEST_PART or len(os.fsencode(home)) > _LONGEST_HOME:
        raise UsageError(
            T("No folder can be called {home}.", home=home),
            T("Name another folder in CHATAPP_HOME."),
            field="home",
        )


_HIGHEST_PORT = 65_535


def _require_numbers(settings: Settings) -> None:
    for option in fields(Settings):
        value = getattr(settings, option.name)
        most = _HIGHEST_PORT if option.name == "http_port" else None
        if isinstance(value, int) and (value < 0 or (most is not None and value > most)):
            raise UsageError(
                T("{name} cannot be {value}.", name=option.name, value=value),
                T("Write a number from 0 on.") if most is None else T("Write a number from 0 to {most}.", most=most),
                field=option.name,
            )


def _require_command(command: str) -> None:
    import shlex

    try:
        usable = not command or FILE in " ".join(shlex.split(command))
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            T("transcribe_command cannot be {value}.", value=command),
            T("Write a program with its arguments, and {file} where the voice message's path belongs.", file=FILE),
            field="transcribe_command",
        )


def _require_alarm_command(command: str) -> None:
    import shlex

    try:
        shlex.split(command)
    except ValueError as error:
        raise UsageError(
            T("alarm_command cannot be {value}.", value=command),
            T("Write a program with its arguments; it gets the words on its standard input."),
            field="alarm_command",
        ) from error


def _require_hours(value: str) -> None:
    if value and not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-3]):[0-5]\d", value):
        raise UsageError(
            T("quiet cannot be {value}.", value=value),
            T("Write two times of the day, such as 22:00-08:00."),
            field="quiet",
        )


def stored_language(file: Path) -> str:
    """The language in a settings file; empty if there is none, or the file is broken."""
    try:
        found = str(_read(file).get("lang", ""))
        check("lang", found)
    except UsageError:
        return ""
    return found


def language_of_mails(env: Mapping[str, str], company: str) -> str:
    """The language that the settings files of a company name, whoever reads them; empty if they name none."""
    return stored_language(company_file(env, company)) or stored_language(config_file(env))


def save(file: Path, name: str, value: str) -> None:
    """Write one setting to the file, or remove it if empty; all others, unknown too, are kept. Raises UsageError."""
    option = next((f for f in fields(Settings) if f.name == name), None)
    if option is None:
        raise UsageError(
            T("There is no setting {name}.", name=name), T("See them with: {how}", how=to_do(Next.SETTINGS)), field=name
        )
    defaults = {f.name: f.default for f in fields(Settings)}
    values = {
        key: _typed(key, kept, defaults[key], file) if key in defaults else kept
        for key, kept in _read(file).items()
        if key != name
    }
    if value:
        values[name] = _sound(name, _typed(name, value, option.default))
        check(name, values[name])
        if name == "own_signature":  # not when it is read: one of an earlier version stops no command
            require_signature(name, value)
    _write(file, "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in sorted(values.items())))


def check(name: str, value: object) -> None:
    """Validate the value of a setting. Raises UsageError."""
    _require_valid(Settings(**{name: value}))  # type: ignore[arg-type]  # one value among defaults


def _write(file: Path, whole: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, whole.encode())
    except OSError as error:
        raise UsageError(
            T("The settings file {file} cannot be written: {why}.", file=file, why=_why(error)),
            T("Correct it, or set CHATAPP_CONFIG."),
        ) from error


def _toml(value: object) -> str:
    """A value as TOML; JSON's escapes are valid TOML, except that TOML also requires one for DEL."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{_key(key)} = {_toml(one)}' for key, one in value.items())}}}"
    return str(value)  # numbers, and dates, which TOML also takes with a blank before the time


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
