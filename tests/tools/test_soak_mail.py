"""The soak of mail, short ones: some deaths, one process and several; and that it can fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.loading import load
from tests.tools.soaking import Soaks

FINE = "nothing that was acknowledged is lost, and nothing was done twice"


RUNS = {
    "one": ["--way", "one", "--kills", "5"],
    "direct": ["--way", "direct", "--kills", "5"],
    "accepted": ["--way", "one", "--ack", "accepted", "--kills", "6"],
    "early": ["--way", "one", "--kills", "5", "--fault", "early"],
}


@pytest.fixture(scope="module")
def soaks() -> Iterator[Soaks]:
    """All of them, without the time in which memory is watched."""
    runs = {name: [*words, "--level", "0", "--seed", "1"] for name, words in RUNS.items()}
    with Soaks.started("soak_mail.py", runs) as soaks:
        yield soaks


@pytest.mark.parametrize(("way", "died"), [("one", "server before=1;"), ("direct", "worker before=1;")])
def test_deaths_lose_nothing_that_was_acknowledged(soaks: Soaks, way: str, died: str) -> None:
    """Those at the first five points, and clients that hang up: all that heard a 250 is there, once."""
    code, said = soaks.ended(way)
    assert code == 0, said
    assert died in said and "server connected=1;" in said
    assert FINE in said


def test_deaths_lose_nothing_that_was_accepted(soaks: Soaks) -> None:
    """Those at the first six points of the spool, before the application has a message that was answered 250."""
    code, said = soaks.ended("accepted")
    assert code == 0, said
    assert "server write=1;" in said and "server synced=1;" in said and FINE in said


def test_an_application_that_answers_before_it_writes_is_found_out(soaks: Soaks) -> None:
    """It loses what was answered 250, and the soak says so."""
    code, said = soaks.ended("early")
    assert code == 1, said
    assert "were lost" in said and FINE not in said


@pytest.fixture(name="mail")
def _mail() -> Any:
    return load("tools/soak_mail.py")


@pytest.mark.parametrize("way", ["one", "redis", "direct"])
def test_every_point_is_in_the_plan(mail: Any, way: str) -> None:
    """Each of the twenty names a death, once a round; files of the server's are not for workers."""
    app = load("tools/soak_mail_app.py")
    points = [point for who, point in mail.plan_of(way) if point]
    missing = set() if way == "one" else {"spooled"}
    assert sorted(points) == sorted({*app.SERVER, *app.APPLICATION} - missing)
    assert len({*app.SERVER, *app.APPLICATION}) == 20


def test_the_points_of_the_spool_are_in_the_plan_of_what_is_accepted(mail: Any) -> None:
    """Six more, of the server alone; three where a broker keeps it."""
    app = load("tools/soak_mail_app.py")
    more = {*app.SPOOL, *app.ACCEPTED}
    found = {way: {point for who, point in mail.plan_of(way, accepted=True) if who == "server"}
             for way in ("one", "redis")}  # fmt: skip
    assert found["one"] & more == more and len(more) == 6
    assert found["redis"] & more == {*app.ACCEPTED}
    assert not {point for _, point in mail.plan_of("one")} & more


def test_the_judge_finds_every_broken_promise(mail: Any, tmp_path: Path) -> None:
    """Mail that is not there, that came twice or in pieces, with another key, once for two, or deferred for ever."""
    app, client = load("tools/soak_mail_app.py"), load("tools/soak_mail_client.py")
    database = app.opened(str(tmp_path / "db"))
    database.executescript(app.TABLES)

    def sent(name: str, kind: str = "plain", *, hangs: int = 0, told: str = "id") -> Any:
        ids = {"a": told} if told else {}
        return client.Mail(name, kind, "", ["a"], b"", began=0.0, ended=1.0, ids=ids, hangs=hangs)

    def ran(name: str, *, key: str = "", verdict: str = "accept", whole: int = 1) -> None:
        words = ["id", name, '["a"]', key or name, f'["{verdict}"]', whole]
        database.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", words)

    traffic = client.Traffic(0, 0, 0)
    traffic.mails = [
        sent("lost"), sent("open", told=""), sent("hung", hangs=1), sent("grey", "grey"), sent("twin", "twin"),
        sent("twin", "twin", told="other"), sent("doubled"), sent("torn"), sent("keys"),
    ]  # fmt: skip
    for name in ("hung", "hung", "grey", "twin", "doubled"):
        ran(name)
    ran("torn", whole=0)
    ran("keys", key="one")
    ran("keys", key="two")
    ran("thief", key="one")
    names = ("hung", "grey", "twin", "doubled", "doubled", "torn", "keys")
    database.executemany("INSERT INTO effect VALUES (?, 'a')", [[name] for name in names])
    judge = mail.Judge(tmp_path / "db", traffic, [])
    judge.judge()
    assert {what: number for what, number in judge.faults.items() if number} == {
        "messages were given up": 1,
        "of them were lost": 1,
        "of them have no effect": 1,
        "messages whose client only hung up were not taken once": 1,
        "deferred messages did not run again": 1,
        "messages sent twice on purpose came once": 1,
        "messages came in pieces": 1,
        "messages came with several keys": 1,
        "keys have several messages": 1,
        "recipients have two effects or more": 1,
    }
    database.close()
