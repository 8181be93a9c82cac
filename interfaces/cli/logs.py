"""Logging, which the command line configures and the library never: logs to stderr, access lines to stdout.

What came from a peer cannot forge a line nor command a terminal: control and format characters are escaped,
and a message's further lines are indented.
"""

import json
import logging
import logging.config
import os
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from interfaces.runner.options import ServeOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.telemetry import AccessLine

__all__ = ["JsonFormatter", "TextFormatter", "access_json", "access_text", "configure", "escaped"]

LEVELS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
STATUS = {2: "32", 3: "36", 4: "33", 5: "31"}
SAID = frozenset(
    {
        "client",
        "method",
        "path",
        "query",
        "protocol",
        "status",
        "bytes",
        "seconds",
        "scope_id",
        "trace_id",
        "dedupe_key",
    }
)
"""The fields of an access line that have a place of their own in its text, or are for machines alone."""
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every log record has; the rest was given as ``extra``."""
_JSON = json.JSONEncoder(default=str).encode


def escaped(text: str, *, keep: str = "") -> str:
    """``text`` with every character that does not print, but those of ``keep``, as its escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in keep else ascii(one)[1:-1] for one in text)


def _painted(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def _stamp(seconds: float) -> str:
    """Unix seconds as RFC 3339, in UTC, to the millisecond."""
    whole, rest = divmod(seconds, 1)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int(rest * 1000):03}Z"


class TextFormatter(logging.Formatter):
    """``2026-01-31T12:00:00.000Z WARNING interfaces.http: message``."""

    def __init__(self, *, color: bool = False) -> None:
        super().__init__()
        self.color = color

    def format(self, record: logging.LogRecord) -> str:
        """One record, its traceback indented below it."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        text = escaped(text, keep="\n\t").replace("\n", "\n    ")
        level = _painted(record.levelname, LEVELS.get(record.levelname, "0"), self.color)
        return f"{_stamp(record.created)} {level} {record.name}: {text}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, exception, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """One record on one line."""
        fields: dict[str, Any] = {
            "time": _stamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        fields |= {name: value for name, value in vars(record).items() if name not in OWN}
        return _JSON(fields)


def _client(client: Any) -> str:
    """``127.0.0.1:5000``, ``[::1]:5000``, or "-" where a peer has no address."""
    if not client:
        return "-"
    host, port = str(client[0]), client[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def access_text(fields: Mapping[str, Any], *, color: bool = False) -> str:
    """``127.0.0.1:5000 "GET /x?y HTTP/1.1" 200 12 B 3.1 ms``, then the protocol's own as key=value."""
    path = fields.get("path", "")
    if fields.get("query"):
        path = f"{path}?{fields['query']}"
    request = " ".join(str(part) for part in (fields.get("method"), path, fields.get("protocol")) if part)
    parts = [escaped(_client(fields.get("client"))), '"' + escaped(request).replace('"', "\\x22") + '"']
    if (status := fields.get("status")) is not None:
        parts.append(_painted(str(status), STATUS.get(status // 100, "0"), color))
    if "bytes" in fields:
        parts.append(f"{fields['bytes']} B")
    if "seconds" in fields:
        parts.append(f"{fields['seconds'] * 1000:.1f} ms")
    parts += [f"{name}={escaped(str(value))}" for name, value in fields.items() if name not in SAID]
    return " ".join(parts)


def access_json(fields: Mapping[str, Any]) -> str:
    """The fields as one JSON object, with the time they were written at."""
    client = fields.get("client")
    shown = {"time": _stamp(time.time()), **fields, "client": _client(client) if client else None}
    return _JSON(shown)


def _to_stream(shape: Callable[[Mapping[str, Any]], str], stream: TextIO) -> AccessLine:
    """Write each access line to ``stream`` at once; that nobody reads it any more fails no request."""

    def line(fields: dict[str, Any]) -> None:
        try:
            stream.write(shape(fields) + "\n")
            stream.flush()
        except (OSError, ValueError):
            pass

    return line


def _to_logging(fields: dict[str, Any]) -> None:
    """Give an access line to the logger ``interfaces.access``, of which --log-config disposes."""
    logging.getLogger("interfaces.access").info(access_text(fields), extra={"access": fields})


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, as against one that the application put there."""


def configure(
    options: ServeOptions, stdout: TextIO | None = None, stderr: TextIO | None = None
) -> AccessLine | None:
    """Set up the logger ``interfaces``, and give what writes access lines: None when they are off.

    Call it after the application is imported: that may have switched existing loggers off, and where it has
    given ``interfaces`` handlers of its own, these are left in charge. The application's own loggers are its
    business. Raises ConfigError for a --log-config that cannot be used.
    """
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    wanted = stdout.isatty() if options.access_log is None else options.access_log
    if options.log_config:
        _configure_from(options.log_config)
        return _to_logging if wanted else None
    _attach(options, stderr)
    if not wanted:
        return None
    if options.log_format == "json":
        return _to_stream(access_json, stdout)
    return _to_stream(partial(access_text, color=_colored(options, stdout)), stdout)


def _attach(options: ServeOptions, stderr: TextIO) -> None:
    """Give the logger ``interfaces`` its one handler, and switch on what the application switched off."""
    root = logging.getLogger("interfaces")
    for name, logger in logging.root.manager.loggerDict.items():
        if name.partition(".")[0] == "interfaces" and isinstance(logger, logging.Logger):
            logger.disabled = False
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Handler)]
    if root.handlers:
        return
    handler = _Handler(stderr)
    as_json = options.log_format == "json"
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter(color=_colored(options, stderr)))
    root.addHandler(handler)
    root.setLevel(options.log_level.upper())
    root.propagate = False
    if options.trace:
        _adopt(logging.getLogger("opentelemetry"), handler)


def _adopt(logger: logging.Logger, handler: logging.Handler) -> None:
    """What an exporter says of its collector is a line like others, unless the application has a place for it."""
    logger.handlers = [one for one in logger.handlers if not isinstance(one, _Handler)]
    if not logger.hasHandlers():
        logger.addHandler(handler)
        logger.propagate = False


def _colored(options: ServeOptions, stream: TextIO) -> bool:
    """Whether to colour: as asked, else at a terminal unless NO_COLOR (no-color.org) is set."""
    if options.color is not None:
        return options.color
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _configure_from(path: Path) -> None:
    """Hand the file to ``logging.config.dictConfig``."""
    try:
        text = path.read_text(encoding="utf-8")
        logging.config.dictConfig(tomllib.loads(text) if path.suffix == ".toml" else json.loads(text))
    except OSError as error:
        raise ConfigError(f"--log-config {path}: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError, ImportError) as error:
        raise ConfigError(f"--log-config {path}: {error.__cause__ or error}") from error
