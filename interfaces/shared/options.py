"""Options: one field of one frozen dataclass is flag, variable, TOML key, Django setting and docs row.

A class of options serves one name or several: with the names ``("http", "ws")`` the field
``ws_ping_interval`` belongs to the sibling ``ws``, every other field to ``http``; with no names
the options are the process's own and carry no prefix. The classes stay uncompiled: their
annotations are read at run time.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

import msgspec

from interfaces.shared.errors import ConfigError

__all__ = ["DEFAULT", "Flag", "Origin", "Source", "apart", "build", "convert", "did_you_mean", "flags", "option",
           "reference", "shown", "words"]  # fmt: skip

EXAMPLES = {"int": "10", "float": "10", "bool": "true or false"}


def option(
    default: Any, help: str, *, unit: str = "", peers: str = "", secret: bool = False,
    between: tuple[float, float] = (0, math.inf),
) -> Any:  # fmt: skip
    """A field of a class of options.

    ``unit`` is what a number counts ("seconds", "bytes"), ``peers`` what other servers default to
    (a column of the reference), a ``secret`` is never shown, ``between`` are the least and the
    greatest number that are taken. The words of a ``Literal`` type are the only ones taken.
    """
    facts = {"help": help, "unit": unit, "peers": peers, "secret": secret, "between": between}
    return field(default=default, repr=not secret, metadata=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One option under all of its names."""

    attribute: str
    """The field of the dataclass."""
    section: str
    """The name of ``interfaces serve`` it belongs to; "" for the process's own."""
    key: str
    """The key in the section's TOML table."""
    type: Any
    default: Any
    help: str
    unit: str = ""
    peers: str = ""
    secret: bool = False
    between: tuple[float, float] = (0, math.inf)
    choices: tuple[str, ...] = ()
    """The words of a ``Literal`` type."""

    @property
    def name(self) -> str:
        """The dotted path in TOML: ``http.header_timeout``."""
        return f"{self.section}.{self.key}" if self.section else self.key

    @property
    def flag(self) -> str:
        """As on the command line: ``--http-header-timeout``."""
        return "--" + self.words.replace("_", "-")

    @property
    def spelled(self) -> str:
        """All of its spellings on the command line: ``--reload/--no-reload``."""
        return f"{self.flag}/--no-{self.flag[2:]}" if self.switch else self.flag

    @property
    def variable(self) -> str:
        """As in the environment: ``INTERFACES_HTTP_HEADER_TIMEOUT``."""
        return "INTERFACES_" + self.words.upper()

    @property
    def words(self) -> str:
        """As a keyword of ``interfaces.run``: ``http_header_timeout``."""
        return self.name.replace(".", "_")

    @property
    def plain(self) -> Any:
        """The type without ``None``."""
        if get_origin(self.type) not in (Union, UnionType):
            return self.type
        return next(kind for kind in get_args(self.type) if kind is not NoneType)

    @property
    def switch(self) -> bool:
        """Whether the flag takes no value: ``--x`` and ``--no-x``."""
        return self.plain is bool

    @property
    def table(self) -> Any:
        """The dataclass of which the option holds a list, or None."""
        element = next(iter(get_args(self.plain)), None) if get_origin(self.plain) is tuple else None
        return element if is_dataclass(element) else None

    @property
    def repeatable(self) -> bool:
        """Whether the flag may be given several times."""
        return get_origin(self.plain) is tuple and self.table is None

    @property
    def default_text(self) -> str:
        """The default as one would write it; "" where there is none."""
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        if isinstance(self.default, (int, float)):
            return _number(self.default)
        if isinstance(self.default, tuple):
            return ",".join(map(str, self.default))
        return str(self.default or "")

    @property
    def takes(self) -> str:
        """What a value looks like, for help and reference: "seconds", "text|json", "9-15", "path"."""
        if self.choices:
            return "|".join(self.choices)
        if self.between[1] != math.inf:
            return f"{self.between[0]}-{self.between[1]}"
        if self.table:
            return "JSON"
        kind = get_args(self.plain)[0] if self.repeatable else self.plain
        return self.unit or {str: "text", int: "number", float: "number"}.get(kind, kind.__name__.lower())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: ``kind`` of source, and the flag, variable or file and key in words."""

    kind: Literal["flag", "variable", "file", "setting", "keyword", "default"]
    text: str


DEFAULT = Origin("default", "default")


class Source(Protocol):
    """Something that gives values: the command line, the environment, a file, a setting."""

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The raw value of ``flag`` and where it stood, or None."""


def flags(names: tuple[str, ...], options_class: type) -> list[Flag]:
    """Every option of ``options_class``, in the order of its fields."""
    hints = get_type_hints(options_class)
    return [_flag(names, item, hints[item.name]) for item in fields(options_class) if item.metadata]


def _flag(names: tuple[str, ...], item: Any, kind: Any) -> Flag:
    section, key = (names[0] if names else ""), item.name
    for sibling in names[1:]:
        if key.startswith(sibling + "_"):
            section, key = sibling, key.removeprefix(sibling + "_")
    facts = dict(item.metadata)
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            facts["choices"] = get_args(part)
    return Flag(attribute=item.name, section=section, key=key, type=kind, default=item.default, **facts)


def build(
    names: tuple[str, ...], options_class: type, *sources: Source
) -> tuple[Any, dict[str, Origin]]:  # fmt: skip
    """The options from the first source that has each of them, and where each came from, by dotted name.

    Raises ConfigError, one line that names the source, for a value that cannot be.
    """
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for flag in flags(names, options_class):
        found = next(filter(None, (source.find(flag) for source in sources)), None)
        origins[flag.name] = found[1] if found else DEFAULT
        if found:
            values[flag.attribute] = convert(flag, *found)
    return options_class(**values), origins


def convert(flag: Flag, raw: Any, origin: Origin) -> Any:
    """``raw``, a text or what TOML or Python holds, as the option's type; else ConfigError."""
    try:
        parts = _parts(flag, raw) if isinstance(raw, str) else raw
        if flag.repeatable and isinstance(parts, list | tuple):
            parts = [part for part in parts if part != ""]  # --email-bind '' is none
        if flag.table:
            _check_keys(parts, flag.table)
        value = msgspec.convert(parts, flag.type, strict=False, dec_hook=_decode)
        _check_range(flag, value)
        if flag.table:
            _check_rows(value, flag.table)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ConfigError(f"{origin.text}={_said(flag, raw)}: {_complaint(flag, str(error))}") from None
    return value


def _said(flag: Flag, raw: Any) -> str:
    """What was written, for a complaint; not where it is a secret, or has one in it."""
    if flag.secret or (flag.table and any(one.secret for one in flags((), flag.table))):
        return "…"
    return raw if isinstance(raw, str) and raw.isprintable() else repr(raw)


def _parts(flag: Flag, text: str) -> Any:
    """What a text says that a file would say as a list, as tables or not at all."""
    if flag.table:
        return msgspec.json.decode(text)
    if flag.repeatable:
        return [part.strip() for part in text.split(",") if part.strip()]
    return None if text == "none" and flag.plain is not flag.type else text


def _decode(kind: Any, raw: Any) -> Any:
    """What msgspec does not know by itself: a path (TypeError, which it reports), or a made value."""
    if isinstance(raw, kind):
        return raw
    if kind is Path:
        try:
            return Path(raw).expanduser()
        except RuntimeError:
            raise ValueError("there is no such user's home") from None
    raise NotImplementedError(kind)


def _check_keys(raw: Any, table: Any) -> None:
    """Refuse keys that the dataclass does not have; msgspec would step over them."""
    known = [item.name for item in fields(table)]
    for row in raw if isinstance(raw, (list, tuple)) else ():
        for key in row if isinstance(row, Mapping) else ():
            if key not in known:
                raise ValueError(f"unknown key {key!r}{did_you_mean(key, known)}")


def _check_rows(rows: Any, table: Any) -> None:
    """The numbers of a table are in their range, as those of options are."""
    for one in flags((), table):
        for row in rows:
            try:
                _check_range(one, getattr(row, one.attribute))
            except ValueError as error:
                raise ValueError(f"{one.key}: {error}") from None


def _check_range(flag: Flag, value: Any) -> None:
    """A number is a size, a count or a time: finite, and in its range."""
    least, most = flag.between
    if type(value) in (int, float) and not (math.isfinite(value) and least <= value <= most):
        bounds = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ValueError(f"expected a finite number {bounds}")


def _complaint(flag: Flag, problem: str) -> str:
    """Make one line of what msgspec or a check said: what was expected, and an example of it."""
    if problem.startswith("Invalid enum value"):
        return _choices(flag, problem)
    problem = re.sub(r", got `\w+`", "", problem)
    problem = problem.replace("Expected", "expected", 1).replace(" | null`", "`")
    name = getattr(flag.plain, "__name__", "")
    if name in EXAMPLES:
        example = _number(flag.default) if type(flag.default) in (int, float) else EXAMPLES[name]
        problem += f"; say {flag.unit + ', such as ' if flag.unit else ''}{example}"
    return problem


def _choices(flag: Flag, problem: str) -> str:
    """The words that there are; for a table, those of the key that ``problem`` ends with: "… `$[0].kind`"."""
    key = problem.rpartition(".")[2].rstrip("`")
    inner = next((one for one in flags((), flag.table) if one.key == key), None) if flag.table else None
    found = inner or flag
    return f"{f'{key}: ' if inner else ''}expected one of {', '.join(found.choices)}"


def apart(flag: str, folder: str, other: str, others: str) -> None:
    """ConfigError where the ``folder`` of ``flag`` is also that of the flag ``other``; "" is none."""
    if folder and others and Path(folder).resolve() == Path(others).resolve():
        raise ConfigError(f"{flag} {folder}: that is the folder of {other}, too; give each one of its own")


def did_you_mean(word: str, known: Iterable[str], prefix: str = "") -> str:
    """``; did you mean …?`` when ``known`` has something close to ``word``, else nothing.

    ``prefix`` is what all have in common, and what makes none of them closer.
    """
    tails = [one.removeprefix(prefix) for one in known]
    close = get_close_matches(word.removeprefix(prefix), tails, n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else ""


def shown(value: Any, *, secret: bool = False) -> Any:
    """``value`` as plain lists, dicts, texts and numbers, with every secret that is set masked."""
    if secret and value:
        return "***"
    if is_dataclass(value):
        return {item.name: shown(getattr(value, item.name), secret=bool(item.metadata.get("secret")))
                for item in fields(value)}  # fmt: skip
    if isinstance(value, tuple):
        return [shown(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def reference(names: tuple[str, ...], options_class: type) -> str:
    """A Markdown table of every option, for the reference pages."""
    return "\n".join(_rows(flags(names, options_class))) + "\n"


def _rows(every: list[Flag]) -> Iterator[str]:
    yield "| Option | Flag | Variable | Takes | Default | Peers | Meaning |"
    yield "|---|---|---|---|---|---|---|"
    for flag in every:
        default = f"`{flag.default_text}`" if flag.default_text else "–"
        cells = (f"`{flag.name}`", f"`{flag.spelled}`", f"`{flag.variable}`", flag.takes, default,
                 flag.peers or "–", flag.help)  # fmt: skip
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _number(value: float) -> str:
    """``10`` for 10.0."""
    return str(int(value) if value == int(value) else value)


def words(several: Iterable[str]) -> tuple[str, ...]:
    """The words of an option that takes several, which may be written with commas in one."""
    return tuple(word.strip() for one in several for word in one.split(",") if word.strip())
