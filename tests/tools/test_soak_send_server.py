"""The server that the soak of sending sends to, and its book: it must not call a loss or a double good."""

import asyncio
from collections import Counter

import pytest

from tests.tools.loading import load

server = load("tools/soak_send_server.py")


def result(name="m1", *, final=True, **statuses):
    """What is told of a message."""
    return {
        "id": name,
        "final": final,
        "results": [{"recipient": r, "status": s} for r, s in statuses.items()],
    }


def judged(has, *results, handed=("m1",)):
    """The faults, when a server has this and that was told."""
    book = server.Book()
    book.handed.update(handed)
    for one in results:
        book.told(one)
    return book.check(Counter(has))


@pytest.mark.parametrize(
    ("has", "told"),
    [
        ({("m1", "a"): 1}, [result(a="accepted")]),
        ({}, [result(a="failed")]),
        ({("m1", "a"): 1}, [result(a="accepted", b="failed")]),
        ({}, [result(a="uncertain")]),
        ({("m1", "a"): 1}, [result(a="uncertain")]),
        ({("m1", "a"): 1}, [result(final=False, a="deferred"), result(a="accepted")]),
        ({("m1", "a"): 1}, [result(a="accepted"), result(a="accepted")]),
    ],
)
def test_what_agrees_is_no_fault(has, told):
    """Accepted is there once, failed is not there, uncertain may be either; told twice alike is told once."""
    assert judged(has, *told) == []


@pytest.mark.parametrize(
    ("has", "told", "said"),
    [
        ({}, [], "1 of 1 have no final result"),
        ({}, [result(final=False, a="deferred")], "1 of 1 have no final result"),
        ({}, [result(a="accepted")], "m1 is accepted for a, and there 0 times"),
        ({("m1", "a"): 1}, [result(a="failed")], "m1 is failed for a, and there 1 times"),
        ({("m1", "a"): 2}, [result(a="uncertain")], "m1 is there 2 times for a"),
        ({("m1", "a"): 1}, [result(a="accepted"), result(a="failed")], "m1 was told"),
    ],
)
def test_each_broken_promise_is_a_fault(has, told, said):
    """Lost, untold, sent in spite of a failure, sent twice, told differently the second time."""
    assert any(said in fault for fault in judged(has, *told))


class Dice:
    """The next numbers, then 0.99."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def random(self):
        """The next one."""
        return self.numbers.pop(0) if self.numbers else 0.99


@pytest.fixture
def talk(monkeypatch):
    """What a server says to some lines, and what it has then."""

    def played(*lines, dice=()):
        async def main():
            monkeypatch.setattr(server, "random", Dice(*dice))
            counting = server.Counting()
            reader, writer = await asyncio.open_connection("127.0.0.1", await counting.start())
            said = [await reader.readline()]
            for line in lines:
                writer.write(line)
                if line.startswith(b"RCPT"):
                    said.append(await reader.readline())
            writer.write_eof()
            said += (await reader.read()).splitlines(keepends=True)
            writer.close()
            counting.server.close()
            await counting.server.wait_closed()
            return b"".join(said).decode().split("\r\n")[1:-1], dict(counting.has), dict(counting.did)

        return asyncio.run(main())

    return played


SAID = (
    b"MAIL FROM:<x@y>\r\n",
    b"RCPT TO:<a@b>\r\n",
    b"DATA\r\n",
    b"X-Number: m1\r\n\r\nhi\r\n.\r\n",
    b"QUIT\r\n",
)


def test_what_it_has_taken_it_has(talk):
    """The message by its number, for each recipient that it has not refused."""
    said, has, did = talk(*SAID)
    assert [line[:3] for line in said] == ["250", "250", "354", "250", "221"]
    assert (has, did) == ({("m1", "a@b"): 1}, {})


@pytest.mark.parametrize(
    ("dice", "codes", "has", "did"),
    [
        ([0.05], ["250", "451", "554"], {}, {"deferred": 1}),
        ([0.12], ["250", "550", "554"], {}, {"refused": 1}),
        ([0.99, 0.01], ["250", "250", "354"], {}, {"hung up before the end": 1}),
        ([0.99, 0.99, 0, 0.01], ["250", "250", "354", "452", "221"], {}, {"deferred all": 1}),
        ([0.99, 0.99, 0, 0.06], ["250", "250", "354"], {("m1", "a@b"): 1}, {"hung up after the end": 1}),
    ],
)
def test_it_does_what_its_dice_say(talk, dice, codes, has, did):
    """And knows what it has: hung up on before the end it has nothing, after it it has the message."""
    said, found, done = talk(*SAID, dice=dice)
    assert [line[:3] for line in said][: len(codes)] == codes
    assert (found, done) == (has, did)
