"""The judge of rolling restarts, by counts that are made up."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from tests.tools.loading import load

soak = load("tools/soak_rolling.py")

GOOD = {
    "event": {"said": 10, "answered": 10, "heard": 50, "lost": 0, "doubled": 0},
    "session": {
        "said": 10,
        "answered": 9,
        "under way when moved": 1,
        "closed with 1012": 4,
        "moved over ms": 900,
    },
}


def judged(style, requests=(7, 7), **counts):
    """What is wrong with these counts."""
    report = soak.Report(Counter(GOOD[style] | {name.replace("_", " "): n for name, n in counts.items()}))
    load_ = SimpleNamespace(counts=Counter(sent=requests[0], answered=requests[1]))
    soak._judged(report, load_, style)
    return report.wrong


@pytest.mark.parametrize("style", ["event", "session"])
def test_what_is_as_promised(style):
    """Nothing is wrong with it."""
    assert judged(style) == []


@pytest.mark.parametrize(
    ("style", "counts", "said"),
    [
        ("event", {"lost": 1}, "1 lost"),
        ("event", {"doubled": 2}, "2 doubled"),
        ("event", {"unanswered": 3}, "3 unanswered"),
        ("event", {"miscounted": 1}, "1 miscounted"),
        ("event", {"closed_with_1012": 1}, "1 closed with 1012"),
        ("event", {"answered": 0}, "nothing was answered"),
        ("session", {"closed_with_1006": 1}, "1 closed with 1006"),
        ("session", {"lost_in_a_close": 1}, "1 lost in a close"),
        ("session", {"closed_with_1012": 0}, "no socket was moved"),
    ],
)
def test_each_broken_promise_is_a_sentence(style, counts, said):
    """In event style no socket may close; in session style it may with 1012, and with nothing else."""
    assert judged(style, **counts) == [said]


@pytest.mark.parametrize("requests", [(7, 6), (0, 0)])
def test_requests_beside_the_sockets_are_answered(requests):
    """All of them, and there were some."""
    (said,) = judged("session", requests)
    assert said.startswith("requests: ")


def room(*heard):
    """Sockets of a room of five, who have said one message each, and heard so many of each."""
    sockets = []
    for at in range(soak.ROOM):
        one = soak.Socket(0, "/", f"s{at}", soak.Report())
        one.said, one.code = 1, 1000
        one.heard = Counter({f"s{other}.1": 1 for other in range(soak.ROOM)})
        sockets.append(one)
    for at, text, count in heard:
        sockets[at].heard[text] = count
        if not count:
            del sockets[at].heard[text]
    return sockets


@pytest.mark.parametrize(
    ("heard", "lost", "doubled"),
    [
        ([], 0, 0),
        ([(0, "s1.1", 0)], 1, 0),
        ([(2, "s1.1", 3)], 0, 2),
        ([(0, "s0.1", 0), (4, "s0.1", 2)], 1, 1),
    ],
)
def test_each_member_of_a_room_hears_each_message_once(heard, lost, doubled):
    """Its own too; what is missing at one and double at another is both."""
    report = soak.Report()
    asyncio.run(soak._counted(room(*heard), report))
    assert (report.counts["lost"], report.counts["doubled"]) == (lost, doubled)


def test_what_a_socket_hears():
    """In event style behind the count and before the process, in session style alone; the count is for who waits."""

    async def main():
        one = soak.Socket(0, "/", "s1", soak.Report())
        waiting = one._awaited["s1.2"] = asyncio.get_running_loop().create_future()
        one._hear("2 s1.2 4711")
        one._hear("1 s2.1 4711")
        one._hear("s3.1")
        return one.heard, await waiting

    heard, count = asyncio.run(main())
    assert (dict(heard), count) == ({"s1.2": 1, "s2.1": 1, "s3.1": 1}, "2")


class Workers:
    """A house whose workers move sockets at given moments."""

    def __init__(self, report, moves, code=0):
        self.report, self.moves, self.code, self.hired = report, moves, code, 0
        self.workers = [self]

    def signal(self, number):
        """As SIGTERM would."""
        self.report.moved.extend(self.moves)

    def ended(self, seconds):
        """Its exit code."""
        return self.code

    def hire(self):
        """Another one."""
        self.hired += 1


@pytest.mark.parametrize(
    ("moves", "code", "wrong"),
    [
        ([0, 1, 2, 3, 9], 0, []),
        ([0, 0.1, 0.2, 0.3, 0.4], 0, ["5 sockets were moved within 0.4 s"]),
        ([0, 0, 0], 0, []),
        ([], 1, ["a worker ended with 1"]),
    ],
)
def test_a_restart_spreads_what_it_moves(monkeypatch, moves, code, wrong):
    """Over a quarter of the drain, unless there are few; and each worker ends with 0, and has a successor."""
    report = soak.Report()
    house = Workers(report, moves, code)
    monkeypatch.setattr(soak, "PAUSE", 0.0)
    asyncio.run(soak.restarted(house, report, 30.0))
    assert (report.wrong, house.hired) == (wrong, 1)
