"""The command that judges by the Autobahn Testsuite's report: it must not call a bad report good."""

import asyncio
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.echo import app

TOOL = Path(__file__).parents[2] / "tools" / "conformance.py"
tool = runpy.run_path(str(TOOL), run_name="conformance")
BASE = tool["PARTS"]["base"]


def cases(grades, close="OK"):
    """As many cases as ``grades`` says of each grade, numbered within group 1."""
    names = [grade for grade, count in grades.items() for _ in range(count)]
    return [
        tool["Case"](id=f"1.{number}", grade=grade, close=close, report=Path("report.json"))
        for number, grade in enumerate(names, 1)
    ]


def test_a_report_at_the_bars_holds():
    """The worst report that the bars allow breaks none of them."""
    assert tool["broken_bars"](BASE, cases({"OK": 242, "NON-STRICT": 2, "INFORMATIONAL": 3})) == []


@pytest.mark.parametrize(
    ("grades", "close", "word"),
    [
        ({"OK": 246}, "OK", "246 of 247"),
        ({"OK": 241, "INFORMATIONAL": 6}, "OK", "241 OK"),
        ({"OK": 244, "NON-STRICT": 3}, "OK", "3 NON-STRICT"),
        ({"OK": 246, "FAILED": 1}, "OK", "1 FAILED"),
        ({"OK": 247}, "WRONG CODE", "247 closed badly"),
    ],
)
def test_each_bar_is_seen_broken(grades, close, word):
    """One step beyond any bar is named, and nothing else is."""
    (broken,) = tool["broken_bars"](BASE, cases(grades, close))
    assert word in broken


def test_a_report_is_read_and_counted(tmp_path):
    """The testsuite's own index becomes a row a group, in the testsuite's order, bad closes counted."""
    index = tmp_path / "index.json"
    rows = {
        "10.1.1": {"behavior": "OK", "behaviorClose": "UNCLEAN", "reportfile": "a.json"},
        "2.1": {"behavior": "FAILED", "behaviorClose": "OK", "reportfile": "b.json"},
    }
    index.write_text(json.dumps({"server": rows}))
    found = tool["read_index"](index)
    assert {case.report for case in found} == {tmp_path / "a.json", tmp_path / "b.json"}
    _, two, ten = (line.split() for line in tool["table"](found).splitlines())
    assert two == ["2", "0", "0", "0", "0", "1", "0"]
    assert ten == ["10", "1", "0", "0", "0", "0", "1"]


def test_an_unreached_server_is_no_success(tmp_path):
    """The testsuite writes an empty report when nobody listens; that breaks bars."""
    index = tmp_path / "index.json"
    index.write_text("{}")
    assert tool["broken_bars"](BASE, tool["read_index"](index))


@pytest.mark.parametrize("python", ["", "/nowhere/python2.7", sys.executable])
def test_without_the_testsuite_it_says_so_in_one_line(python):
    """No PY27, a missing one and one without the testsuite end with 2 and a line that names PY27."""
    words = [sys.executable, str(TOOL), "websocket"]
    run = subprocess.run(words, env={"PY27": python}, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert "PY27" in line


def test_the_echo_sends_back_what_came():
    """Text stays text and bytes stay bytes, empty messages too, until the peer is gone."""
    events = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.receive", "text": None, "bytes": b""},
        {"type": "websocket.receive", "text": "é", "bytes": None},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    sent = []

    async def receive():
        return events.pop(0)

    async def send(event):
        sent.append(event)

    asyncio.run(app({"type": "websocket"}, receive, send))
    assert sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": ""},
        {"type": "websocket.send", "bytes": b""},
        {"type": "websocket.send", "text": "é"},
    ]
