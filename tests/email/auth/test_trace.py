import pytest

from interfaces.email.auth.trace import forged, line

FOUND = {
    "spf": {"result": "pass", "domain": "example.org", "reason": "mx of example.org", "scope": "mailfrom"},
    "dkim": [
        {"result": "pass", "domain": "example.org", "reason": "", "selector": "r"},
        {"result": "fail", "domain": "x.example", "reason": 'the "body"\r\nX: y\u00e4', "selector": "a b"},
    ],
    "dmarc": {"result": "pass", "domain": "example.org", "reason": "", "policy": "reject"},
    "arc": {"result": "none", "domain": "", "reason": ""},
    "iprev": {"result": "pass", "domain": "mx.example.org", "reason": ""},
}


def test_a_field() -> None:
    """Each result in the words of RFC 8601, on a line of its own; nothing that was said can end a line."""
    assert line("us.example", FOUND, "2001:db8::1").decode().split("\r\n\t") == [
        "Authentication-Results: us.example;",
        'spf=pass reason="mx of example.org" smtp.mailfrom=example.org;',
        "dkim=pass header.d=example.org header.s=r;",
        'dkim=fail reason="the ?body?X: y?" header.d=x.example header.s="a b";',
        "dmarc=pass header.from=example.org policy.dmarc=reject;",
        "arc=none;",
        'iprev=pass policy.name=mx.example.org policy.iprev="2001:db8::1"\r\n',
    ]


def test_what_was_not_checked_is_not_told() -> None:
    """A method that is switched off is left out; no signature is dkim=none; nothing at all is none."""
    found = {"spf": None, "dkim": [], "dmarc": None, "arc": None, "iprev": None}
    assert line("us.example", found) == b"Authentication-Results: us.example;\r\n\tdkim=none\r\n"
    assert line("us.example", {}) == b"Authentication-Results: us.example;\r\n\tnone\r\n"
    helo = {"spf": {"result": "fail", "domain": "h.example", "reason": "", "scope": "helo"}}
    assert b"smtp.helo=h.example" in line("us.example", helo)


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        (b" us.example; spf=pass", True), (b" US.example ; x", True), (b"us.example", True),
        (b"\r\n\tus.example;", True),
        (b' "us.example"; x', True), (b" (a (b) c) us.example 1; x", True), (b" notus.example; us.example", False),
        (b" us.example.org; x", False), (b" (us.example) other;", False), (b"", False),
        (b" " + b"(" * 60_000, False),
    ],
)  # fmt: skip
def test_whose_field_it_says_to_be(value: bytes, ours: bool) -> None:
    """A field is forged when our name stands where a server writes its own, however it is dressed up."""
    assert forged(b"Authentication-Results:" + value + b"\r\n", "us.example") is ours
