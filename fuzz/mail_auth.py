"""Messages, and a DNS that says whatever it likes: checks come to a word, and their field is one field."""

import asyncio
import random
from io import BytesIO

from interfaces.email.auth import arc, dkim, dmarc, iprev, spf
from interfaces.email.auth.authors import domains
from interfaces.email.auth.message import Message
from interfaces.email.auth.resolver import NOTHING, Answer, Kind, Unanswered
from interfaces.email.auth.trace import forged, line
from interfaces.email.headers import split

WORDS = {"pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"}
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SIGNED = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r
 subject : date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r
From: Joe SixPack <joe@football.example.com>\r
To: Suzie Q <suzie@shopping.example.net>\r
Subject: Is dinner ready?\r
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r
Message-ID: <20030712040037.46341.5F8J@football.example.com>\r
\r
Hi.\r
\r
We lost the game. Are you hungry yet?\r
\r
Joe.\r
"""
CHAIN = b"""ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=r; t=1; b=AAAA\r
ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/simple; d=x.example; s=r; h=from:to; bh=AAAA; b=AAAA\r
ARC-Authentication-Results: i=1; x.example; spf=pass\r
Authentication-Results: (a) us.example; dkim=pass\r
From: "a@b.example" (c) <d@e.example>, f: g@h.example;\r
\r
"""
RECORDS = [
    "v=spf1 a mx//64 ptr:%{d2} include:x.example exists:%{ir}.%{v}._spf.%{d2r} ip4:192.0.2.0/24 redirect=y.example",
    "v=spf1 -all exp=%{l1r-}.x.example",
    "v=DMARC1; p=reject; sp=none; np=quarantine; adkim=s; psd=n; t=y",
    KEY,
]
SEEDS = [message + b"\0" + record.encode() for message in (SIGNED, CHAIN) for record in RECORDS]
MOST = 300
"""Questions that one message may cost."""


class Odd:
    """Has one text for every name; every name and address is one of three."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked = 0

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Whatever it likes."""
        self.asked += 1
        odd = sum(name.encode("utf-8", "replace")) % 7
        if odd == 0:
            raise Unanswered("odd")
        if odd == 1:
            return NOTHING
        if kind == "TXT":
            return Answer((self.text,) if odd > 2 else (self.text, KEY))
        return Answer(
            ("192.0.2.1", self.text)
            if kind == "A"
            else ("::1",)
            if kind == "AAAA"
            else (self.text, "a.example")
        )


def one(data: bytes) -> None:
    """All checks of a message, in front of a DNS that is the rest."""
    content, _, text = data.partition(b"\0")
    asyncio.run(checked(content, Odd(text.decode("utf-8", "replace")[:300])))


async def checked(content: bytes, resolver: Odd) -> None:
    """The results, and the field that tells them."""
    message = Message.of(content[: split(content).end], lambda: BytesIO(content))
    authors = domains(message.named(b"from"))
    name = authors[0] if authors else "x.example"
    sender = await spf.check(resolver, "192.0.2.1", name, f"joe@{name}")
    signatures = await dkim.check(message, resolver, 1.6e9)
    found = {
        "spf": sender.plain,
        "dkim": [one.plain for one in signatures],
        "dmarc": (await dmarc.check(resolver, authors, sender, signatures)).plain,
        "arc": (await arc.check(message, resolver, 1.6e9)).plain,
        "iprev": (await iprev.check(resolver, "::ffff:192.0.2.1")).plain,
    }
    for one in (*found["dkim"], *(found[method] for method in ("spf", "dmarc", "arc", "iprev"))):
        assert one["result"] in WORDS, one
        assert len(one["domain"]) <= 300, one
    assert len(signatures) <= dkim.SIGNATURES + 1
    assert resolver.asked <= MOST, resolver.asked
    field = line("us.example", found, "192.0.2.1")
    assert field.isascii() and field.endswith(b"\r\n")
    assert all(rest.startswith(b"\t") for rest in field[:-2].split(b"\r\n")[1:]), field
    assert b"\r" not in field.replace(b"\r\n", b"") and b"\n" not in field.replace(b"\r\n", b"")
    assert forged(field, "us.example")


def generate(source: random.Random) -> bytes:
    """A record of SPF whose grammar mostly holds, in front of a signed message."""
    terms = ["all", "a", "mx", "ptr", "include:%{d}", "exists:%{i}.%{l}", "ip4:192.0.2.1", "a:x.example/24",
             "redirect=%{o}",
             "ip6:::1/64", "exp=x.example", "x=%{s}", "%", "/33", "a:%{p}.example", "mx:%{h1}.x"]  # fmt: skip
    some = [source.choice(["", "-", "~", "?"]) + source.choice(terms) for _ in range(source.randrange(14))]
    return SIGNED + b"\0v=spf1 " + " ".join(some).encode()
