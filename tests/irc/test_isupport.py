"""What a server says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.isupport import MOST, PER_LINE, TEXT, Isupport, params
from interfaces.shared.errors import ApplicationError

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9/._-]{0,20}", fullmatch=True)


def said(*tokens: str) -> Isupport:
    """One that was told ``tokens``."""
    isupport = Isupport()
    isupport.feed(["me", *tokens, TEXT])
    return isupport


def test_without_a_word_it_is_rfc_1459() -> None:
    """A client of a server that has no 005 has something to work with."""
    isupport = Isupport()
    assert (isupport.casemapping, isupport.chantypes, isupport.statusmsg) == ("rfc1459", "#&", "")
    assert isupport.prefix == [("o", "@"), ("v", "+")]
    assert isupport.signs == {"@": "o", "+": "v"}
    assert isupport.chanmodes == ("b", "k", "l", "imnpst")
    assert (isupport.nicklen, isupport.channellen, isupport.topiclen, isupport.linelen) == (9, 200, None, 512)
    assert (isupport.modes, isupport.monitor, isupport.network) == (3, 0, "")
    assert isupport.targmax("PRIVMSG") == 1
    assert isupport.fold("A[]") == "a{}"


def test_what_is_said_counts() -> None:
    """Of a usual network, in two lines."""
    isupport = said(
        "CHANTYPES=#", "CHANMODES=eIbq,k,flj,CFLMPQScgimnprstuz,X", "PREFIX=(qaohv)~&@%+", "MODES=4"
    )
    isupport.feed(["me", "NETWORK=Example\\x20Net", "NICKLEN=16", "CASEMAPPING=ascii", "STATUSMSG=@+", TEXT])
    isupport.feed(
        ["me", "TARGMAX=NAMES:1,PRIVMSG:4,ACCEPT:", "TOPICLEN=390", "LINELEN=2048", "MONITOR=30", TEXT]
    )
    assert isupport.prefix[0] == ("q", "~")
    assert isupport.chanmodes == ("eIbq", "k", "flj", "CFLMPQScgimnprstuz")
    assert (isupport.network, isupport.nicklen, isupport.modes, isupport.chantypes) == (
        "Example Net",
        16,
        4,
        "#",
    )
    assert (isupport.topiclen, isupport.linelen, isupport.monitor) == (390, 2048, 30)
    assert [isupport.targmax(one) for one in ("PRIVMSG", "ACCEPT", "JOIN")] == [4, None, 1]
    assert isupport.fold("A[]") == "a[]"
    assert "Example Net" in repr(isupport)


def test_a_token_is_taken_back() -> None:
    """Then it is as if it had never been said."""
    isupport = said("CHANTYPES=#", "NICKLEN=30")
    isupport.feed(["me", "-CHANTYPES", "-NICKLEN", "-NONE", TEXT])
    assert (isupport.chantypes, isupport.nicklen, isupport.tokens) == ("#&", 9, {})


def test_an_empty_value_is_no_limit_or_none_of_it() -> None:
    """As the documents have it of each."""
    isupport = said("MODES", "PREFIX=", "CHANTYPES=", "TARGMAX=", "MONITOR", "CHANMODES=")
    assert (isupport.modes, isupport.monitor) == (100, 100)
    assert (isupport.prefix, isupport.chantypes, isupport.chanmodes) == ([], "", ("", "", "", ""))
    assert isupport.targmax("PRIVMSG") == 1


@pytest.mark.parametrize("token", ["NICKLEN=x", "NICKLEN=-3", "NICKLEN=0", "NICKLEN=9999999999", "NICKLEN=²"])
def test_a_number_that_is_none_is_as_not_said(token: str) -> None:
    """RFC 1459's is taken."""
    assert said(token).nicklen == 9


@pytest.mark.parametrize("token", ["PREFIX=@+", "PREFIX=(ov)@", "PREFIX=(ov@+"])
def test_prefixes_that_do_not_fit_are_as_not_said(token: str) -> None:
    """As many signs as letters."""
    assert said(token).prefix == [("o", "@"), ("v", "+")]


def test_a_line_is_never_shorter_than_the_protocol_has_it() -> None:
    """Nor are the targets fewer than one."""
    assert said("LINELEN=20").linelen == 512
    assert said("MAXTARGETS=5").targmax("PRIVMSG") == 5


def test_the_channel_of_a_target() -> None:
    """With the signs of who of its members is meant, and not."""
    isupport = said("STATUSMSG=@+")
    assert [isupport.channel(one) for one in ("#a", "@#a", "@+#a", "dan", "@dan", "")] == [
        "#a", "#a", "#a", None, None, None,
    ]  # fmt: skip
    assert Isupport().channel("@#a") is None


def test_a_bounded_number_is_kept() -> None:
    """Of a server that never ends to say more; those that are known may still change."""
    isupport = Isupport()
    for number in range(MOST + 10):
        isupport.feed(["me", f"T{number}=1", TEXT])
    isupport.feed(["me", "T0=2", TEXT])
    assert len(isupport.tokens) == MOST
    assert isupport.tokens["T0"] == "2"


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=60), max_size=40))
def test_what_is_said_is_read(tokens: dict[str, str]) -> None:
    """By whom it is said to, in lines that are neither too long nor too many words."""
    isupport = Isupport()
    for line in params(tokens):
        assert 0 < len(line) <= PER_LINE
        assert len(line) == 1 or len(" ".join(line).encode()) <= 380
        assert not any(" " in word or word.startswith(":") for word in line)
        isupport.feed(["me", *line, TEXT])
    assert isupport.tokens == tokens


@given(st.lists(st.text(max_size=20), max_size=20))
def test_takes_anything(words: list[str]) -> None:
    """Nothing that a server says raises, and what is asked afterwards has its type."""
    isupport = Isupport()
    isupport.feed(words)
    isupport.feed(["me", *words, f"CHANMODES={words}", f"PREFIX={words}", f"TARGMAX={words}"])
    assert isupport.modes > 0
    assert isupport.channel("") is None
    assert isupport.targmax("X") != 0


@pytest.mark.parametrize("name", ["", "A B", "=", "-A", "A\r"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """It is an application's word."""
    with pytest.raises(ApplicationError, match="is no name of a token"):
        params({name: "x"})
