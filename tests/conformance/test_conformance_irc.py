"""The command that judges by irctest's report: it must not call a bad report good."""

import runpy
import tomllib
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "conformance_irc.py"
tool = runpy.run_path(str(TOOL), run_name="conformance_irc")
KICK, WHO = "server_tests.kick.KickTestCase::testKick", "server_tests.who.WhoTestCase::testWho"
KNOWN = tool["Expected"](commit="c", scope={}, marks={}, deviations={KICK: "so", f"{WHO}[a]": "thus"})


def outcome(name, result="passed"):
    """What came of a test."""
    return tool["Outcome"](name=name, result=result, text="why")


def judged(*outcomes, whole=True):
    """What is not as listed."""
    return tool["judge"](outcomes, KNOWN, whole=whole)


def test_a_run_as_listed_holds():
    """Each parameter of a listed test fails, the rest passes or is skipped."""
    assert judged(
        outcome(f"{KICK}[a]", "failed"), outcome(f"{KICK}[b]", "failed"), outcome(f"{WHO}[a]", "failed"),
        outcome(f"{WHO}[b]"), outcome("x::y", "skipped"),
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("name", "result", "words"),
    [
        (f"{WHO}[b]", "failed", "failed: "),
        (KICK, "passed", "listed as failing"),
        (KICK, "skipped", "skipped, and"),
    ],
)
def test_what_is_not_as_listed_is_told(name, result, words):
    """A new failure, and a listed one that fails no more."""
    (line,) = judged(outcome(name, result), whole=False)
    assert words in line and name in line


def test_a_row_without_a_test_is_told():
    """Of a whole run only: a part has not all tests."""
    assert len(judged()) == 2
    assert judged(whole=False) == []


def test_a_report_is_read(tmp_path):
    """The names are short; one that fails and cannot be cleaned up after counts once."""
    report = tmp_path / "server.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="irctest.server_tests.kick.KickTestCase" name="testKick[a]">'
        '<failure message="no&#10;way"/></testcase>'
        '<testcase classname="irctest.server_tests.kick.KickTestCase" name="testKick[a]">'
        '<error message="e"/></testcase>'
        '<testcase classname="irctest.server_tests.who.WhoTestCase" name="testWho"><skipped message="s"/></testcase>'
        "</testsuite></testsuites>"
    )
    kick, who = tool["read_report"](report)
    assert (kick.name, kick.result, kick.file) == (f"{KICK}[a]", "failed", "server_tests.kick")
    assert (who.result, who.text) == ("skipped", "s")


def test_the_table_counts_deviations_apart():
    """A row a file, and their sum."""
    outcomes = [outcome(KICK, "failed"), outcome(f"{KICK}2"), outcome(f"{WHO}[b]", "failed")]
    rows = [line.split() for line in tool["table"](outcomes, KNOWN).splitlines()]
    assert rows[1:] == [
        ["server_tests.kick", "1", "0", "0", "1"], ["server_tests.who", "0", "1", "0", "0"], ["all", "1", "1", "0", "1"]
    ]  # fmt: skip


def test_the_list_gives_a_reason_for_each():
    """The one that is shipped."""
    found = tool["expected"](tool["LIST"])
    assert len(found.commit) == 40
    assert all(
        len(why) > 10 for rows in (found.scope, found.marks, found.deviations) for why in rows.values()
    )
    assert tomllib.loads(tool["LIST"].read_text())


def test_what_is_no_checkout_is_told(tmp_path, monkeypatch, capsys):
    """Exit code 2, and one line."""
    monkeypatch.setenv("IRCTEST_PYTHON", "/bin/false")
    monkeypatch.setattr("sys.argv", ["conformance_irc.py", str(tmp_path)])
    assert tool["main"]() == 2
    assert capsys.readouterr().err == (
        f"conformance: {tmp_path} is no checkout of https://github.com/progval/irctest\n"
    )
