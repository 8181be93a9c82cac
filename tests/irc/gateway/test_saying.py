"""Lines to several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc import ctcp
from interfaces.irc.gateway.saying import (
    ACCOUNT_TAG,
    MESSAGE_TAGS,
    SERVER_TIME,
    TAGGED,
    Message,
    Said,
    client_tags,
    fitting,
    spoken,
)
from interfaces.irc.line import BODY, parse
from interfaces.shared.errors import ApplicationError
from tests.irc.gateway.support import NOW, TIME

TEXTS = st.text(st.characters(exclude_characters="\0\x01"), max_size=700)


def message(text: str = "hi", **more: object) -> Message:
    """Somebody says something in a channel."""
    return Message("ann!~ann@host", "PRIVMSG", "#a", text, NOW)._replace(**more)


def test_a_client_gets_the_tags_that_it_knows() -> None:
    """Each in the bytes that are made once."""
    said = Said(b"BODY\r\n", NOW, "anna", {"msgid": "1", "+x": "a b"})
    assert said.line(0) == b"BODY\r\n"
    assert said.line(SERVER_TIME) == f"@time={TIME} BODY\r\n".encode()
    assert said.line(ACCOUNT_TAG) == b"@account=anna BODY\r\n"
    assert said.line(MESSAGE_TAGS) == b"@msgid=1;+x=a\\sb BODY\r\n"
    assert said.line(TAGGED) == f"@msgid=1;+x=a\\sb;time={TIME};account=anna BODY\r\n".encode()
    assert said.line(TAGGED) is said.line(TAGGED | 64)


def test_who_has_no_account_has_no_tag_of_one() -> None:
    """Nor is there a time where nobody asks for it."""
    assert Said(b"BODY\r\n", NOW).line(ACCOUNT_TAG | MESSAGE_TAGS) == b"BODY\r\n"


@given(st.text(st.characters(exclude_characters="\r\n\0"), max_size=400))
def test_a_line_that_is_too_long_is_cut(text: str) -> None:
    """Never inside a character, and never below what fits."""
    whole = f":irc.test 001 ann :{text}\r\n".encode(errors="replace")
    cut = fitting(whole)
    assert len(cut) <= BODY and cut.endswith(b"\r\n") and whole.startswith(cut[:-2])
    assert (cut == whole) == (len(whole) <= BODY) and (cut == whole or len(cut) > BODY - 4)
    cut.decode()


def test_tags_of_clients_are_client_only() -> None:
    """All others fall away, and what is no tag."""
    said = {
        "+a": "1",
        "+draft/reply": "2",
        "+example.org/x": "",
        "time": "3",
        "label": "4",
        "+a b": "5",
        "+ä": "6",
        "+": "",
    }
    assert client_tags(said) == {"+a": "1", "+draft/reply": "2", "+example.org/x": ""}


# --- messages --------------------------------------------------------------------------------------


def test_a_message_is_a_line() -> None:
    """Its text has a colon, always: small clients look for it."""
    (said,) = spoken(message(tags={"msgid": "1"}, account="anna"))
    assert said.body == b":ann!~ann@host PRIVMSG #a :hi\r\n"
    assert (said.tags, said.account, said.now) == ({"msgid": "1"}, "anna", NOW)
    assert spoken(message(""))[0].body == b":ann!~ann@host PRIVMSG #a :\r\n"
    (said,) = spoken(message("waves", ctcp="action", command="NOTICE"))
    assert said.body == b":ann!~ann@host NOTICE #a :\x01ACTION waves\x01\r\n"


def test_a_tagmsg_is_for_who_knows_tags() -> None:
    """Others get nothing."""
    (said,) = spoken(message("ignored", command="TAGMSG", tags={"+react": "x"}))
    assert [said.line(bits) for bits in (0, SERVER_TIME, ACCOUNT_TAG, SERVER_TIME | ACCOUNT_TAG)] == [b""] * 4
    assert said.line(MESSAGE_TAGS) == b"@+react=x :ann!~ann@host TAGMSG #a\r\n"


@given(TEXTS, st.sampled_from([None, "ACTION"]))
def test_several_lines_are_several_messages(text: str, verb: str | None) -> None:
    """Each of them fits, reads back, and nothing but blanks and ends of lines is lost."""
    found = spoken(message(text, ctcp=verb, tags={"msgid": "1"}))
    texts = []
    for said in found:
        assert len(said.body) <= BODY
        line = parse(said.body[:-2])
        assert line is not None and line.command == "PRIVMSG" and line.params[0] == "#a"
        inner = ctcp.read(line.params[1])
        assert (inner is None) == (verb is None)
        texts.append(line.params[1] if inner is None else inner[1])
    plain = text.encode(errors="replace").decode()
    assert "".join("".join(texts).split()) == "".join(plain.split())
    names = [said.tags["msgid"] for said in found]
    assert names == ["1", *(f"1-{number}" for number in range(2, len(found) + 1))][: len(found)]


def test_further_messages_need_no_name() -> None:
    """Where the first has none, they have none."""
    assert [said.tags for said in spoken(message("a\nb"))] == [{}, {}]


@pytest.mark.parametrize(
    "bad",
    [
        {"text": "a\0b"},
        {"text": "a\x01b", "ctcp": "ACTION"},
        {"target": "#a b"},
        {"target": ""},
        {"source": "a b"},
        {"target": "#a\r\nQUIT"},
        {"text": "x\n" * 200},
        {"ctcp": "TWO WORDS"},
        {"command": "TAGMSG", "target": ":x"},
    ],
)
def test_what_cannot_be_said_is_the_applications_mistake(bad: dict) -> None:
    """Nothing else than a message leaves."""
    with pytest.raises(ApplicationError):
        spoken(message(**bad))
