"""Logs: shapes of lines, escaping of what came from peers, and who is in charge."""

import asyncio
import io
import json
import logging
import logging.config
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.cli.logs import JsonFormatter, TextFormatter, access_json, access_text, configure, escaped
from interfaces.runner.options import ServeOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.session import Session, report

FIELDS: Mapping[str, Any] = {
    "protocol": "HTTP/1.1",
    "client": ("127.0.0.1", 5000),
    "method": "GET",
    "path": "/x",
    "query": "",
    "status": 200,
    "bytes": 12,
    "seconds": 0.0031,
}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def record(message: str, *arguments: object, error: bool = False, **extra: object) -> logging.LogRecord:
    """A warning at the Unix second 0.5, with the exception that is being handled if ``error``."""
    made = logging.LogRecord(
        "interfaces.http", logging.WARNING, __file__, 1, message, arguments, sys.exc_info() if error else None
    )
    made.created = 0.5
    vars(made).update(extra)
    return made


def test_a_line_of_text() -> None:
    """Time in UTC, level, logger and message stand on one line."""
    assert TextFormatter().format(record("%s left", "bob")) == (
        "1970-01-01T00:00:00.500Z WARNING interfaces.http: bob left"
    )


def test_a_level_is_coloured_only_when_asked() -> None:
    """Escape sequences of ours surround the level, and nothing else."""
    assert "\x1b[33mWARNING\x1b[0m" in TextFormatter(color=True).format(record("x"))
    assert "\x1b" not in TextFormatter().format(record("x"))


def test_a_message_forges_no_line_and_commands_no_terminal() -> None:
    """Further lines are indented; control characters, also those of a terminal, are escapes."""
    text = TextFormatter().format(record("bad\n1970-01-01T00:00:00Z INFO x: \x1b[2Jfine\x9b\u202e"))
    first, second = text.split("\n")
    assert first.endswith("bad")
    assert second == "    1970-01-01T00:00:00Z INFO x: \\x1b[2Jfine\\x9b\\u202e"


def test_a_traceback_is_indented() -> None:
    """An exception follows below its message."""
    try:
        raise ValueError("a\nb")
    except ValueError:
        lines = TextFormatter().format(record("died", error=True)).split("\n")
    assert lines[1] == "    Traceback (most recent call last):"
    assert lines[-1] == "    b"


def test_a_line_of_json() -> None:
    """One object a record, on one line, with what was given as extra, whatever its type."""
    try:
        raise ValueError("x\ny")
    except ValueError:
        text = JsonFormatter().format(record("bad\n%s", "line", error=True, trace="t1", path=Path("p")))
    said = json.loads(text)
    assert "\n" not in text
    assert said.pop("exception").endswith("ValueError: x\ny")
    assert said == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "warning",
        "logger": "interfaces.http",
        "message": "bad\nline",
        "trace": "t1",
        "path": "p",
    }


@given(st.text())
def test_escaped_text_prints(text: str) -> None:
    """Whatever a peer sends, the escaped text prints, and text that prints stays as it is."""
    assert escaped(text).isprintable()
    assert not text.isprintable() or escaped(text) == text


def test_an_access_line() -> None:
    """Peer, request, status, size and time stand in the order that readers of access logs expect."""
    assert access_text(FIELDS) == '127.0.0.1:5000 "GET /x HTTP/1.1" 200 12 B 3.1 ms'


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"query": "a=b"}, '127.0.0.1:5000 "GET /x?a=b HTTP/1.1" 200 12 B 3.1 ms'),
        ({"client": None}, '- "GET /x HTTP/1.1" 200 12 B 3.1 ms'),
        ({"client": ["::1", 9]}, '[::1]:9 "GET /x HTTP/1.1" 200 12 B 3.1 ms'),
        ({"path": '/"\n'}, '127.0.0.1:5000 "GET /\\x22\\n HTTP/1.1" 200 12 B 3.1 ms'),
        (
            {"code": 1000, "why": "by\ne"},
            '127.0.0.1:5000 "GET /x HTTP/1.1" 200 12 B 3.1 ms code=1000 why=by\\ne',
        ),
    ],
)
def test_access_lines_of_every_kind(changed: Mapping[str, Any], said: str) -> None:
    """Query, missing and IPv6 peers, hostile paths and a protocol's own fields have their place."""
    assert access_text({**FIELDS, **changed}) == said


def test_an_access_line_of_few_fields() -> None:
    """A protocol without status or size leaves no gap."""
    assert access_text({"protocol": "websocket", "path": "/chat"}) == '- "/chat websocket"'


@pytest.mark.parametrize(("status", "code"), [(204, "32"), (304, "36"), (404, "33"), (503, "31"), (101, "0")])
def test_the_status_is_coloured_by_its_class(status: int, code: str) -> None:
    """A glance finds what failed."""
    assert f"\x1b[{code}m{status}\x1b[0m" in access_text({**FIELDS, "status": status}, color=True)


def test_an_access_line_as_json() -> None:
    """The fields come as they are, with a time, and the peer as text or null."""
    said = json.loads(access_json(FIELDS))
    assert said.pop("time").endswith("Z")
    assert said == {**FIELDS, "client": "127.0.0.1:5000"}
    assert json.loads(access_json({"client": None}))["client"] is None


def test_off_is_nothing_at_all(restored_logging: logging.Logger) -> None:
    """Without access lines there is no function, so that no fields are made."""
    assert configure(ServeOptions(access_log=False), Terminal(), io.StringIO()) is None
    assert configure(ServeOptions(), io.StringIO(), io.StringIO()) is None


@pytest.mark.parametrize(("format", "first"), [("text", "127.0.0.1"), ("json", '{"time"')])
def test_access_lines_go_to_stdout(restored_logging: logging.Logger, format: Any, first: str) -> None:
    """One line each, in the format asked for."""
    out = io.StringIO()
    line = configure(ServeOptions(access_log=True, log_format=format), out, io.StringIO())
    assert line is not None
    line(dict(FIELDS))
    assert out.getvalue().startswith(first)
    assert out.getvalue().endswith("\n")


def test_at_a_terminal_lines_are_on_and_coloured(
    restored_logging: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets access lines and colours by default, and no colours with NO_COLOR."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    line = configure(ServeOptions(), out, Terminal())
    assert line is not None
    line(dict(FIELDS))
    assert "\x1b[32m200" in out.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    line = configure(ServeOptions(), plain, Terminal())
    assert line is not None
    line(dict(FIELDS))
    assert "\x1b" not in plain.getvalue()


def test_a_reader_that_is_gone_fails_no_request(restored_logging: logging.Logger) -> None:
    """A broken pipe behind stdout does not reach the code that wrote the line."""
    line = configure(ServeOptions(access_log=True), Gone(), io.StringIO())
    assert line is not None
    line(dict(FIELDS))


def test_logs_go_to_stderr_at_their_level(restored_logging: logging.Logger) -> None:
    """The logger interfaces and those below it write to stderr, once, from the level asked for."""
    error = io.StringIO()
    for _ in range(2):
        configure(ServeOptions(log_level="warning", color=False), io.StringIO(), error)
    below = logging.getLogger("interfaces.test_logs")
    below.info("not this")
    below.warning("this")
    assert error.getvalue().endswith("WARNING interfaces.test_logs: this\n")
    assert error.getvalue().count("this") == 1


def test_json_logs(restored_logging: logging.Logger) -> None:
    """--log-format json holds for logs as well."""
    error = io.StringIO()
    configure(ServeOptions(log_format="json"), io.StringIO(), error)
    logging.getLogger("interfaces.test_logs").warning("this")
    assert json.loads(error.getvalue())["message"] == "this"


def test_the_applications_handlers_stay_in_charge(restored_logging: logging.Logger) -> None:
    """Where the application has configured the logger interfaces, nothing is added to it."""
    mine = logging.StreamHandler(io.StringIO())
    restored_logging.handlers = [mine]
    configure(ServeOptions(), io.StringIO(), io.StringIO())
    assert restored_logging.handlers == [mine]


def test_loggers_that_the_application_switched_off_speak_again(restored_logging: logging.Logger) -> None:
    """Ours are switched on again after a dictConfig that disabled what it did not know."""
    below = logging.getLogger("interfaces.test_logs")
    below.disabled = True
    configure(ServeOptions(), io.StringIO(), io.StringIO())
    assert not below.disabled


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "log.json",
            '{"version": 1, "incremental": true, "loggers": {"interfaces.test_logs": {"level": "ERROR"}}}',
        ),
        ("log.toml", 'version = 1\nincremental = true\nloggers."interfaces.test_logs".level = "ERROR"\n'),
    ],
)
def test_a_configuration_of_ones_own(
    restored_logging: logging.Logger, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, text: str
) -> None:
    """--log-config is handed to dictConfig, and access lines go to the logger interfaces.access."""
    (tmp_path / name).write_text(text)
    try:
        line = configure(ServeOptions(log_config=tmp_path / name, access_log=True))
        assert logging.getLogger("interfaces.test_logs").level == logging.ERROR
        assert line is not None
        with caplog.at_level(logging.INFO, "interfaces.access"):
            line(dict(FIELDS))
    finally:
        logging.getLogger("interfaces.test_logs").setLevel(logging.NOTSET)
    assert [one.getMessage() for one in caplog.records] == [access_text(FIELDS)]
    assert configure(ServeOptions(log_config=tmp_path / name, access_log=False)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("{", "Expecting property name"),
        ("{}", "dictionary doesn't specify a version"),
        ('{"version": 1, "handlers": {"x": {"class": "nonesuch.Handler"}}}', "nonesuch"),
    ],
)
def test_a_configuration_that_cannot_be_used(tmp_path: Path, text: str | None, said: str) -> None:
    """A --log-config that is absent, no JSON or wrong is refused in one line that names it."""
    path = tmp_path / "log.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        configure(ServeOptions(log_config=path))
    assert str(caught.value).startswith(f"--log-config {path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def logged_as_json(app, scope) -> dict:
    """The one line, as JSON, that a session of ``app`` logs which raises."""
    stream = io.StringIO()

    async def run() -> None:
        session = Session(app, scope, None, on_end=report)
        session.start(asyncio.get_running_loop())
        await session.wait(5)

    logger = logging.getLogger("interfaces")
    before = (*logger.handlers,), logger.level, logger.propagate
    try:
        configure(ServeOptions(log_format="json"), stream, stream)
        asyncio.run(run())
    finally:
        logger.handlers, logger.level, logger.propagate = list(before[0]), *before[1:]
    return json.loads(stream.getvalue())


def test_an_error_of_the_application_says_which_scope_and_trace_it_is_of() -> None:
    """A machine finds the access line, and the trace, that belong to a traceback."""

    async def app(scope, receive, send):
        raise ValueError("on purpose")

    trace = "0af7651916cd43dd8448eb211c80319c"
    scope = {"type": "http", "path": "/a", "asgi": {}, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    line = logged_as_json(app, scope)
    assert (line["message"], line["scope_id"], line["trace_id"]) == (
        "http /a: the application raised", scope["scope_id"], trace
    )  # fmt: skip
    assert "ValueError: on purpose" in line["exception"]
    access = json.loads(access_json({"client": None, "scope_id": scope["scope_id"], "trace_id": trace}))
    assert (access["scope_id"], access["trace_id"]) == (line["scope_id"], trace)


def test_a_text_line_has_no_ids() -> None:
    """A person reads those; what is for machines is in JSON alone."""
    said = access_text({**FIELDS, "scope_id": "a-1", "trace_id": "b"})
    assert said == access_text(FIELDS)


@pytest.mark.parametrize(("trace", "handled"), [(True, 1), (False, 0)])
def test_what_an_exporter_says_is_a_line_like_others(trace: bool, handled: int) -> None:
    """Where traces are asked for; once, however often it is set up, and not where the application hears it."""
    logger, stream = logging.getLogger("opentelemetry"), io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("interfaces")
    before = root.handlers, ours.handlers, ours.level, ours.propagate
    root.handlers = []
    try:
        for _ in range(2):
            configure(ServeOptions(trace=trace), stream, stream)
        assert len(logger.handlers) == handled
        root.handlers = [logging.NullHandler()]
        logger.propagate = True
        configure(ServeOptions(trace=trace), stream, stream)
        assert not logger.handlers
    finally:
        root.handlers, ours.handlers, ours.level, ours.propagate = before
        logger.handlers, logger.propagate = [], True
