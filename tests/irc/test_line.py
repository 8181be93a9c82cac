"""A line of IRC, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.line import TAGS, Line, escaped, form, form_tags, parse, unescaped
from interfaces.shared.errors import ApplicationError

SAYABLE = st.characters(codec="utf-8", exclude_characters="\r\n\0")
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
MIDDLES = st.text(PRINTABLE, min_size=1, max_size=20).filter(lambda text: text[0] != ":")
TAG_NAMES = st.from_regex(r"\+?([a-z0-9.-]{1,9}/)?[A-Za-z0-9-]{1,9}", fullmatch=True)
TAG_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
COMMANDS = st.from_regex(r"[A-Z]{1,9}|[0-9]{3}", fullmatch=True)


def read(data: bytes) -> tuple[str, list[str], str, dict[str, str]]:
    """The parts of a line that is one."""
    line = parse(data)
    assert line is not None
    return line.command, line.params, line.source, dict(line.tags)


@given(
    COMMANDS,
    st.lists(MIDDLES, max_size=14),
    st.one_of(st.none(), st.text(SAYABLE, max_size=60)),
    st.one_of(st.just(""), MIDDLES),
    st.dictionaries(TAG_NAMES, TAG_VALUES, max_size=5),
)
def test_what_is_formed_reads_the_same(
    command: str, middles: list[str], last: str | None, source: str, tags: dict[str, str]
) -> None:
    """Of anything that can be said."""
    params = middles if last is None else [*middles, last]
    data = form(command, params, source, tags)
    assert data.endswith(b"\r\n")
    assert not {*data[:-2]} & {*b"\r\n\0"}
    assert read(data[:-2]) == (command, params, source, tags)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line_or_none(data: bytes) -> None:
    """Nothing raises; a command has no blank in it, and is there."""
    line = parse(data)
    if line is not None:
        assert line.command
        assert not line.command.startswith(":")
        assert " " not in line.command
        assert not any(" " in word for word in line.params[:-1])
        assert line.param(len(line.params)) == ""


@given(st.text(), st.lists(st.text()), st.text(), st.dictionaries(st.text(), st.text()))
def test_nothing_that_ends_a_line_leaves(
    command: str, params: list[str], source: str, tags: dict[str, str]
) -> None:
    """Whatever an application says: it is one line that reads as it was meant, or it is refused."""
    try:
        data = form(command, params, source, tags)
    except ApplicationError:
        return
    assert data.count(b"\r") == data.count(b"\n") == 1
    assert data.endswith(b"\r\n")
    assert b"\0" not in data
    meant = [word.encode(errors="replace").decode() for word in params]
    assert read(data[:-2])[:2] == (command, meant)


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b"PING", ("PING", [], "", {})),
        (b"ping x", ("PING", ["x"], "", {})),
        (b":a!b@c PRIVMSG #d :hi there", ("PRIVMSG", ["#d", "hi there"], "a!b@c", {})),
        (b":a PRIVMSG  #d   x  :", ("PRIVMSG", ["#d", "x", ""], "a", {})),
        (b":a PRIVMSG #d ::) :-) ", ("PRIVMSG", ["#d", ":) :-) "], "a", {})),
        (b"MODE #d +k a:b", ("MODE", ["#d", "+k", "a:b"], "", {})),
        (b"@a=1;b;+c/d= :x  FOO", ("FOO", [], "x", {"a": "1", "b": "", "+c/d": ""})),
        (b"@a=1;a=2;;=x FOO", ("FOO", [], "", {"a": "2"})),
        (b"@a=\\s\\:\\\\\\r\\n\\x\\ FOO", ("FOO", [], "", {"a": " ;\\\r\nx"})),
        (b"FOO  bar ", ("FOO", ["bar"], "", {})),
        (b"@a   :b   FOO   :c  d", ("FOO", ["c  d"], "b", {"a": ""})),
    ],
)
def test_the_parts_of_a_line(data: bytes, parts: tuple[str, list[str], str, dict[str, str]]) -> None:
    """Tags, source, command, parameters; blanks between them are one."""
    assert read(data) == parts


@pytest.mark.parametrize(
    "data", [b"", b" ", b":a", b":a ", b"@a", b"@a :b", b"@a :b ", b" :x", b":a  :x", b":a :", b"@"]
)
def test_what_is_no_line(data: bytes) -> None:
    """Without a command nothing is said."""
    assert parse(data) is None


def test_bytes_that_are_no_utf_8() -> None:
    """They are read as Latin-1, and can be had again."""
    line = parse(b"PRIVMSG #a :Gr\xfc\xdfe")
    assert line is not None
    assert not line.utf8
    assert line.params[1] == "Grüße"
    assert line.params[1].encode("latin-1") == b"Gr\xfc\xdfe"
    fine = parse("PRIVMSG #a :Grüße".encode())
    assert fine is not None
    assert fine.utf8
    assert fine.params == line.params
    assert repr(Line("X", ["a"], "s", {}, utf8=True)) == "<Line s X ['a']>"


@given(st.text())
def test_values_of_tags_there_and_back(value: str) -> None:
    """Nothing in them ends a value, a tag or a line."""
    said = escaped(value)
    assert not {*said} & {*"; \r\n"}
    assert unescaped(said) == value


@given(st.text())
def test_any_value_of_a_tag_is_read(value: str) -> None:
    """What is no escape loses its backslash."""
    assert unescaped(value).count("\0") == value.count("\0")


def test_tags_have_a_limit() -> None:
    """All of them together, with the sign before and the blank behind them."""
    assert len(form_tags({"a": "x" * (TAGS - 4)})) == TAGS
    with pytest.raises(ApplicationError, match="at most 8191 octets"):
        form_tags({"a": "x" * (TAGS - 3)})
    with pytest.raises(ApplicationError, match="at most 8191 octets"):
        form_tags({"a": "é" * 4094})
    assert form_tags({}) == ""


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a;b", "a\r", "ä", "+", "/a", "a_b", "a/b/c"])
def test_a_name_that_is_none(name: str) -> None:
    """It would be read as something else."""
    with pytest.raises(ApplicationError, match="is no tag"):
        form_tags({name: "x"})


@pytest.mark.parametrize(
    ("command", "params", "source"),
    [
        ("", [], ""), ("privmsg", [], ""), ("A B", [], ""), ("12", [], ""), ("A\r\nQUIT", [], ""), ("A1", [], ""),
        ("A", ["b c", "d"], ""), ("A", [":b", "d"], ""), ("A", ["", "d"], ""), ("A", ["", "d"], "s"),
        ("A", ["b\r", "d"], ""), ("A", ["b\nQUIT"], ""), ("A", ["\0"], ""),
        ("A", ["b"], "c d"), ("A", ["b"], ":c"), ("A", ["b"], "c\n"),
    ],
)  # fmt: skip
def test_what_would_be_read_as_something_else(command: str, params: list[str], source: str) -> None:
    """It is an application's word, and is refused."""
    with pytest.raises(ApplicationError):
        form(command, params, source)


def test_what_has_no_bytes_becomes_a_question_mark() -> None:
    """Half a character of another encoding ends nobody's connection, in a tag as elsewhere."""
    assert form("A", ["\ud800"]) == b"A ?\r\n"
    assert form("A", [], tags={"a": "\ud800"}) == b"@a=? A\r\n"
