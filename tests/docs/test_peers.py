"""What the pages say for who comes from another server: options that both have, figures that were measured, deeds."""

import asyncio
import inspect
import re
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

from interfaces import registry
from interfaces.email.aiosmtpd import serve
from interfaces.runner.options import ServeOptions
from interfaces.shared.options import flags
from tests.docs.test_pages import PAGES
from tests.sigterm.taking import Taking

NAMES = ("uvicorn", "daphne", "bolt", "aiosmtpd")
FLAG = re.compile(r"--[a-z0-9][a-z0-9_-]+")
SHORT = {"--bind", "--version"}
"""The alias of the one listener that is served, and click's own."""


def rows(name: str) -> list[list[str]]:
    """The table of options of a page: theirs, ours, and."""
    part = PAGES[f"docs/howto/from-{name}.md"].partition("## Options\n")[2].partition("\n## ")[0]
    return [row.strip("| ").split(" | ") for row in part.splitlines() if row.startswith("| ")][1:]


def of(program: str) -> set[str]:
    """The long options that a program's --help tells."""
    words = [sys.executable, "-m", program, "--help"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout
    found = {
        flag for line in said.splitlines() for flag in FLAG.findall(line[:60]) if line.strip().startswith("-")
    }
    more = {"/".join(FLAG.findall(line)): FLAG.findall(line) for line in said.splitlines() if " / " in line}
    return found - {"--help"} - {no for pair in more.values() for no in pair[1:]}


@pytest.mark.parametrize("name", ["uvicorn", "daphne", "aiosmtpd"])
def test_every_option_of_theirs_is_in_the_table(name: str) -> None:
    """And none that they have not."""
    told = {flag for row in rows(name) for flag in FLAG.findall(row[0])}
    theirs = of(name)
    assert told == theirs


def test_every_parameter_of_their_classes_is_in_the_table() -> None:
    """Of aiosmtpd's server and Bolt's app."""
    for name, kind in (("aiosmtpd", SMTP), ("bolt", AsyncApp)):
        told = {word for row in rows(name) for word in re.findall(r"`(\w+)`", row[0])}
        assert {*inspect.signature(kind).parameters} - told == set()


@pytest.mark.parametrize("name", NAMES)
def test_ours_are_options_of_ours(name: str) -> None:
    """A row says nothing that would be refused."""
    known = {flag.flag for flag in flags((), ServeOptions)} | SHORT
    for kind, _ in registry.select(registry.BUILTIN):
        known |= {flag.flag for flag in flags(kind.names, kind.options_class)}
    said = {flag for row in rows(name) for flag in FLAG.findall(" ".join(row[1:]))}
    assert said - known - {"--endpoint"} == set()


@pytest.mark.parametrize("name", NAMES)
def test_figures_were_measured(name: str) -> None:
    """Each stands in the table of the measurement that it is of."""
    measured = PAGES["docs/explanation/performance.md"]
    part = PAGES[f"docs/howto/from-{name}.md"].partition("## What you gain\n")[2].partition("\n## ")[0]
    figures = [
        cell.strip() for row in part.splitlines() if row.startswith("| ") for cell in row.split("|")[2:5]
    ]
    told = [figure for figure in figures if re.match(r"[\d.,]+", figure)]
    assert len(told) >= 6
    for figure in told:
        assert figure in measured or figure.replace(" KB", " KB/conn") in measured, figure


class Handler:
    """One of aiosmtpd's."""

    async def handle_DATA(self, _server, _session, envelope):
        """Raise, where that is asked for."""
        if b"raise" in envelope.content:
            raise ValueError("on purpose")
        return "250 OK"


handled = serve(Handler())


def talk(port: int, *contents: bytes) -> tuple[str, list[int]]:
    """What EHLO is answered, and the code of each message."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo()
        offered = " ".join(client.esmtp_features)
        codes = []
        for content in contents:
            client.mail("a@a.example")
            client.rcpt("b@b.example")
            client.docmd("DATA")
            client.send(content + b"\r\n.\r\n")
            codes.append(client.getreply()[0])
    return offered, codes


def test_what_is_different_from_aiosmtpd(tmp_path: Path) -> None:
    """What is offered, a handler that raises, a bare LF: as the page says of both."""
    contents = (b"Subject: a\r\n\r\nhello", b"Subject: a\r\n\r\nraise", b"Subject: a\r\n\r\nbare\nline")
    with Taking(tmp_path / "one", "serve", "email", "--app", "tests.docs.test_peers:handled",
                "--email-bind", "127.0.0.1:0") as ours:  # fmt: skip
        port = int(ours.wait_for(r"email on 127\.0\.0\.1:(\d+)")[1])
        offered, codes = talk(port, *contents)
        ours.tell()
        assert ours.ended() == 0
    assert codes == [250, 451, 550]
    assert {"pipelining", "chunking", "dsn", "smtputf8", "size"} <= {*offered.split()}
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    sock.close()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        offered, codes = talk(port, *contents)
    finally:
        controller.stop()
    assert codes == [250, 500, 250]
    assert {*offered.split()} & {"pipelining", "chunking", "dsn"} == set()


def test_what_is_different_from_bolt() -> None:
    """By itself it acknowledges an event before its listener has ended, and runs it again with its repeat."""

    async def main() -> None:
        app = AsyncApp(request_verification_enabled=False, authorize=authorized)
        begun, may_end, ended = [], asyncio.Event(), []

        @app.event("message")
        async def hear(event):
            begun.append(event["ts"])
            await may_end.wait()
            ended.append(event["ts"])

        body = {
            "type": "event_callback", "event_id": "Ev1", "team_id": "T1", "api_app_id": "A1",
            "event": {"type": "message", "text": "hi", "user": "U1", "channel": "C1", "ts": "1.0"},
        }  # fmt: skip
        for _ in range(2):
            said = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
            assert said.status == 200 and not ended
        may_end.set()
        async with asyncio.timeout(5):
            while len(ended) < 2:
                await asyncio.sleep(0)
        assert begun == ["1.0", "1.0"]

    asyncio.run(main())


async def authorized(**_more):
    """Whoever it is."""
    return AuthorizeResult(
        enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_user_id="UBOT1", bot_id="B1"
    )


APP = """
import json

async def application(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    names = [name.decode() for name, _ in scope["headers"]]
    said = json.dumps({"client": scope["client"][0], "names": names}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": said})
"""
ASK = b"GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.1\r\nx_real_ip: 1\r\nconnection: close\r\n\r\n"


async def answer(port: int) -> bytes:
    """All that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    said = await reader.read()
    writer.close()
    return said


def test_what_is_different_from_uvicorn(tmp_path: Path) -> None:
    """Server, X-Forwarded-For, names with an underscore, the end by SIGTERM: as the page says of both."""
    (tmp_path / "proj.py").write_text(APP)
    words = [sys.executable, "-m", "uvicorn", "proj:application", "--port", "0"]
    with (
        Taking(tmp_path / "one", "serve", "http", "--app", "proj:application", "--app-dir", str(tmp_path),
               "--bind", "127.0.0.1:0") as ours,
        subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as theirs,
    ):  # fmt: skip
        assert theirs.stderr is not None
        said = next(line for line in theirs.stderr if "running on" in line)
        there = asyncio.run(answer(int(re.findall(r":(\d+) ", said)[0])))
        here = asyncio.run(answer(int(ours.wait_for(r"http on 127\.0\.0\.1:(\d+)")[1])))
        for process in (theirs, ours.process):
            process.send_signal(signal.SIGTERM)
        assert (theirs.wait(20), ours.ended()) == (-signal.SIGTERM, 0)
    assert b"server: uvicorn" in there and b"192.0.2.1" in there and b"x_real_ip" in there
    assert b"server:" not in here and b"127.0.0.1" in here and b"x_real_ip" not in here
