"""The checks and policies of a server, as its options ask for them, put where they belong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from interfaces.email.auth.resolver import Dns, Resolver
from interfaces.email.auth.zone import Zone
from interfaces.email.options import EmailOptions
from interfaces.email.policies.gate import Gate
from interfaces.email.policies.greylist_store import opened
from interfaces.email.policies.names import Names
from interfaces.email.policies.screen import Screen
from interfaces.email.service import Service

__all__ = ["guard", "resolver_of"]

COUNTS = ("email.unproven", "email.too_fast", "email.listed", "email.greylisted")
"""What is counted: messages that were refused, and recipients."""


def resolver_of(options: EmailOptions) -> Resolver:
    """Who is asked: servers, or a zone file that stands for the DNS. ConfigError."""
    files = [one for one in options.dns if one.startswith("file:")]
    return Zone.read(files[0].removeprefix("file:")) if files else Dns(options.dns)


@asynccontextmanager
async def guard(service: Service) -> AsyncIterator[None]:
    """Have them there for as long as this lasts. ConfigError for what cannot be switched on."""
    options = service.options

    @cache
    def resolver() -> Resolver:
        return resolver_of(options)

    for name in COUNTS:
        service.context.telemetry.count(name, 0)
    if options.methods:
        service.before(Screen(service, resolver()))
    if "iprev" in options.methods:
        service.named = Names(resolver(), service.run, options.authenticate_timeout).look
    async with opened(options.greylist_store) as store:
        if options.dnsbl or options.greylist or options.recipients_per_minute or options.reject_spf:
            service.ask(Gate(options, resolver, service.count, store))
        yield
