import asyncio
import sys
from pathlib import Path

import pytest

from interfaces.email.auth.resolver import NOTHING, Answer, Unanswered
from interfaces.email.auth.zone import Zone
from interfaces.shared.errors import ConfigError

FILE = """\
$TTL 60
$ORIGIN example.org.
@       TXT "v=spf1 " "mx -all"
        MX 20 b
        MX 10 a.example.net.
a       A 192.0.2.1
        AAAA 2001:db8::1
www     CNAME a
1.2.0.192.in-addr.arpa. PTR a
"""


def test_a_table() -> None:
    """Names in any case, aliases, names that exist without records, and what is broken."""
    zone = Zone(
        {"Example.ORG.": {"A": ["192.0.2.1"]}, "www.example.org": {"CNAME": ["example.org"]}}, ["bad.org"]
    )

    async def ask() -> None:
        assert await zone.ask("EXAMPLE.org", "A") == Answer(("192.0.2.1",))
        assert await zone.ask("www.example.org", "A") == Answer(("192.0.2.1",))
        assert await zone.ask("example.org", "TXT") == Answer()
        assert await zone.ask("org", "A") == Answer()
        assert await zone.ask("xexample.org", "A") == NOTHING
        assert await zone.ask("a..b", "A") == NOTHING
        with pytest.raises(Unanswered):
            await zone.ask("x.bad.org", "A")

    asyncio.run(ask())


def test_a_file(tmp_path: Path) -> None:
    """A zone file as servers have it."""
    path = tmp_path / "zone"
    path.write_text(FILE)
    zone = Zone.read(path)

    async def ask() -> None:
        assert await zone.ask("example.org", "TXT") == Answer(("v=spf1 mx -all",))
        assert await zone.ask("example.org", "MX") == Answer(("a.example.net", "b.example.org"))
        assert await zone.ask("www.example.org", "AAAA") == Answer(("2001:db8::1",))
        assert await zone.ask("1.2.0.192.in-addr.arpa", "PTR") == Answer(("a.example.org",))

    asyncio.run(ask())


def test_files_that_are_no_zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is a ConfigError of one line, and so is a missing package."""
    path = tmp_path / "zone"
    with pytest.raises(ConfigError, match="No such file"):
        Zone.read(path)
    path.write_text("a.example. A 192.0.2.1\na.example. A what\n")
    with pytest.raises(ConfigError, match="malformed") as raised:
        Zone.read(path)
    assert "\n" not in str(raised.value)
    monkeypatch.setitem(sys.modules, "dns.zone", None)
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[email-auth\]"):
        Zone.read(path)
