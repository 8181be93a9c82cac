"""What is asked about each recipient before there is content: rates, lists of addresses, SPF, greylisting.

The first of them that has something to say decides. Users who have logged in, clients in trusted networks, and clients
without an address or by other ways than SMTP, which are servers of ours, are not asked about.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from interfaces.email.auth import spf
from interfaces.email.auth.checks import LATE
from interfaces.email.auth.resolver import Resolver
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.options import EmailOptions
from interfaces.email.policies.dnsbl import Lists
from interfaces.email.policies.greylist import Greylist, Store
from interfaces.email.policies.networks import Ip, address, networks, within
from interfaces.email.policies.proven import verdict
from interfaces.email.policies.rates import Rates
from interfaces.email.translate import Place
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["Gate"]

log = logging.getLogger("interfaces.email")
Policy = Callable[[Ip, Place, Mail, Recipient], Awaitable[Verdict | None]]
LISTS_TIMEOUT = 10.0
"""Seconds for all lists together."""


class Gate:
    """The policies of ``options``. ``count``: what is put off or refused, by a name. ConfigError.

    ``resolver`` makes one, which only lists need; ``store`` is where greylisting remembers.
    """

    def __init__(
        self,
        options: EmailOptions,
        resolver: Callable[[], Resolver],
        count: Callable[[str], object],
        store: Store,
    ) -> None:
        self.count = count
        self.options = options
        self.trusted = networks(options.trusted, "--email-trusted")
        self.policies: list[tuple[str, Policy]] = []
        if options.recipients_per_minute:
            self.policies.append(("email.too_fast", partial(_fast, Rates(options.recipients_per_minute))))
        if options.dnsbl:
            lists = Lists(options.dnsbl, resolver(), LISTS_TIMEOUT)
            self.policies.append(("email.listed", partial(_listed, lists)))
        if options.reject_spf and not options.arc_trusted:  # what they have sealed comes with the content
            self.policies.append(("email.unproven", partial(_unproven, resolver(), options)))
        if options.greylist:
            grey = Greylist(options.greylist, options.greylist_keep, store)
            self.policies.append(("email.greylisted", partial(_greylisted, grey)))

    async def __call__(self, place: Place, mail: Mail, recipient: Recipient) -> Verdict | None:
        """What is said of a recipient; None: nothing."""
        client = address(place.client)
        if (
            client is None
            or place.auth is not None
            or place.protocol != "smtp"
            or within(client, self.trusted)
        ):
            return None
        for name, policy in self.policies:
            said = await policy(client, place, mail, recipient)
            if said is not None:
                self.count(name)
                return said
        return None


async def _fast(rates: Rates, client: Ip, *_: object) -> Verdict | None:
    return rates.verdict(client, time.monotonic())


async def _listed(lists: Lists, client: Ip, *_: object) -> Verdict | None:
    return await lists.verdict(client)


async def _unproven(
    resolver: Resolver, options: EmailOptions, client: Ip, place: Place, mail: Mail, _recipient: Recipient
) -> Verdict | None:
    """What the sender's domain says of this client; the answers of the DNS are remembered for the next time."""
    try:
        async with asyncio.timeout(options.authenticate_timeout):
            found = await spf.check(
                resolver, str(client), place.helo, mail.sender.text, options.name, time.time()
            )
    except TimeoutError:
        found = LATE
    return verdict({"spf": found.plain}, dmarc=False, spf=True)


async def _greylisted(
    grey: Greylist, client: Ip, _place: Place, mail: Mail, recipient: Recipient
) -> Verdict | None:
    """What greylisting says; a store that is away puts nobody off."""
    try:
        return await grey.verdict(client, mail.sender.text, recipient.address.text, time.time())
    except Unavailable as error:
        log.warning("%s", error)
        return None
