import asyncio
import contextlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
import spf as pyspf
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email.auth import spf
from interfaces.email.auth.results import Result
from interfaces.email.auth.zone import Zone

HOSTS = {
    "mx.example.org": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "www.example.org": {"A": ["192.0.2.80"]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mx.example.org", "fake.example.com"]},
    "fake.example.com": {"A": ["192.0.2.99"]},
    "pass.example": {"TXT": ["v=spf1 +all"]},
    "fail.example": {"TXT": ["v=spf1 -all"]},
    "soft.example": {"TXT": ["v=spf1 ~all"]},
    "open.example": {"TXT": ["v=spf1"]},
    "wrong.example": {"TXT": ["v=spf1 what"]},
    "silent.example": {"TXT": ["hello"]},
    "loop.example": {"TXT": ["v=spf1 include:loop.example -all"]},
    "two.example": {"TXT": ["v=spf1 -all", "V=SPF1 +all"]},
    "why.example": {"TXT": ["see http://%{h}/?%{S}&%{c}&%{r}%_%%"]},
    "many.example": {"MX": [f"m{n}.example" for n in range(11)]},
    "a.mx.example.org": {"A": ["127.0.0.2"]},
    "1.2.0.192.list.example": {"A": ["127.0.0.2"]},
}


def zone(record: str, **broken: Any) -> Zone:
    """example.org with that record."""
    own = {"TXT": ["other", record], "A": ["192.0.2.10"], "MX": ["mx.example.org"]}
    return Zone({**HOSTS, "example.org": own}, **broken)


def checked(
    record: str, client: str = "192.0.2.1", sender: str = "joe@example.org", helo: str = "mx.example.org", **broken: Any
) -> Result:  # fmt: skip
    """The result of a record."""
    return asyncio.run(spf.check(zone(record, **broken), client, helo, sender, "us.example", 1000))


@pytest.mark.parametrize(
    ("terms", "result"),
    [
        ("", "neutral"), ("all", "pass"), ("-all", "fail"), ("~all", "softfail"), ("?all", "neutral"),
        ("-ALL", "fail"),
        ("ip4:192.0.2.1 -all", "pass"), ("ip4:192.0.2.0/24 -all", "pass"), ("ip4:198.51.100.0/24 -all", "fail"),
        ("ip6:2001:db8::/32 -all", "fail"), ("a -all", "fail"), ("a/24 -all", "pass"),
        ("a:mx.example.org -all", "pass"),
        ("mx -all", "pass"), ("mx:silent.example -all", "fail"), ("ptr -all", "pass"),
        ("ptr:example.com -all", "fail"),
        ("exists:%{ir}.list.example -all", "pass"), ("exists:%{i}.list.example -all", "fail"),
        ("include:pass.example -all", "pass"), ("include:fail.example ~all", "softfail"),
        ("include:open.example ~all", "softfail"), ("include:silent.example", "permerror"),
        ("include:wrong.example", "permerror"), ("include:loop.example", "permerror"),
        ("include:two.example", "permerror"),
        ("redirect=fail.example", "fail"), ("redirect=silent.example", "permerror"),
        ("redirect=fail.example ?all", "neutral"),
        ("mx:many.example", "permerror"), ("what", "permerror"), ("all:x.example", "permerror"),
        ("a:x", "permerror"),
        ("ip4:192.0.2.1/33", "permerror"), ("ip4:192.0.2.1/032", "permerror"), ("ip4:2001:db8::1", "permerror"),
        ("ip6:192.0.2.1", "permerror"), ("a//129", "permerror"), ("a/24//64 -all", "pass"),
        ("unknown=%{z}", "permerror"),
        ("unknown=%{s} -all", "fail"), ("redirect=a.example redirect=b.example", "permerror"),
        ("a:%{c}.example", "permerror"),
        ("a:%{d0}.example", "permerror"), ("\u00e4", "permerror"), ("a:x.1", "permerror"), ("exists", "permerror"),
        ("a:nobody.example a:nothing.example a:third.example -all", "permerror"),
        (" ".join(["a:www.example.org"] * 10), "neutral"),
        (" ".join(["a:www.example.org"] * 11), "permerror"), ("exists:%{p}.example -all", "fail"),
        ("exists:a.%{p2} -all", "fail"),
        ("exists:a.%{p} -all", "pass"),
    ],
)  # fmt: skip
def test_records(terms: str, result: str) -> None:
    """Each mechanism, modifier and limit of RFC 7208 gives the word that it has to."""
    found = checked(f"v=spf1 {terms}")
    assert (found.result, found.domain, found.more) == (result, "example.org", {"scope": "mailfrom"}), found


@pytest.mark.parametrize(
    ("client", "result"),
    [
        ("2001:db8::1", "pass"),
        ("::ffff:192.0.2.1", "pass"),
        ("2001:db8::2", "fail"),
        ("2001:db8::1%eth0", "pass"),
    ],
)
def test_addresses_of_version_6(client: str, result: str) -> None:
    """A client of IPv6 is looked for among AAAA; an IPv4 address within one is that address."""
    assert checked("v=spf1 mx ip4:192.0.2.1 -all", client).result == result


@pytest.mark.parametrize(
    ("sender", "helo", "domain", "result", "scope"),
    [
        ("", "fail.example", "fail.example", "fail", "helo"),
        ("joe@fail.example", "pass.example", "fail.example", "fail", "mailfrom"),
        ("", "[192.0.2.1]", "[192.0.2.1]", "none", "helo"), ("", "localhost", "localhost", "none", "helo"),
        ("a@x..example", "x", "x..example", "none", "mailfrom"),
        ("a@nowhere.example", "x", "nowhere.example", "none", "mailfrom"),
        (f"a@{'x' * 64}.example", "x", f"{'x' * 64}.example", "none", "mailfrom"),
    ],
)  # fmt: skip
def test_whose_record(sender: str, helo: str, domain: str, result: str, scope: str) -> None:
    """The sender's domain is asked, for a bounce that of HELO; what is no name has no record."""
    found = checked("v=spf1 -all", sender=sender, helo=helo)
    assert (found.result, found.domain, found.more["scope"]) == (result, domain, scope)


@pytest.mark.parametrize("record", ["v=spf10 -all", "v=spf2.0/pra -all", "spf1", ""])
def test_records_of_others(record: str) -> None:
    """A text of another version is no record."""
    assert checked(record).result == "none"


@pytest.mark.parametrize("broken", ["example.org", "x.example"])
def test_the_dns_is_broken(broken: str) -> None:
    """What cannot be asked is an error that may pass, not a refusal."""
    assert checked("v=spf1 include:x.example -all", broken=[broken]).result == "temperror"


def test_a_client_whose_name_cannot_be_asked() -> None:
    """The mechanism ptr does not fit where its questions fail (§5.5)."""
    assert checked("v=spf1 ptr -all", broken=["in-addr.arpa"]).result == "fail"


def test_what_of_a_name_cannot_be_asked_does_not_count() -> None:
    """Of several names of the client, one that cannot be asked leaves the others."""
    names = {"1.2.0.192.in-addr.arpa": {"PTR": ["x.broken.example", "mx.example.org"]}}
    records = Zone({**HOSTS, **names, "example.org": {"TXT": ["v=spf1 ptr -all"]}}, ["broken.example"])
    found = asyncio.run(spf.check(records, "192.0.2.1", "h.example", "a@example.org"))
    assert found.result == "pass"


def test_a_record_that_is_too_long() -> None:
    """A record of a megabyte is not taken apart."""
    found = checked("v=spf1 " + "a " * 5000)
    assert (found.result, "too long" in found.reason) == ("permerror", True)


def test_a_macro_that_takes_no_part() -> None:
    """A number of parts that is zero makes the record invalid, also where it is an explanation's."""
    assert checked("v=spf1 exists:%{d0}.example -all").result == "permerror"
    assert checked("v=spf1 -all exp=%{d0}.example").reason == "all of example.org"


def test_explanations() -> None:
    """What the domain says of its refusal is told, with its macros replaced; what cannot be had is not."""
    found = checked("v=spf1 -all exp=why.example")
    assert found.reason == "see http://mx.example.org/?joe%40example.org&192.0.2.1&us.example %"
    for spec in ("nowhere.example", "two.example", "wrong.%{d1}"):
        assert checked(f"v=spf1 -all exp={spec}").reason == "all of example.org"


def test_names_that_get_too_long() -> None:
    """An expanded name loses labels from its left until it can be asked (§7.3)."""
    asked = zone("v=spf1 exists:%{l}.%{l}.%{l}.%{l}.list.example -all")
    asyncio.run(spf.check(asked, "192.0.2.1", "h.example", f"{'a' * 60}@example.org"))
    name = asked.asked[-1][0]
    assert name == f"{'a' * 60}.{'a' * 60}.{'a' * 60}.list.example"


TERMS = st.sampled_from(
    [
        "a", "mx", "ptr", "-a", "~mx", "a/24", "mx//64", "a:mx.example.org", "a:nowhere.example", "ip4:192.0.2.1",
        "?ip4:192.0.2.0/28", "ip6:2001:db8::/32", "include:pass.example", "include:fail.example",
        "include:soft.example",
        "include:open.example", "include:silent.example", "include:loop.example", "exists:%{ir}.list.example",
        "exists:%{l1r-}.%{d2}", "exists:%{h}", "-all", "all", "~all", "?all", "redirect=fail.example",
        "exp=why.example",
        "x=y", "a:", "ip4:1", "-", "mx:many.example", "exists:%{v}.%{o}", "a:%{d}", "redirect=silent.example",
    ]
)  # fmt: skip


@contextlib.contextmanager
def asking(records: Zone) -> Iterator[None]:
    """pyspf asks ``records``."""

    def lookup(name: str, kind: str, *_: Any, **__: Any) -> list[Any]:
        found = asyncio.run(records.ask(name, kind)).records  # type: ignore[arg-type]
        if kind == "MX":
            return [((name, kind), (10, one)) for one in found]
        if kind == "TXT":
            return [((name, kind), (one.encode(),)) for one in found]
        if kind == "AAAA":
            import socket

            return [((name, kind), socket.inet_pton(socket.AF_INET6, one)) for one in found]
        return [((name, kind), one) for one in found]

    before, pyspf.DNSLookup = pyspf.DNSLookup, lookup
    try:
        yield
    finally:
        pyspf.DNSLookup = before


@settings(max_examples=100, deadline=None)
@given(
    st.lists(TERMS, max_size=5, unique=True),
    st.sampled_from(["192.0.2.1", "192.0.2.9", "2001:db8::1", "198.51.100.1"]),
)
def test_another_implementation_says_the_same(terms: list[str], client: str) -> None:
    """Whatever terms a record has, and wherever the client is, pyspf comes to the same word."""
    records = zone(" ".join(["v=spf1", *terms]))
    with asking(records), contextlib.redirect_stdout(io.StringIO()):
        word = pyspf.query(client, "joe@example.org", "mx.example.org").check()[0]
    found = asyncio.run(spf.check(records, client, "mx.example.org", "joe@example.org"))
    assert found.result == word, found
