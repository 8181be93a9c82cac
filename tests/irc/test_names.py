"""How names compare, what they may be, and whom a mask means."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.names import Source, folding, is_channel, is_nick, matcher, read_source

MAPPINGS = ("ascii", "rfc1459", "rfc1459-strict", "rfc7613")
MASKS = st.text("ab*?.[", max_size=12)


@pytest.mark.parametrize(
    ("mapping", "folded"),
    [
        ("ascii", "dan[]\\~{}|^Äé"),
        ("rfc1459", "dan{}|^{}|^Äé"),
        ("RFC1459", "dan{}|^{}|^Äé"),
        ("rfc1459-strict", "dan{}|~{}|^Äé"),
        ("strict-rfc1459", "dan{}|~{}|^Äé"),
        ("rfc7613", "dan[]\\~{}|^äé"),
        ("whatever", "dan[]\\~{}|^Äé"),
    ],
)
def test_each_casemapping_folds_what_it_says(mapping: str, folded: str) -> None:
    """The signs that are letters of a Scandinavian alphabet, and what is not ASCII."""
    assert folding(mapping)("DAN[]\\~{}|^Äé") == folded


@pytest.mark.parametrize("mapping", MAPPINGS)
@given(st.text())
def test_what_is_folded_stays_as_it_is(mapping: str, text: str) -> None:
    """So a key of a table can be folded again; and one function stands for one mapping."""
    fold = folding(mapping)
    assert fold(fold(text)) == fold(text)
    assert folding(mapping) is fold


@given(st.text())
def test_a_source_reads_back_as_it_was(text: str) -> None:
    """Nothing of it is lost, whatever it is."""
    assert str(read_source(text)) == text


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("dan!d@host.example", Source("dan", "d", "host.example")),
        ("dan@host.example", Source("dan", None, "host.example")),
        ("dan!d", Source("dan", "d", None)),
        ("irc.example", Source("irc.example", None, None)),
        ("dan!@", Source("dan", "", "")),
        ("", Source("", None, None)),
        ("dan@a!b", Source("dan", None, "a!b")),
    ],
)
def test_a_source_has_parts(text: str, source: Source) -> None:
    """Each is None where it is not there."""
    assert read_source(text) == source


@pytest.mark.parametrize("nick", ["dan", "Dan[away]", "_x-1", "zoë", "Žofka", "丹", "a/bridge", "[]\\`^{|}"])
def test_nicks_of_any_script(nick: str) -> None:
    """Letters are letters."""
    assert is_nick(nick, 20)


@pytest.mark.parametrize(
    "nick",
    [
        "", "x" * 21, "1dan", "٣dan", "-dan", "~dan", "+dan", "%dan", "a b", "a,b", "a*", "a?", "a!b", "a@b", "#a",
        "a&b", "a:b", "$a", "a.b", "a\r", "a\n", "a\0", "a\u00a0b", "a\u200bb", "\u202edan", "a\x02", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_nick(nick: str) -> None:
    """What would be read as something else, or looks like nothing."""
    assert not is_nick(nick, 20)


def test_channels() -> None:
    """They begin with a type, and have nothing in them that ends a parameter or divides a list."""
    for name in ("#a", "##a", "&local", "#a:b", "#Zürich", "#a*"):
        assert is_channel(name, "#&", 20), name
    for name in ("", "#", "a", "+a", "#a b", "#a,b", "#a\x07", "#a\0", "#a\r", "#" + "a" * 20):
        assert not is_channel(name, "#&", 20), name
    assert not is_channel("#a", "", 20)


@pytest.mark.parametrize(
    ("mask", "text", "found"),
    [
        ("*!*@*.example", "dan!d@host.EXAMPLE", True),
        ("*!*@*.example", "dan!d@host.example.org", False),
        ("dan[?]*", "DAN{1}", True),
        ("dan", "dan2", False),
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("***a***", "bab", True),
        ("a*a", "a", False),
        ("a.c", "abc", False),
        ("*a\nb", "x\na\nb", True),
    ],
)
def test_a_mask_means_whom_it_says(mask: str, text: str, found: bool) -> None:
    """As the network compares; what is a sign of regular expressions is none here."""
    assert matcher(mask, folding("rfc1459"))(text) is found


@given(MASKS, st.text("ab.[", max_size=12))
def test_a_mask_is_what_a_slow_one_says(mask: str, text: str) -> None:
    """Beside a regular expression that tries everything."""
    slow = re.escape(mask).replace(r"\*", ".*").replace(r"\?", ".")
    assert matcher(mask, folding("ascii"))(text) == (re.fullmatch(slow, text) is not None)


def test_no_mask_is_slow() -> None:
    """One that makes others try for years is done at once."""
    began = time.process_time()
    assert not matcher("*a?" * 120 + "b", folding("ascii"))("a" * 2000)
    assert time.process_time() - began < 1
