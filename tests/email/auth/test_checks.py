import asyncio
import time
from typing import Any

import pytest

from interfaces.email.auth import checks as module
from interfaces.email.auth.checks import METHODS, Checks, Who
from interfaces.email.auth.resolver import Answer, Kind
from interfaces.email.auth.sign import sign
from interfaces.email.auth.zone import Zone
from interfaces.shared.errors import ConfigError
from tests.email.auth.keys import rsa
from tests.email.auth.mails import message

RECORDS = {
    "r._domainkey.example.org": {"TXT": [rsa().record]},
    "example.org": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject"]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mx.example.org"]},
    "mx.example.org": {"A": ["192.0.2.1"]},
}
MAIL = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"
SIGNED = sign(MAIL, rsa())


def who(client: str = "192.0.2.1", sender: str = "a@example.org") -> Who:
    """Who speaks."""
    return Who(client=client, helo="mx.example.org", mail_from=sender)


def found(
    *methods: str, content: bytes = SIGNED, said: Who | None = None, resolver: Any = None, timeout: float = 20
) -> dict[str, Any]:
    """What the checks of ``methods`` find."""
    checks = Checks(methods, resolver or Zone(RECORDS), host="us.example", timeout=timeout)
    return asyncio.run(checks.of(said or who(), message(content)))


def test_all_of_them() -> None:
    """Every method has its result, as events have it."""
    assert found(*METHODS) == {
        "spf": {
            "result": "pass",
            "domain": "example.org",
            "reason": "ip4 of example.org",
            "scope": "mailfrom",
        },
        "dkim": [{"result": "pass", "domain": "example.org", "reason": "", "selector": "r"}],
        "dmarc": {
            "result": "pass",
            "domain": "example.org",
            "reason": "spf of example.org",
            "policy": "reject",
        },
        "arc": {"result": "none", "domain": "", "reason": ""},
        "iprev": {"result": "pass", "domain": "mx.example.org", "reason": ""},
    }


def test_what_is_switched_off_is_not_asked() -> None:
    """A method that is not switched on costs no question and has no result."""
    zone = Zone(RECORDS)
    results = found("iprev", resolver=zone)
    assert {method: results[method] for method in METHODS if method != "iprev"} == {
        "spf": None, "dkim": [], "dmarc": None, "arc": None,
    }  # fmt: skip
    assert {name for name, _ in zone.asked} == {"1.2.0.192.in-addr.arpa", "mx.example.org"}
    assert found() == dict.fromkeys(METHODS) | {"dkim": []}


def test_dmarc_brings_what_it_needs() -> None:
    """DMARC alone checks SPF and DKIM, too, and fails when neither proves anything."""
    results = found("dmarc", content=MAIL, said=who("192.0.2.9"))
    assert [results["spf"]["result"], results["dkim"], results["dmarc"]["result"]] == ["fail", [], "fail"]
    assert found("dmarc", content=SIGNED, said=who("192.0.2.9"))["dmarc"]["reason"] == "dkim of example.org"


@pytest.mark.parametrize("client", ["", "unix", "not an address"])
def test_a_client_without_an_address(client: str) -> None:
    """Where the client is not known, nothing is held against the author that only its address could have proven."""
    results = found(*METHODS, content=MAIL, said=who(client))
    assert [results[one]["result"] for one in ("spf", "iprev", "dmarc")] == ["none", "none", "none"]
    assert found("dmarc", said=who(client))["dmarc"]["result"] == "pass"


class Deaf(Zone):
    """Never answers."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def test_the_deadline_holds_for_all_together() -> None:
    """What has no answer in time is an error that may pass, and nothing goes on behind it."""
    before = time.monotonic()
    results = found(*METHODS, resolver=Deaf(RECORDS), timeout=0.05)
    assert time.monotonic() - before < 5
    said = {method: one["result"] for method, one in results.items() if method != "dkim"}
    assert said == {"spf": "temperror", "dmarc": "temperror", "arc": "none", "iprev": "temperror"}
    assert [one["result"] for one in results["dkim"]] == ["temperror"]


def test_a_mistake_of_ours_loses_no_mail(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """A check that raises is logged, and is an error that may pass; what builds on it is one, too."""

    async def wrong(*_: Any) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(module.dkim, "check", wrong)
    results = found("dmarc", said=who("192.0.2.9"))
    assert results["dkim"] == [{"result": "temperror", "domain": "", "reason": "the check failed"}]
    assert results["dmarc"]["result"] == "temperror"
    assert "oh" in caplog.text


def test_whoever_stops_waiting_stops_the_checks() -> None:
    """Cancelled checks leave no task behind."""

    async def cancelled() -> int:
        checks = Checks(METHODS, Deaf({}), host="us.example", timeout=20)
        task = asyncio.ensure_future(checks.of(who(), message(SIGNED)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(cancelled()) == 1


def test_methods_that_are_none() -> None:
    """A word that names no method is told with those that do."""
    with pytest.raises(ConfigError, match="spf, dkim, dmarc, arc, iprev"):
        Checks(["spf", "bimi"], Zone({}), host="us.example", timeout=1)
