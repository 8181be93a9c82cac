from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.auth.spf_record import LONGEST, Record, Term, contains, expanded, nibbles, record, uses

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


IP4 = {"qualifier": "+", "name": "ip4"}


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("all", {"qualifier": "+", "name": "all"}),
        ("-ALL", {"qualifier": "-", "name": "all"}),
        ("?all", {"qualifier": "?", "name": "all"}),
        ("include:_spf.example.org", {"qualifier": "+", "name": "include", "spec": "_spf.example.org"}),
        ("exists:%{i}.x.example", {"qualifier": "+", "name": "exists", "spec": "%{i}.x.example"}),
        ("exists:x.%{d}", {"qualifier": "+", "name": "exists", "spec": "x.%{d}"}),
        ("a:b.example.", {"qualifier": "+", "name": "a", "spec": "b.example."}),
        ("a:b.example/0", {"qualifier": "+", "name": "a", "spec": "b.example", "four": 0}),
        ("a//0", {"qualifier": "+", "name": "a", "six": 0}),
        ("mx/32//128", {"qualifier": "+", "name": "mx"}),
        ("ptr:b.example", {"qualifier": "+", "name": "ptr", "spec": "b.example"}),
        ("ip4:192.0.2.1", {**IP4, "network": ip_network("192.0.2.1/32")}),
        ("ip4:192.0.2.77/24", {**IP4, "network": ip_network("192.0.2.0/24")}),
        ("ip4:0.0.0.0/0", {**IP4, "network": ip_network("0.0.0.0/0")}),
        ("~ip6:2001:DB8::1", {"qualifier": "~", "name": "ip6", "network": ip_network("2001:db8::1/128")}),
        ("ip6:::/0", {"qualifier": "+", "name": "ip6", "network": ip_network("::/0")}),
        (
            "ip6:::ffff:192.0.2.1/96",
            {"qualifier": "+", "name": "ip6", "network": ip_network("::ffff:0:0/96")},
        ),
    ],
)
def test_a_mechanism(word: str, term: dict[str, Any]) -> None:
    """RFC 7208 §5, each at its shortest and with all that it may have."""
    assert record(word) == Record((Term(**term),))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("+", "no mechanism"), ("--all", "no mechanism"), ("al", "no mechanism"), ("v=spf1 spf", "no mechanism"),
        ("-redirect=x.example", "no mechanism"), ("1a", "no mechanism"), ("ip5:1", "no mechanism"),
        ("all:", "takes nothing"), ("all/8", "takes nothing"), ("all:x.example", "takes nothing"),
        ("include", "names no domain"), ("include:", "names no domain"), ("include/24", "names no domain"),
        ("exists:", "names no domain"), ("ptr:", "names no domain"), ("ptr/24", "names no domain"),
        ("a:", "names no domain"), ("a:x", "names no domain"), ("a:x.1", "names no domain"),
        ("a:x.-y", "names no domain"), ("a:x.y-", "names no domain"), ("a:x..", "names no domain"),
        ("a:%", "names no domain"), ("a:%{x}.example", "names no domain"), ("a:%{d", "names no domain"),
        ("a:%{d}.x.%(d)", "names no domain"), ("a:b.example/", "names no domain"), ("a/", "malformed"),
        ("a/24/64", "malformed"), ("a//64/24", "malformed"), ("mx/x", "malformed"),
        ("a/33", "prefix of '33' bits"), ("a//129", "prefix of '129' bits"), ("a/01", "prefix of '01' bits"),
        ("mx/1000", "prefix of '1000' bits"), ("ip4:192.0.2.1/33", "prefix of '33' bits"),
        ("ip4:192.0.2.1/", "prefix of '' bits"), ("ip6:::1/-1", "prefix of '-1' bits"),
        ("ip4", "no network"), ("ip4:", "no network"), ("ip4:192.0.2", "no network"), ("ip4:192.0.2.256", "no network"),
        ("ip4:192.0.02.1", "no network"), ("ip4:::1", "no network"), ("ip6:192.0.2.1", "no network"),
        ("ip6:fe80::1%eth0", "no network"), ("ip4/192.0.2.1", "no network"), ("ip6:x.example", "no network"),
        ("a:%{c}.example", "for explanations"), ("include:%{R}.example", "for explanations"),
        ("redirect=%{t}.example", "for explanations"),
        ("redirect=", "names no domain"), ("exp=", "names no domain"), ("redirect=x", "names no domain"),
        ("redirect=x.example redirect=y.example", "redirect twice"), ("exp=x.example EXP=x.example", "exp twice"),
        ("other=%", "malformed"), ("other=%{z}", "malformed"), ("all\u00e9", "no ASCII"), ("a\tb", "no mechanism"),
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_say_makes_it_a_permerror(word: str, said: str) -> None:
    """RFC 7208 §4.6: the whole record counts for nothing, in one line that says which word it was."""
    with pytest.raises(ValueError, match=said) as told:
        record(f"a {word} -all")
    assert len(str(told.value)) < 120 and str(told.value).isprintable()


def test_modifiers() -> None:
    """RFC 7208 §6: anywhere, in any case; those that nobody knows are passed over."""
    found = record("x-new=%{d}/1  Redirect=%{d2}.example   a exp=why.%{o} a=b a=c ")
    assert (found.redirect, found.explanation) == ("%{d2}.example", "why.%{o}")
    assert found.terms == (Term(qualifier="+", name="a"),)
    assert record("") == Record(())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%{d9}", "email.example.com"),
        ("%{d99999999999999999999}", "email.example.com"),
        ("%{D}", "email.example.com"),
        ("%{ir}", "3.2.0.192"),
        ("%{i1}", "3"),
        ("%{s2r@.}", "%{s2r@.}"),
        ("%{l-}%{l-}", "strong.badstrong.bad"),
        ("%%{d}", "%{d}"),
        ("%_%%%-", " %%20"),
    ],
)
def test_macros_beyond_the_examples(text: str, said: str) -> None:
    """More parts than there are, marks that cut and one that is none, a percent sign in front of a brace."""
    assert expanded(text, VALUES) == said


@pytest.mark.parametrize("text", ["%{d0}", "%{d0r}", "%{D000}"])
def test_a_macro_that_takes_no_part_is_a_mistake(text: str) -> None:
    """RFC 7208 §7.1: at least one part is taken."""
    with pytest.raises(ValueError, match="takes no part"):
        expanded(text, VALUES)


@pytest.mark.parametrize(("labels", "kept"), [(21, 21), (22, 21), (500, 21)])
def test_a_name_that_is_too_long_loses_labels_from_its_left(labels: int, kept: int) -> None:
    """RFC 7208 §7.3: as few as need be; an explanation, which is no name, stays whole."""
    values = VALUES | {"l": ".".join(f"{at:011}" for at in range(labels))}
    said = expanded("%{l}.x", values)
    assert len(said) == kept * 12 + 1 <= LONGEST < len(said) + 12
    assert said.startswith(f"{labels - kept:011}.") and said.endswith(f".{labels - 1:011}.x")
    assert len(expanded("%{l}.x", values, name=False)) == labels * 12 + 1


def test_one_label_that_is_too_long_stays() -> None:
    """Nothing is left to be taken away; whoever asks for it finds that it is no name."""
    assert expanded("%{l}", VALUES | {"l": "x" * 300}) == "x" * 300
