"""What the DNS says of our mail, and whether the next server is there. Asked by ``interfaces doctor``."""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from interfaces.email.auth.resolver import Dns, Resolver, Unanswered
from interfaces.email.options import EmailOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import PATIENCE, Finding, reached

__all__ = ["diagnosed", "records"]

_PORTS = {"smtp": 25, "smtps": 465, "lmtp": 24}
_SPF = "receivers take mail from your servers for forged, and put it aside"


def _wrong(what: str, why: str, mend: str, *, mild: bool = False) -> Finding:
    return Finding(level="warning" if mild else "error", topic="dns", what=what, why=why, mend=mend)


def _well(what: str) -> Finding:
    return Finding(level="ok", topic="dns", what=what)


async def diagnosed(options: EmailOptions) -> AsyncIterator[Finding]:
    """What is to be said of the options of mail; the DNS is asked where the extra for that is installed."""
    if options.send:
        parts = urlsplit(options.send)
        port = parts.port or (587 if parts.username else _PORTS.get(parts.scheme, 0))
        if parts.hostname and port:
            yield await reached("--email-send", parts.hostname, port)
    try:
        servers = [one for one in options.dns if not one.startswith("file:")]
        files = [one.removeprefix("file:") for one in options.dns if one.startswith("file:")]
        zone = import_module("interfaces.email.auth.zone") if files else None
        resolver: Resolver = zone.Zone.read(files[0]) if zone else Dns(servers, timeout=PATIENCE)
    except ConfigError as error:
        yield _wrong(f"the DNS was not asked: {error}", "MX, SPF, DKIM and DMARC are not known",
                     "pip install 'asgi-interfaces[email-auth]'", mild=True)  # fmt: skip
        return
    async for finding in records(options, resolver):
        yield finding


async def records(options: EmailOptions, resolver: Resolver) -> AsyncIterator[Finding]:
    """What the records say of our name, of the domains we sign for and of that of the return paths."""
    if options.hostname:
        yield await _host(options.name, resolver)
    for domain in _received(options):
        yield await _mx(domain, options.name, resolver)
    for text in options.send_dkim:
        yield await _dkim(text, resolver)
    for domain in _sent(options):
        yield await _spf(domain, resolver)
        yield await _dmarc(domain, resolver)


def _received(options: EmailOptions) -> Iterator[str]:
    """Domains whose mail comes to us, as far as the options say."""
    if options.bounce_key:
        yield options.bounce_domain or options.name


def _sent(options: EmailOptions) -> list[str]:
    """Domains in whose name we send."""
    signed = [text.partition(":")[0].lower() for text in options.send_dkim]
    return list(dict.fromkeys([*signed, *_received(options)]))


async def _asked(resolver: Resolver, name: str, kind: Any) -> tuple[str, ...] | Finding:
    try:
        return (await resolver.ask(name, kind)).records
    except Unanswered as error:
        return _wrong(f"no answer about {name}: {error}", "nobody can look it up, others neither, it may be",
                      "see whether its name servers answer: dig " + f"{kind} {name}", mild=True)  # fmt: skip


async def _host(name: str, resolver: Resolver) -> Finding:
    found: list[str] = []
    for kind in ("A", "AAAA"):
        answer = await _asked(resolver, name, kind)
        if isinstance(answer, Finding):
            return answer
        found += answer
    if not found:
        return _wrong(f"--email-hostname {name} has no address in the DNS", "receivers refuse who greets so",
                      f"give {name} an A or AAAA record, or name another host", mild=True)  # fmt: skip
    return _well(f"{name} is {', '.join(found[:3])}")


async def _mx(domain: str, ours: str, resolver: Resolver) -> Finding:
    found = await _asked(resolver, domain, "MX")
    if isinstance(found, Finding):
        return found
    if not found:
        return _wrong(f"{domain} has no MX record", "mail to it goes to its A record, or nowhere",
                      f"{domain}. IN MX 10 {ours}.")  # fmt: skip
    if ours.lower() not in (one.lower() for one in found):
        return _wrong(f"the MX of {domain} is {', '.join(found[:3])}, and not {ours}",
                      "its mail reaches us only if those hand it on", f"{domain}. IN MX 10 {ours}.",
                      mild=True)  # fmt: skip
    return _well(f"the MX of {domain} is {', '.join(found[:3])}")


async def _spf(domain: str, resolver: Resolver) -> Finding:
    answer = await _asked(resolver, domain, "TXT")
    if isinstance(answer, Finding):
        return answer
    found = [one for one in answer if one.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return _wrong(f"{domain} has no SPF record", _SPF, f'{domain}. IN TXT "v=spf1 mx -all", with who sends for you',
                      mild=True)  # fmt: skip
    if len(found) > 1:
        return _wrong(f"{domain} has {len(found)} SPF records", "so none of them counts (RFC 7208 §4.5)",
                      "make one of them")  # fmt: skip
    try:
        import_module("interfaces.email.auth.spf_record").record(found[0])
    except ValueError as error:
        return _wrong(
            f"the SPF record of {domain} cannot be read: {error}", _SPF, "correct it: " + found[0][:100]
        )
    if found[0].split()[-1] in ("+all", "all"):
        return _wrong(
            f"the SPF record of {domain} ends with +all",
            "anybody may send in its name",
            "end it with -all or ~all",
        )
    return _well(f"{domain} has SPF: {found[0][:80]}")


async def _dkim(text: str, resolver: Resolver) -> Finding:
    keys = import_module("interfaces.email.auth.keys")
    try:
        key = keys.Key.read(text)
    except ConfigError as error:
        return _wrong(
            str(error),
            "mail of that domain is not signed, and serve does not start",
            "correct --email-send-dkim",
        )
    name = f"{key.selector}._domainkey.{key.domain}"
    answer = await _asked(resolver, name, "TXT")
    if isinstance(answer, Finding):
        return answer
    if not answer:
        return _wrong(f"{name} has no record", "what is signed by that key counts as forged",
                      f'{name}. IN TXT "{key.record}"')  # fmt: skip
    try:
        public = keys.PublicKey.of(answer[0])
        fits = public.fits(key.sign(b"doctor", b"d" * 32), b"doctor", b"d" * 32)
    except ValueError as error:
        return _wrong(f"the record of {name} is no key: {error}", "what is signed by that key counts as forged",
                      f'{name}. IN TXT "{key.record}"')  # fmt: skip
    if not fits:
        return _wrong(f"the record of {name} is of another key", "what we sign counts as forged",
                      f'{name}. IN TXT "{key.record}", or sign with the key that is there')  # fmt: skip
    return _well(f"{name} has the key that we sign with")


async def _dmarc(domain: str, resolver: Resolver) -> Finding:
    parts = domain.split(".")
    for at in range(max(1, len(parts) - 1)):
        name = "_dmarc." + ".".join(parts[at:])
        answer = await _asked(resolver, name, "TXT")
        if isinstance(answer, Finding):
            return answer
        found = [one for one in answer if one.replace(" ", "").lower().startswith("v=dmarc1")]
        if found:
            return _well(f"{name} is {found[0][:80]}")
    return _wrong(f"{domain} has no DMARC record", "large receivers want one of whoever sends much",
                  f'_dmarc.{domain}. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"', mild=True)  # fmt: skip
