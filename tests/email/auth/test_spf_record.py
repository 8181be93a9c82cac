from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.auth.spf_record import LONGEST, Term, contains, expanded, nibbles, record, uses

VALUES = {
    "s": "strong-bad@email.example.com", "o": "email.example.com", "d": "email.example.com", "l": "strong-bad",
    "i": "192.0.2.3", "p": "mx.example.org", "v": "in-addr", "h": "mx.example.org",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%{s}", "strong-bad@email.example.com"), ("%{o}", "email.example.com"), ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"), ("%{d2}", "example.com"), ("%{d1}", "com"), ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"), ("%{l}", "strong-bad"), ("%{l-}", "strong.bad"), ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"), ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{d2}.trusted-domains.example.net.", "example.com.trusted-domains.example.net"), ("%%%_%-", "% %20"),
        ("%{S}", "strong-bad%40email.example.com"),
    ],
)  # fmt: skip
def test_the_examples_of_the_rfc(text: str, said: str) -> None:
    """RFC 7208 §7.4, letter by letter."""
    assert expanded(text, VALUES) == said


def test_addresses_as_macros_have_them() -> None:
    """Of IPv6 the digits, with dots between them."""
    assert nibbles(ip_address("192.0.2.3")) == "192.0.2.3"
    assert (
        nibbles(ip_address("2001:db8::cb01"))
        == "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1"
    )


def test_terms() -> None:
    """Qualifiers, names in any case, domains with slashes in them, and the lengths of prefixes."""
    found = record("-A:a/b.example/24//64 Ptr ~mx//0 redirect=x.example")
    assert found.terms == (
        Term(qualifier="-", name="a", spec="a/b.example", four=24, six=64),
        Term(qualifier="+", name="ptr"),
        Term(qualifier="~", name="mx", six=0),
    )
    assert found.redirect == "x.example"
    assert uses("a%%{p}%{P}", "p") and not uses("%%{p}", "p")


def test_networks() -> None:
    """An address is in the network around another of its version; what is no address has none."""
    assert contains("192.0.2.200", ip_address("192.0.2.1"), 24)
    assert not contains("192.0.2.200", ip_address("192.0.2.1"), 25)
    assert not contains("::1", ip_address("192.0.2.1"), 0)
    assert not contains("x", ip_address("192.0.2.1"), 0)


@given(st.text(st.sampled_from("a%{}dlr1-.:/=+~?x 0"), max_size=40))
def test_any_record(text: str) -> None:
    """Whatever a record says, it is read or refused, and what was read can be expanded to a name that may be asked."""
    try:
        found = record(text)
        for term in found.terms:
            assert len(expanded(term.spec, VALUES)) <= LONGEST
    except ValueError:
        pass


def test_a_record_of_64_kb_is_read_in_one_go() -> None:
    """Long words cost no more than their length."""
    for word in ("a:" + "a-" * 30_000, "a:" + "%{d}" * 15_000, "x=" + "%" * 60_000, "a" + "/1" * 30_000):
        try:
            record(word)
        except ValueError:
            pass
