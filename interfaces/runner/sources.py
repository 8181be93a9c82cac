"""Where options come from: command line, environment, TOML files, Django's setting, keywords.

Each is a :class:`interfaces.shared.options.Source`; the first in a list that has a value wins. Names that
mean nothing are refused, since a misspelt limit is no limit.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Flag, Origin, did_you_mean

__all__ = ["Environment", "Given", "Keywords", "Known", "Table", "read_table"]

PREFIX = "INTERFACES_"
OURS = re.compile("INTERFACES_(CONFIG|COMPILE|DEMO_.*)")
"""Variables that are no options: the file's name, the build's switch, the demo's settings."""
KUBERNETES = re.compile(r"INTERFACES_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")
"""What a pod is told about a Service whose name begins with "interfaces"."""


@dataclass(frozen=True, slots=True)
class Known:
    """What names may be: the options of what is served, and the sections of everything installed."""

    flags: Collection[Flag]
    sections: Collection[str]

    @property
    def served(self) -> set[str]:
        """The sections whose options are known; what stands in the others is not looked at."""
        return {flag.section for flag in self.flags}


@dataclass(frozen=True, slots=True)
class Given:
    """Values by dotted name, from the command line (or what a command gives instead of a default)."""

    values: Mapping[str, Any]
    because: str = ""

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The value of ``flag`` and its spelling."""
        if flag.name not in self.values:
            return None
        value = self.values[flag.name]
        spelled = f"--no-{flag.flag[2:]}" if value is False else flag.flag
        return value, Origin("default", self.because) if self.because else Origin("flag", spelled)

    def check(self, known: Known) -> None:
        """Nothing to do: click has refused what is unknown."""


@dataclass(frozen=True, slots=True)
class Keywords:
    """Keyword arguments of ``interfaces.run``: ``http_header_timeout=5``."""

    values: Mapping[str, Any]

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The value of ``flag``, as any Python value."""
        return (self.values[flag.words], Origin("keyword", flag.words)) if flag.words in self.values else None

    def check(self, known: Known) -> None:
        """ConfigError for a keyword that is no option."""
        _refuse(self.values, {flag.words for flag in known.flags}, "{}: no such option")


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables. An empty one counts as absent, since compose files pass those on."""

    values: Mapping[str, str]

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The text of ``flag``'s variable."""
        text = self.values.get(flag.variable)
        return (text, Origin("variable", flag.variable)) if text else None

    def check(self, known: Known) -> None:
        """ConfigError for an ``INTERFACES_*`` variable that is no option."""
        others = tuple(f"{PREFIX}{name.upper()}_" for name in set(known.sections) - known.served)
        mine = [
            name for name in self.values
            if name.startswith(PREFIX) and not (OURS.fullmatch(name) or KUBERNETES.fullmatch(name))
        ]  # fmt: skip
        variables = {flag.variable for flag in known.flags}
        unknown = [name for name in mine if not name.startswith(others)]
        _refuse(unknown, variables, "{}: no such option", PREFIX)


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML file, or a mapping of the same shape: process-wide keys, and a table a name."""

    where: str
    """"interfaces.toml", "settings.INTERFACES"."""
    values: Mapping[str, Any]
    kind: Literal["file", "setting"] = "file"

    def find(self, flag: Flag) -> tuple[Any, Origin] | None:
        """The value at ``flag``'s dotted path."""
        rows = self.values.get(flag.section, {}) if flag.section else self.values
        if not isinstance(rows, Mapping) or flag.key not in rows:
            return None
        return rows[flag.key], Origin(self.kind, f"{self.where}: {flag.name}")

    def check(self, known: Known) -> None:
        """ConfigError for a key that is no option, at the top or in the table of what is served."""
        top = {flag.key for flag in known.flags if not flag.section}
        _refuse(self.values, {*top, *known.sections}, f"{self.where}: unknown key {{}}")
        for section in known.served & self.values.keys() - {""}:
            rows = self.values[section]
            if not isinstance(rows, Mapping):
                raise ConfigError(f"{self.where}: {section} has to be a table, [{section}]")
            keys = {flag.key for flag in known.flags if flag.section == section}
            _refuse(rows, keys, f"{self.where}: unknown key {{}} in [{section}]")


def _refuse(names: Iterable[str], known: Collection[str], complaint: str, prefix: str = "") -> None:
    """ConfigError for the first of ``names`` that is not ``known``."""
    for name in names:
        if name not in known:
            raise ConfigError(complaint.format(name) + did_you_mean(name, known, prefix))


def read_table(path: Path | None = None, directory: Path = Path()) -> Table | None:
    """The file at ``path``; else ``interfaces.toml`` or ``[tool.interfaces]`` of ``directory``, if any.

    Raises ConfigError for a file that cannot be read or is no TOML.
    """
    if path:
        found = _read(path)
        if found is None:
            raise ConfigError(f"{path} has no [tool.interfaces]")
        return found
    for place in (directory / "interfaces.toml", directory / "pyproject.toml"):
        if place.is_file() and (found := _read(place)) is not None:
            return found
    return None


def _read(place: Path) -> Table | None:
    """The file; None for a pyproject.toml that is about other tools."""
    try:
        values: Any = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{place} is no TOML: {error}") from error
    if place.name == "pyproject.toml":
        tool = values.get("tool", {})
        values = tool.get("interfaces") if isinstance(tool, Mapping) else None
    if values is None:
        return None
    if not isinstance(values, Mapping):
        raise ConfigError(f"{place}: tool.interfaces has to be a table, [tool.interfaces]")
    return Table(str(place), values)
