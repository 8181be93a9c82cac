"""MAIL and RCPT: addresses, parameters, and what lenient peers take of them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email import envelope
from interfaces.email.envelope import Address, Mail, Recipient
from interfaces.shared.errors import PeerError


def mail(line: bytes | str, *, extended: bool = True, max_size: int = 1000, tls: bool = False) -> Mail:
    """What a MAIL command says."""
    data = line.encode() if isinstance(line, str) else line
    return envelope.mail(data, extended=extended, max_size=max_size, tls=tls)


def rcpt(line: bytes | str, *, extended: bool = True, utf8: bool = False) -> Recipient:
    """What a RCPT command says."""
    data = line.encode() if isinstance(line, str) else line
    return envelope.recipient(data, extended=extended, utf8=utf8)


def refused(line: bytes | str, *, utf8: bool = False, extended: bool = True) -> str:
    """The code and enhanced code that a MAIL or RCPT gets."""
    data = line.encode() if isinstance(line, str) else line
    with pytest.raises(PeerError) as error:
        _ = mail(data, extended=extended) if data[:4] == b"MAIL" else rcpt(data, extended=extended, utf8=utf8)
    assert isinstance(error.value.answer, bytes)
    return error.value.answer[:9].decode()


# --- RFC 5321 §4.1.2: paths ---


@pytest.mark.parametrize(
    ("path", "local", "domain"),
    [
        ("<a@b.example>", "a", "b.example"),
        ("<a@b>", "a", "b"),
        ("<first.last@b-c.example>", "first.last", "b-c.example"),
        ("<a+tag=x/y@b_c.example>", "a+tag=x/y", "b_c.example"),
        ("<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~", "b"),
        ('<"a b"@c>', '"a b"', "c"),
        ('<"a\\"\\\\b>@x"@c>', '"a\\"\\\\b>@x"', "c"),
        ('<""@c>', '""', "c"),
        ("<a@[127.0.0.1]>", "a", "[127.0.0.1]"),
        ("<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]"),
        ("<a@b--c.example>", "a", "b--c.example"),
        ("<@r1.example,@r2.example:a@b>", "a", "b"),
        (f"<{'l' * 255}@{'d' * 255}>", "l" * 255, "d" * 255),
    ],
)
def test_addresses_are_taken_apart_as_they_were_sent(path: str, local: str, domain: str) -> None:
    """Quotes stay, source routes are ignored (§3.3), case stays; a blank behind the colon is taken."""
    assert mail(f"MAIL FROM:{path}").sender == Address(local, domain)
    assert rcpt(f"rcpt to: {path}").address == Address(local, domain)


def test_the_null_sender_is_empty() -> None:
    """§4.5.5: MAIL FROM:<> is what bounces say."""
    assert mail("MAIL FROM:<>").sender == Address("", "")
    assert str(mail("MAIL FROM:<>").sender) == ""


@pytest.mark.parametrize("local", ["postmaster", "Postmaster", "POSTMASTER"])
def test_postmaster_needs_no_domain(local: str) -> None:
    """§4.1.1.3: and is the only one."""
    assert str(rcpt(f"RCPT TO:<{local}>").address) == local
    assert refused("RCPT TO:<root>") == "501 5.1.3"
    assert refused("MAIL FROM:<root>") == "501 5.1.7"


@pytest.mark.parametrize(
    "path",
    [
        "a@b", "<a@b", "a@b>", "<<a@b>>", "<a@b>>", "< a@b>", "<a@b >", "<a b@c>", "<a@b c>", "<a@@b>", "<a@>",
        "<@b>", "<.a@b>", "<a.@b>", "<a..c@b>", "<a@.b>", "<a@b.>", "<a@b..c>", "<a@-b>", "<a@b->", "<a@b.-c>",
        '<"a@b>', '<"a"b@c>', '<a"b"@c>', "<a@[1.2.3.4>", "<a@1.2.3.4]>", "<a@[]>", "<a@[<>]>", "<a,c@b>",
        "<a(x)@b>", "<a@b(x)>", "<a;@b>", "<a:b@c>", "<@r a@b>", "<@r:@b>", "<\x7f@b>", "<a\t@b>", "<a\0@b>",
        "<a\r@b>", "<a\n@b>", '<"a\r"@b>', '<"a\0"@b>', '<"a\x7f"@b>', "", " ", "  <a@b>", "<a@b>x", "<a@b>SIZE=1",
        "<a@b>\tSIZE=1", "<a@b> \x01", "Bob <a@b>", "<Bob <a@b>>",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    """§4.1.2: junk that aiosmtpd and others let pass, CR and NUL within addresses among it."""
    assert refused(f"MAIL FROM:{path}") == "501 5.5.4"
    assert refused(f"RCPT TO:{path}") == "501 5.5.4"


@pytest.mark.parametrize(
    "line", ["MAIL", "MAIL ", "MAIL TO:<a@b>", "MAILFROM:<a@b>", "MAIL  FROM:<a@b>", "MAIL FROM<a@b>"]
)
def test_what_is_no_mail_is_refused(line: str) -> None:
    """§4.1.1.2: the words are fixed."""
    assert refused(line) == "501 5.5.4"


@pytest.mark.parametrize("line", ["RCPT", "RCPT FROM:<a@b>", "RCPTTO:<a@b>", "RCPT TO <a@b>", "RCPT TO:"])
def test_what_is_no_rcpt_is_refused(line: str) -> None:
    """§4.1.1.3: the words are fixed."""
    assert refused(line) == "501 5.5.4"


def test_a_recipient_needs_an_address() -> None:
    """§4.1.1.3: the null path is for senders."""
    assert refused("RCPT TO:<>") == "501 5.1.3"


@pytest.mark.parametrize("path", [f"<{'l' * 256}@d>", f"<l@{'d' * 256}>"])
def test_longer_parts_are_refused(path: str) -> None:
    """§4.5.3.1.1 and .2."""
    assert refused(f"MAIL FROM:{path}") == "501 5.1.7"
    assert refused(f"RCPT TO:{path}") == "501 5.1.3"


# --- RFC 6531: SMTPUTF8 ---


def test_addresses_beyond_ascii_need_smtputf8() -> None:
    """§3.2 and §3.5: in the local part, the domain, and the recipients."""
    assert mail("MAIL FROM:<jürgen@büro.example> SMTPUTF8").sender == Address("jürgen", "büro.example")
    assert rcpt("RCPT TO:<用户@例子.example>", utf8=True).address == Address("用户", "例子.example")
    for path in ("<jürgen@b>", "<a@büro>"):
        assert refused(f"MAIL FROM:{path}") == "553 5.6.7"
        assert refused(f"RCPT TO:{path}") == "553 5.6.7"


@pytest.mark.parametrize("local", [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_addresses_that_are_no_utf_8_are_refused(local: bytes) -> None:
    """Wrong, cut, overlong, surrogates, beyond Unicode."""
    assert refused(b"MAIL FROM:<%b@b> SMTPUTF8" % local) == "501 5.5.4"
    assert refused(b"RCPT TO:<%b@b>" % local, utf8=True) == "501 5.5.4"


@pytest.mark.parametrize("sign", ["\x80", "\x85", "\x9f", "\u2028", "\u2029"])
def test_controls_beyond_ascii_are_refused(sign: str) -> None:
    """What some take for the end of a line stands in no address."""
    assert refused(f"MAIL FROM:<a{sign}@b> SMTPUTF8") == "501 5.1.7"
    assert refused(f'RCPT TO:<"{sign}"@b>', utf8=True) == "501 5.1.3"


# --- parameters ---


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", {}),
        ("   ", {}),
        ("SIZE=0", {"SIZE": 0}),
        ("size=0001000", {"SIZE": 1000}),
        ("BODY=8bitmime", {"BODY": "8BITMIME"}),
        ("BODY=7BIT", {"BODY": "7BIT"}),
        ("SMTPUTF8", {"SMTPUTF8": True}),
        ("RET=hdrs ENVID=QQ+3D314159", {"RET": "HDRS", "ENVID": "QQ+3D314159"}),
        ("RET=FULL", {"RET": "FULL"}),
        ("AUTH=<>", {"AUTH": "<>"}),
        ("AUTH=e+3Dmc2@b.example", {"AUTH": "e+3Dmc2@b.example"}),
        ("SIZE=5  BODY=7BIT ", {"SIZE": 5, "BODY": "7BIT"}),
    ],
)
def test_parameters_of_mail(said: str, found: dict[str, object]) -> None:
    """RFC 1870, 6152, 6531, 3461, 4954: names in capitals, SIZE a number, flags True."""
    assert mail(f"MAIL FROM:<a@b> {said}").parameters == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("NOTIFY=never", {"NOTIFY": "NEVER"}),
        ("NOTIFY=SUCCESS,failure,Delay", {"NOTIFY": "SUCCESS,FAILURE,DELAY"}),
        ("ORCPT=rfc822;Bob+2B@x", {"ORCPT": "rfc822;Bob+2B@x"}),
        (r"ORCPT=utf-8;a\x{E4}@x", {"ORCPT": r"utf-8;a\x{E4}@x"}),
        ("NOTIFY=DELAY ORCPT=x;y", {"NOTIFY": "DELAY", "ORCPT": "x;y"}),
    ],
)
def test_parameters_of_rcpt(said: str, found: dict[str, object]) -> None:
    """RFC 3461 §4.1 and §4.2, RFC 6533."""
    assert rcpt(f"RCPT TO:<a@b> {said}").parameters == found


def test_an_orcpt_beyond_ascii_needs_smtputf8() -> None:
    """RFC 6533 §3: utf-8-addr-unitext, only where UTF-8 was agreed to."""
    assert rcpt("RCPT TO:<a@b> ORCPT=utf-8;ä@x", utf8=True).parameters == {"ORCPT": "utf-8;ä@x"}
    assert refused("RCPT TO:<a@b> ORCPT=utf-8;ä@x") == "553 5.6.7"


@pytest.mark.parametrize(
    "said",
    [
        "SIZE", "SIZE=", "SIZE=x", "SIZE=-1", "SIZE=+1", "SIZE=1.5", "SIZE=٣", "SIZE=²", "SIZE=" + "9" * 21, "BODY",
        "BODY=BINARYMIME", "BODY=x", "SMTPUTF8=", "SMTPUTF8=yes", "RET", "RET=ALL", "ENVID", "ENVID=+", "ENVID=+2b",
        "ENVID=ä", "AUTH", "AUTH=+ZZ", "SIZE=1 SIZE=1", "size=1 SIZE=2", "=", "=1", "-X=1", "SIZE==1", "SIZE=1=2",
        "é=1",        "SMTPUTF8 SMTPUTF8",
    ],
)  # fmt: skip
def test_malformed_parameters_of_mail_are_refused(said: str) -> None:
    """Values that are missing, not asked for, out of their grammar, or there twice: 501 5.5.4."""
    assert refused(f"MAIL FROM:<a@b> {said}") == "501 5.5.4"


@pytest.mark.parametrize(
    "said",
    [
        "NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=X", "NOTIFY=DELAY,", "NOTIFY=,DELAY", "NOTIFY=ſUCCESS",
        "NOTIFY=DELAY,DELAY,DELAY,DELAY", "ORCPT", "ORCPT=x", "ORCPT=;x", "ORCPT=x;", "ORCPT=x;+", "ORCPT=x;+2b",
        "ORCPT=x;y ORCPT=x;y",
    ],
)  # fmt: skip
def test_malformed_parameters_of_rcpt_are_refused(said: str) -> None:
    """As above; NEVER stands alone (RFC 3461 §4.1)."""
    assert refused(f"RCPT TO:<a@b> {said}", utf8=True) == "501 5.5.4"


@pytest.mark.parametrize(
    "line",
    ["MAIL FROM:<a@b> X=1", "MAIL FROM:<a@b> NOTIFY=NEVER", "MAIL FROM:<a@b> X", "RCPT TO:<a@b> SIZE=1"],
)
def test_parameters_that_nobody_knows_are_555(line: str) -> None:
    """RFC 5321 §4.1.1.11."""
    assert refused(line) == "555 5.5.4"


@pytest.mark.parametrize("line", ["MAIL FROM:<a@b> SIZE=1", "RCPT TO:<a@b> NOTIFY=NEVER"])
def test_parameters_need_ehlo(line: str) -> None:
    """RFC 5321 §4.1.1.11: who said HELO knows of none."""
    assert refused(line, extended=False) == "555 5.5.4"


def test_a_size_that_is_too_big_is_refused_before_the_message() -> None:
    """RFC 1870 §6.1: 552; up to the maximum it is taken, and with no maximum anything is."""
    assert mail("MAIL FROM:<> SIZE=1000").parameters == {"SIZE": 1000}
    assert refused("MAIL FROM:<> SIZE=1001") == "552 5.3.4"
    assert mail("MAIL FROM:<> SIZE=99999999999999999999", max_size=0).parameters["SIZE"] == 10**20 - 1


def test_requiretls_needs_tls() -> None:
    """RFC 8689 §4.2: it is not offered in the clear."""
    assert mail("MAIL FROM:<a@b> REQUIRETLS", tls=True).parameters == {"REQUIRETLS": True}
    assert refused("MAIL FROM:<a@b> REQUIRETLS") == "530 5.7.4"
    with pytest.raises(PeerError):
        mail("MAIL FROM:<a@b> REQUIRETLS=1", tls=True)


# --- hostile ---

N = 100_000


@pytest.mark.parametrize(
    "tail",
    [
        "<" + "a" * N, "<" + "a." * N + ".", "<a@" + "b-" * N + ">", "<a@" + "b." * N + ".>", '<"' + "\\\\" * N,
        '<"' + "\\a" * N + "\x01", "<@" + "r," * N, "<@" + "r" * N + ":" + "a" * N, "<a@[" + ":" * N,
        "<a@b>" + " " * N + "\x01", "<a@b> " + "X=1 " * N, "<a@b> ENVID=" + "+2B" * N + "+", "<a@b>" + " " * N + "=",
        "<a@b> ORCPT=x;" + r"\x{41}" * N + "+", "<a@b> ORCPT=x;" + "+2B" * N + "+", "<a@b> NOTIFY=" + "DELAY," * N,
        "<a@b> SIZE=" + "9" * N, "<a@b> " + "-" * N, "<a@" + "b" * N + "-" * N + ">", "<" * N,
        "<a@b> AUTH=" + "<" * N + "+",
    ],
)  # fmt: skip
def test_100_kb_of_an_address_take_no_time(tail: str) -> None:
    """Every pattern is linear: what follows a repetition cannot be matched by it.

    An exponential or quadratic pattern would not end within the suite's time: an ORCPT that two alternatives can read
    needs 2**100000 tries, blanks before a bad character 10**10.
    """
    assert refused(f"MAIL FROM:{tail}")[0] == "5"
    assert refused(f"RCPT TO:{tail}", utf8=True)[0] == "5"


@given(st.binary(max_size=80), st.booleans())
def test_no_bytes_raise_anything_but_peer_error(data: bytes, utf8: bool) -> None:
    """Whatever follows the verb is a sender, a recipient or a refusal."""
    for read in (
        lambda: mail(b"MAIL FROM:<" + data + (b"> SMTPUTF8" if utf8 else b">")),
        lambda: mail(b"MAIL FROM:<a@b> " + data),
        lambda: rcpt(b"RCPT TO:<" + data + b">", utf8=utf8),
        lambda: rcpt(b"RCPT TO:<a@b> " + data, utf8=utf8),
    ):
        with contextlib.suppress(PeerError):
            assert isinstance(read(), Mail | Recipient)


WORD = st.text(
    st.characters(codec="ascii", categories=["L", "N"], include_characters="!#$%&'*+-/=?^_`{|}~"), min_size=1
)


@given(
    st.lists(WORD, min_size=1, max_size=3),
    st.lists(st.from_regex(r"\A[a-z0-9]+(-[a-z0-9]+)*\Z"), min_size=1, max_size=3),
)
def test_every_address_of_the_grammar_is_read_back(words: list[str], labels: list[str]) -> None:
    """Dot-atoms and domains come back as they were written."""
    address = Address(".".join(words)[:255].strip("."), ".".join(labels)[:255].strip(".-"))
    assert mail(f"MAIL FROM:<{address}>").sender == address


@pytest.mark.parametrize(
    "address", ["a@b.example", '"a b"@b.example', "postmaster", "é@b.example", "a@[192.0.2.1]"]
)
def test_an_address_alone_is_a_recipient(address: str) -> None:
    """As RCPT would have it, for who has no RCPT: a webhook, a Maildir, an application."""
    assert envelope.named(address, utf8=True) == rcpt(f"RCPT TO:<{address}>", utf8=True)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b> NOTIFY=NEVER",
        "a@b>\r\nRCPT TO:<c@d",
        "a b@c",
        "<a@b>",
        "a@b,c@d",
        "\ud800@b.example",
        "a@b\0",
        "A <a@b>",
    ],
)
def test_what_is_more_or_less_than_an_address_is_refused(address: str) -> None:
    """With a reply that may be told; nothing of it becomes a parameter or a command."""
    with pytest.raises(PeerError) as caught:
        envelope.named(address, utf8=True)
    assert isinstance(caught.value.answer, bytes) and caught.value.answer.startswith(b"5")


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    """553 5.6.7 without."""
    with pytest.raises(PeerError) as caught:
        envelope.named("é@b.example", utf8=False)
    assert caught.value.answer == b"553 5.6.7 Such an address needs SMTPUTF8\r\n"
