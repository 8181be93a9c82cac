import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from interfaces.email.auth import dmarc
from interfaces.email.auth.results import Result
from interfaces.email.auth.zone import Zone

FAILED = [Result("fail", "example.org")]


def zone(*records: str, broken: Any = (), **more: Any) -> Zone:
    """A DNS with records of DMARC, written ``domain: tags``."""
    texts: dict[str, Any] = dict(more)
    for one in records:
        domain, _, said = one.partition(": ")
        texts.setdefault(f"_dmarc.{domain}", {"TXT": []})["TXT"].append(f"v=DMARC1; {said}")
    return Zone(texts, broken)


def checked(
    records: Zone, author: str = "example.org", sender: str | Result | None = None, *signed: str | Result
) -> Result:
    """The result of a message; ``sender``: the domain that SPF has proven, ``signed``: those that DKIM has."""
    proven = Result("pass", sender) if isinstance(sender, str) else sender
    signatures = [Result("pass", one) if isinstance(one, str) else one for one in signed]
    return asyncio.run(dmarc.check(records, [author] if author else [], proven, signatures))


@pytest.mark.parametrize(
    ("tags", "author", "sender", "signed", "result"),
    [
        ("p=reject", "example.org", "example.org", [], "pass"),
        ("p=reject", "example.org", None, ["example.org"], "pass"),
        ("p=reject", "example.org", "a.example.org", [], "pass"),
        ("p=reject", "a.example.org", "example.org", [], "pass"),
        ("p=reject", "a.example.org", None, ["b.example.org"], "pass"),
        ("p=reject", "EXAMPLE.org.", "Example.ORG", [], "pass"),
        ("p=reject", "example.org", None, [], "fail"),
        ("p=reject", "example.org", "example.net", ["x.org"], "fail"),
        ("p=reject", "example.org", "notexample.org", [], "fail"),
        ("p=reject; aspf=s", "example.org", "a.example.org", [], "fail"),
        ("p=reject; aspf=s", "example.org", "example.org", [], "pass"),
        ("p=reject; adkim=s", "example.org", None, ["a.example.org"], "fail"),
        ("p=reject; adkim=s", "example.org", "a.example.org", ["a.example.org"], "pass"),
    ],
)  # fmt: skip
def test_alignment(tags: str, author: str, sender: str | None, signed: list[str], result: str) -> None:
    """What is proven counts when its organization is the author's, or where strictness is asked for its domain."""
    found = checked(zone(f"example.org: {tags}"), author, sender, *signed)
    assert (found.result, found.more) == (result, {"policy": "reject"})


@pytest.mark.parametrize(
    ("tags", "author", "policy"),
    [
        ("p=reject", "example.org", "reject"), ("p=quarantine", "a.example.org", "quarantine"),
        ("rua=mailto:x@x", "example.org", "none"),
        ("p=reject; sp=none", "example.org", "reject"), ("p=reject; sp=none", "a.example.org", "none"),
        ("p=none; np=reject", "a.example.org", "none"), ("p=none; np=reject", "nobody.example.org", "reject"),
        ("p=none; np=reject", "example.org", "none"), ("p=reject; t=y", "example.org", "quarantine"),
        ("p=quarantine; t=y", "example.org", "none"), ("p=reject; pct=0", "example.org", "quarantine"),
        ("p=reject; pct=50", "example.org", "reject"), ("p=everything", "example.org", "none"),
        ("P=REJECT", "example.org", "reject"),
        ("p=reject; junk; p=none", "example.org", "reject"),
    ],
)  # fmt: skip
def test_what_the_owner_asks_for(tags: str, author: str, policy: str) -> None:
    """p, sp for what lies below, np for names that do not exist; a step less where it is being tried out (§4.7)."""
    records = zone(f"example.org: {tags}", **{"a.example.org": {"A": ["192.0.2.1"]}})
    assert checked(records, author).more == {"policy": policy}


@pytest.mark.parametrize(
    ("records", "author", "policy"),
    [
        (["example.org: p=none", "a.example.org: p=reject"], "a.example.org", "reject"),
        (["example.org: p=none", "a.example.org: p=reject"], "b.a.example.org", "none"),
        (["example.org: p=none", "a.example.org: p=reject; psd=n"], "b.a.example.org", "reject"),
        (["org: p=reject; psd=y"], "a.example.org", "reject"),
        (["org: p=reject; psd=y", "example.org: p=none"], "a.example.org", "none"),
        (["example.org: p=none", "example.org: p=reject"], "example.org", None), ([], "example.org", None),
        (["a.example.org: p=none"], "example.org", None),
    ],
)  # fmt: skip
def test_whose_policy(records: list[str], author: str, policy: str | None) -> None:
    """The author's own record, else that of the organization, else that of the public suffix above (§4.10)."""
    found = checked(zone(*records), author)
    assert found.more.get("policy") == policy
    assert found.result == ("none" if policy is None else "fail")


@pytest.mark.parametrize(
    ("records", "author", "proven", "result"),
    [
        (["org: p=none; psd=y"], "example.org", "a.example.org", "pass"),
        (["org: p=none; psd=y"], "example.org", "other.org", "fail"),
        (["org: p=none"], "example.org", "other.org", "pass"),
        (["a.example.org: p=none; psd=n", "example.org: p=none"], "x.a.example.org", "example.org", "fail"),
        (["a.example.org: p=none; psd=n", "example.org: p=none"], "x.a.example.org", "y.a.example.org", "pass"),
        (["example.org: p=none; psd=y", "org: p=none; psd=y"], "example.org", "a.example.org", "fail"),
        (["example.org: p=none"], "example.org", "example.com", "fail"),
    ],
)  # fmt: skip
def test_where_an_organization_ends(records: list[str], author: str, proven: str, result: str) -> None:
    """The records say where: at psd=n, one label below psd=y, else at the name with the fewest labels (§4.10.2)."""
    assert checked(zone(*records), author, proven).result == result


@pytest.mark.parametrize("author", ["b\u00fccher.example", "xn--bcher-kva.example"])
def test_names_that_are_written_in_two_ways(author: str) -> None:
    """A domain of other letters is the same one, however From and a signature write it."""
    records = zone("xn--bcher-kva.example: p=reject")
    assert checked(records, author, None, "xn--bcher-kva.example").result == "pass"
    assert checked(records, author, "mail.b\u00fccher.example").result == "pass"


def test_long_names_cost_eight_questions() -> None:
    """Of a domain with many labels the last seven are asked (§4.10)."""
    records = zone()
    found = checked(records, ".".join("abcdefghijklm") + ".example.org")
    assert found.result == "none"
    assert [name.count(".") for name, _ in records.asked] == [15, 7, 6, 5, 4, 3, 2, 1]


def test_many_proven_domains() -> None:
    """However many domains are proven, the questions stay bounded, and none is asked twice."""
    records = zone("example.org: p=reject")
    found = checked(records, "example.org", None, *[f"d{n}.org" for n in range(100)])
    assert found.result == "fail"
    assert len(records.asked) <= dmarc.DOMAINS * dmarc.QUERIES


@pytest.mark.parametrize("authors", [[], ["a.example", "b.example"], [""], ["a..example"]])
def test_no_author_or_several(authors: list[str]) -> None:
    """Without exactly one author there is nobody to ask."""
    assert asyncio.run(dmarc.check(zone(), authors, None, [])).result == "permerror"


def test_the_dns_is_broken() -> None:
    """A policy that cannot be asked for, or a proof that may yet come, is an error that may pass."""
    later = Result("temperror", "example.org", "no answer")
    assert checked(zone(broken=["example.org"])).result == "temperror"
    assert checked(zone("example.org: p=reject"), "example.org", later).result == "temperror"
    assert checked(zone("example.org: p=reject"), "example.org", None, later).result == "temperror"
    assert checked(zone("example.org: p=reject"), "example.org", later, "example.org").result == "pass"
    assert (
        checked(zone("example.org: p=reject", broken=["x.org"]), "example.org", "a.x.org").result
        == "temperror"
    )


@pytest.mark.parametrize(
    "text", ["v=DMARC1x; p=reject", "v=dmarc1; p=reject", "p=reject; v=DMARC1", "hello", ""]
)
def test_what_is_no_record(text: str) -> None:
    """A text that does not begin with the version is none of DMARC's (§4.7)."""
    records: Mapping[str, Any] = {"_dmarc.example.org": {"TXT": [text]}}
    assert checked(Zone(records)).result == "none"
