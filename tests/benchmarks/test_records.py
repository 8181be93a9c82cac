"""The tables that are made of measurements, from records that can be counted by hand."""

import json

import pytest

from tests.tools.loading import load

records = load("benchmarks/lib/records.py")


def record(server="ours", cost=10.0, *, test="hello", round_=0, run="1", **more):
    """One measurement."""
    return {"test": test, "server": server, "round": round_, "run": run, "cost": cost, **more}


def rows(*found):
    """The cells of the table, a list a row."""
    lines = records.table(found).splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_nothing_measured_is_no_table():
    """Neither a header without rows, nor the competing receivers, which have a table of their own."""
    assert records.table([]) == ""
    assert records.table([{"machine": {}}, record(test=records.COMPETING)]) == ""
    assert records.competing([record()]) == ""


def test_a_row_has_its_figures_in_the_units_of_the_header():
    """Microseconds become milliseconds, thousands are set apart, a cost below ten has two digits."""
    (row,) = rows(record(cost=9.876, rate=12345.6, p50_us=1500, p99_us=20, rss_mb=41.4))
    assert row == ["hello", "ours", "9.88", "12,346", "1.50", "0.02", "41", "1", ""]
    assert rows(record(cost=10.04))[0][2] == "10.0"


def test_ours_comes_first_and_the_others_by_their_cost():
    """Who was not measured at all comes last, with the reason."""
    failed = {"test": "hello", "server": "broken", "round": 0, "run": "1", "error": "no | answer\nat all"}
    found = rows(record("dear", 30.0), failed, record("cheap", 5.0), record("ours", 10.0))
    assert [row[1] for row in found] == ["ours", "cheap", "dear", "broken"]
    assert found[-1][2:8] == ["", "", "", "", "", ""]
    assert found[-1][-1] == "no / answer at all"


def test_a_ratio_is_the_median_over_the_rounds():
    """Each round is compared with itself: a machine that slows down changes nothing."""
    ours = [record(cost=cost, round_=number) for number, cost in enumerate((10, 20, 40))]
    peer = [record("peer", cost, round_=number) for number, cost in enumerate((20, 40, 200))]
    assert rows(*ours, *peer)[1][7] == "**2.00**"


def test_rounds_of_different_runs_are_not_compared():
    """A peer that was measured on another day has no ratio."""
    assert rows(record(run="1"), record("peer", 20.0, run="2"))[1][7] == ""


def test_a_base_is_what_a_server_is_compared_with():
    """A relay is compared with its own kind where its record says so."""
    found = rows(record("ours", 10.0), record("direct", 4.0), record("relay", 8.0, base="direct"))
    assert {row[1]: row[7] for row in found} == {"ours": "1", "direct": "**0.40**", "relay": "**2.00**"}


def test_rounds_that_failed_leave_those_that_did_not():
    """The figures of the others stand beside the error; a round of ours that failed is no base."""
    failed = {"test": "hello", "server": "ours", "round": 1, "run": "1", "error": "x" * 200}
    found = rows(record(cost=10.0), failed, record("peer", 30.0), record("peer", 90.0, round_=1))
    assert found[0][2] == "10.0"
    assert found[0][-1] == "x" * 90
    assert found[1][7] == "**3.00**"


def test_a_unit_and_notes_are_said():
    """A cost that is no time says what it is; each note stands once."""
    same = [record(cost=7.0, unit="KB", note="2 failed", round_=number) for number in range(2)]
    (row,) = rows(*same)
    assert (row[2], row[-1]) == ("7.00 KB", "2 failed")


def test_tests_keep_their_order():
    """They come as they were measured first, and not by name."""
    found = rows(record(test="tls"), record(test="hello"), record("peer", test="tls"))
    assert [row[0] for row in found] == ["tls", "tls", "hello"]


def test_competing_receivers_have_a_table():
    """What was lost, doubled and out of order, ours first; who failed says why."""
    counts = {"sent": 9, "received": 9, "duplicates": 1, "lost": 1, "inversions": 0, "shares": [4, 5]}
    text = records.competing([
        {"test": records.COMPETING, "server": "peer", "error": "gone"},
        {"test": records.COMPETING, "server": "ours", **counts},
    ])  # fmt: skip
    assert text.splitlines()[2:] == ["| ours | 9 | 9 | 1 | 1 | 0 | 4, 5 |", "| peer | | | | | | gone |"]


def test_a_journal_is_written_line_by_line(tmp_path, capsys):
    """What was measured before a bench dies is in the file, under the machine it was measured on."""
    path = tmp_path / "found.jsonl"
    journal = records.Journal("http", path)
    journal.add("hello", "ours", 0, cost=12.34)
    journal.add("hello", "peer", 0, error="no answer")
    journal.add("idle", "ours", 1, cost=3.0, unit="KB")
    journal.add("other", "ours", 1, rate=5)
    head, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert set(head["machine"]) == {"cpu", "cpus", "kernel", "python", "date"}
    assert lines == journal.records
    assert {line["run"] for line in lines} == {head["run"]}
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "round 1 hello ours 12.3 us",
        "round 1 hello peer not measured: no answer",
        "round 2 idle ours 3.0 KB",
        "round 2 other ours done",
    ]


def test_a_journal_needs_no_file():
    """Who asks for none gets the records alone."""
    journal = records.Journal("http", None)
    assert journal.add("hello", "ours", 0, cost=1.0) == journal.records[0]


@pytest.fixture
def report():
    """The program that prints the tables of files."""
    return load("benchmarks/report.py")


def test_a_report_of_several_files(report, tmp_path, capsys):
    """One table a bench, whichever file its records are in, below the machine."""
    for name, bench in (("a", "http"), ("b", "layer"), ("c", "http")):
        journal = records.Journal(bench, tmp_path / name)
        journal.add(f"test-{name}", "ours", 0, cost=1.0)
    capsys.readouterr()
    assert report.main([str(tmp_path / name) for name in "abc"]) == 0
    said = capsys.readouterr().out
    assert said.index("### http") < said.index("test-a") < said.index("test-c") < said.index("### layer")
    assert said.count("### http") == 1
    assert said.startswith("cpu ")


def test_a_report_of_nothing_says_how(report, capsys):
    """Without a file it ends with 2 and its usage."""
    assert report.main([]) == 2
    assert "report.py FILE" in capsys.readouterr().out
