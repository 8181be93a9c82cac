"""CHATHISTORY."""

import pytest

from interfaces.irc.gateway.commands.history import ASKS
from interfaces.irc.gateway.greeting import HISTORY
from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import NOW, TIME, Bench, Peer, scene

CAPS = "draft/chathistory batch server-time message-tags"
FAIL = ":irc.test FAIL CHATHISTORY"


def said(text: str, **more: object) -> dict:
    """A message of long ago."""
    return {"source": "bob!b@h", "target": "#a", "text": text, "time": 0.5, "msgid": f"m-{text}", **more}


async def asked(peer: Peer, line: str) -> dict:
    """The event of an ask."""
    assert await peer.say(line) == []
    return peer.events("irc.history")[-1]


def bare(lines: list[str]) -> list[str]:
    """Without the time that all lines have here."""
    return [line.replace(f"@time={TIME} ", "").replace(f";time={TIME}", "") for line in lines]


@pytest.mark.parametrize(
    ("line", "target", "bounds", "limit"),
    [
        ("LATEST #A * 10", "#a", ["*"], 10),
        ("latest ann msgid=x 1", "ann", ["msgid=x"], 1),
        ("BEFORE #a timestamp=2026-11-28T12:00:00.000Z 50", "#a", ["timestamp=2026-11-28T12:00:00.000Z"], 50),
        ("AFTER BOB msgid=1 100", "BOB", ["msgid=1"], 100),
        ("AROUND nobody msgid=1 5000", "nobody", ["msgid=1"], HISTORY),
        (
            "BETWEEN #a msgid=1 timestamp=2026-11-28T12:00:00Z 007",
            "#a",
            ["msgid=1", "timestamp=2026-11-28T12:00:00Z"],
            7,
        ),
        (
            "TARGETS timestamp=2026-11-28T12:00:00.000Z timestamp=2026-11-29T12:00:00.000Z 5",
            "",
            ["timestamp=2026-11-28T12:00:00.000Z", "timestamp=2026-11-29T12:00:00.000Z"],
            5,
        ),
    ],
)
@scene
async def test_the_application_is_asked(line: str, target: str, bounds: list[str], limit: int) -> None:
    """With all that the client has said, a channel as it is written."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=CAPS)
        await bench.member("bob")
        event = await asked(ann, f"CHATHISTORY {line}")
        name = event["id"]
        assert event == {
            "type": "irc.history", "subcommand": line.split(maxsplit=1)[0].upper(), "target": target, "bounds": bounds,
            "limit": limit, "id": name, "dedupe_key": f"irc:test:{name}", "attempt": 1, "received_at": NOW,
        }  # fmt: skip


@scene
async def test_the_answer_is_a_batch() -> None:
    """Of messages as they were said, with the names and times that they had; others are left out."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps=CAPS)
        event = await asked(ann, "CHATHISTORY LATEST #A * 10")
        messages = [
            said("one", tags={"+x": "1", "time": "no"}),
            said("x", command="TAGMSG"),
            said("y", command="TOPIC"),
            said("waves", ctcp="ACTION", source={"nick": "eve", "user": None, "host": None, "account": "e"}),
            said("psst", command="NOTICE", msgid=None),
        ]
        lines = bare(await ann.tell({"type": "irc.history", "id": event["id"], "messages": messages}))
        batch = lines[0].split("+")[1].split()[0]
        at = "time=1970-01-01T00:00:00.500Z"
        assert (
            lines[0] == f":irc.test BATCH +{batch} chathistory #a"
            and lines[-1] == f":irc.test BATCH -{batch}"
        )
        assert lines[1:3] == [
            f"@batch={batch};msgid=m-one;+x=1;{at} :bob!b@h PRIVMSG #a :one",
            f"@batch={batch};msgid=m-waves;{at} :eve!eve@irc.test PRIVMSG #a :\x01ACTION waves\x01",
        ]
        assert lines[3] == f"@batch={batch};{at} :bob!b@h NOTICE #a :psst" and len(lines) == 5


@scene
async def test_a_list_of_targets_is_another_batch() -> None:
    """Each with the time of its latest message."""
    async with Bench() as bench:
        ann = await bench.member("ann", caps="draft/chathistory batch")
        event = await asked(
            ann, "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00Z timestamp=2027-01-01T00:00:00Z 5"
        )
        messages = [{"target": "#a", "time": NOW}, {"target": "bob", "time": 0.5}]
        lines = await ann.tell({"type": "irc.history", "id": event["id"], "messages": messages})
        batch = lines[0].split("+")[1].split()[0]
        assert lines == [
            f":irc.test BATCH +{batch} draft/chathistory-targets",
            f"@batch={batch} :irc.test CHATHISTORY TARGETS #a {TIME}",
            f"@batch={batch} :irc.test CHATHISTORY TARGETS bob 1970-01-01T00:00:00.500Z",
            f":irc.test BATCH -{batch}",
        ]


@scene
async def test_who_knows_no_batch_gets_lines() -> None:
    """And nothing where there are none."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        assert await ann.tell({"type": "irc.history", "id": event["id"], "messages": [said("one")]}) == [
            ":bob!b@h PRIVMSG #a :one"
        ]
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        assert await ann.tell({"type": "irc.history", "id": event["id"]}) == []


@pytest.mark.parametrize(
    ("subcommand", "kept"),
    [("LATEST", "89"), ("BEFORE", "89"), ("AFTER", "01"), ("AROUND", "01"), ("BETWEEN", "01")],
)
@scene
async def test_no_more_is_told_than_was_asked_for(subcommand: str, kept: str) -> None:
    """Of the latest the last, of others the first."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        bound = "msgid=1 msgid=2" if subcommand == "BETWEEN" else "msgid=1"
        event = await asked(ann, f"CHATHISTORY {subcommand} #a {bound} 2")
        messages = [said(f"{number}") for number in range(10)]
        lines = await ann.tell({"type": "irc.history", "id": event["id"], "messages": messages})
        assert "".join(line[-1] for line in lines) == kept


@scene
async def test_a_long_message_is_several_lines() -> None:
    """As when it was said."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        messages = [said("x" * 600), said("a\nb")]
        lines = await ann.tell({"type": "irc.history", "id": event["id"], "messages": messages})
        assert len(lines) == 4 and max(map(len, lines)) == 510


@scene
async def test_an_answer_has_the_label_of_its_line() -> None:
    """The batch itself has it; one that fails, too."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory batch labeled-response")
        event = await asked(ann, "@label=7 CHATHISTORY LATEST #a * 10")
        assert await ann.say("PING x") == [":irc.test PONG irc.test x"]
        lines = await ann.tell({"type": "irc.history", "id": event["id"], "messages": [said("1"), said("2")]})
        assert lines[0].startswith("@label=7 :irc.test BATCH +") and len(lines) == 4
        event = await asked(ann, "@label=8 CHATHISTORY LATEST #a * 10")
        assert await ann.tell({"type": "irc.reject", "id": event["id"]}) == [
            f"@label=8 {FAIL} MESSAGE_ERROR LATEST #a :Messages could not be retrieved"
        ]
        assert await ann.say("@label=9 CHATHISTORY LATEST #b * 10") == [
            f"@label=9 {FAIL} INVALID_TARGET LATEST #b :Messages could not be retrieved"
        ]


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("FOO #a * 10", "INVALID_PARAMS FOO :Unknown command"),
        (":x y", "INVALID_PARAMS x :Unknown command"),
        ("LATEST", "INVALID_PARAMS LATEST :Insufficient parameters"),
        ("LATEST #a *", "INVALID_PARAMS LATEST :Insufficient parameters"),
        ("BETWEEN #a msgid=1 10", "INVALID_PARAMS BETWEEN :Insufficient parameters"),
        ("latest #a * 10 x", "INVALID_PARAMS latest :Too many parameters"),
        ("LATEST #a x 10", "INVALID_PARAMS LATEST x :Invalid timestamp or msgid"),
        ("LATEST #a msgid= 10", "INVALID_PARAMS LATEST msgid= :Invalid timestamp or msgid"),
        ("BEFORE #a * 10", "INVALID_PARAMS BEFORE * :Invalid timestamp or msgid"),
        (
            "AFTER #a timestamp=yesterday 10",
            "INVALID_PARAMS AFTER timestamp=yesterday :Invalid timestamp or msgid",
        ),
        ("TARGETS msgid=1 msgid=2 10", "INVALID_PARAMS TARGETS msgid=1 :Invalid timestamp or msgid"),
        ("LATEST #a * 0", "INVALID_PARAMS LATEST 0 :Invalid limit"),
        ("LATEST #a * -1", "INVALID_PARAMS LATEST -1 :Invalid limit"),
        ("LATEST #a * :1 0", "INVALID_PARAMS LATEST 1 :Invalid limit"),
        (f"LATEST #a * {'9' * 60}", f"INVALID_PARAMS LATEST {'9' * 60} :Invalid limit"),
        ("LATEST #none * 10", "INVALID_TARGET LATEST #none :Messages could not be retrieved"),
        ("LATEST #b * 10", "INVALID_TARGET LATEST #b :Messages could not be retrieved"),
    ],
)
@scene
async def test_a_mistake_is_told_as_the_specification_has_it(line: str, answer: str) -> None:
    """The application is not asked; nor about a channel that the client is not in."""
    async with Bench() as bench:
        await bench.member("bob", "#b")
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        assert await ann.say(f"CHATHISTORY {line}") == [f"{FAIL} {answer}"]
        assert ann.events("irc.history") == []


@scene
async def test_it_has_to_be_agreed_on() -> None:
    """Without the capability there is no such command."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a")
        assert await ann.codes("CHATHISTORY LATEST #a * 10") == ["421"]


@scene
async def test_the_application_may_refuse() -> None:
    """In its own words; once."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        no = {"type": "irc.reject", "id": event["id"], "text": "Not yours"}
        assert await ann.tell(no, no) == [f"{FAIL} MESSAGE_ERROR LATEST #a :Not yours"]
        assert await ann.tell({"type": "irc.history", "id": event["id"], "messages": [said("x")]}) == []


@scene
async def test_what_is_no_message_is_the_applications_mistake() -> None:
    """It may answer once more, and nothing of the first was told."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        for bad in ({"text": "a\0"}, {"target": "a b"}):
            with pytest.raises(ApplicationError):
                await ann.tell(
                    {"type": "irc.history", "id": event["id"], "messages": [said("x"), {**said("y"), **bad}]}
                )
        with pytest.raises(ApplicationError, match=r"irc.history needs 'source'"):
            await ann.tell({"type": "irc.history", "id": event["id"], "messages": [{"target": "#a"}]})
        assert len(await ann.tell({"type": "irc.history", "id": event["id"], "messages": [said("x")]})) == 1


@scene
async def test_asks_that_wait_have_a_number() -> None:
    """One more is refused, until one is answered."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        line = "CHATHISTORY LATEST #a * 10"
        assert await ann.say(*[line] * ASKS, line) == [
            f"{FAIL} MESSAGE_ERROR LATEST #a :Too many questions wait"
        ]
        assert len(ann.events("irc.history")) == ASKS
        await ann.tell({"type": "irc.history", "id": ann.events("irc.history")[0]["id"], "messages": []})
        assert await ann.say(line) == []


@scene
async def test_an_answer_that_does_not_come_is_given_up() -> None:
    """After the time that the application has; later it comes to nothing."""
    async with Bench(decide_timeout=5.0) as bench:
        ann = await bench.member("ann", "#a", caps="draft/chathistory")
        event = await asked(ann, "CHATHISTORY LATEST #a * 10")
        await bench.after(3.0)
        later = await asked(ann, "CHATHISTORY LATEST #a * 9")
        await bench.after(2.5)
        assert await ann.lines() == [f"{FAIL} MESSAGE_ERROR LATEST #a :Messages could not be retrieved"]
        assert bench.counted("irc.gateway.undecided") == 1
        assert await ann.tell({"type": "irc.history", "id": event["id"], "messages": [said("x")]}) == []
        assert len(await ann.tell({"type": "irc.history", "id": later["id"], "messages": [said("x")]})) == 1
