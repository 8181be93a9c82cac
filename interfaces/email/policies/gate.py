"""What is asked about each recipient before there is content: rates, lists of addresses, SPF, greylisting.

The first of them that has something to say decides. Users who have logged in, clients in trusted networks, and clients
without an address or over LMTP, which are servers of ours, are not asked about.
"""

import asyncio
import logging
import time
from collections.abc import Callable

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
        self.trusted = networks(options.trusted, "--email-trusted")
        self.rates = Rates(options.recipients_per_minute) if options.recipients_per_minute else None
        self.lists = Lists(options.dnsbl, resolver(), LISTS_TIMEOUT) if options.dnsbl else None
        self.options = options
        self.spf: Resolver | None = None
        if options.reject_spf and not options.arc_trusted:  # what they have sealed comes with the content
            self.spf = resolver()
        self.grey: Greylist | None = None
        if options.greylist:
            self.grey = Greylist(options.greylist, options.greylist_keep, store)

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
        if self.rates is not None and (said := self.rates.verdict(client, time.monotonic())) is not None:
            self.count("email.too_fast")
            return said
        if self.lists is not None and (said := await self.lists.verdict(client)) is not None:
            self.count("email.listed")
            return said
        if self.spf is not None and (said := await self._proven(self.spf, client, place, mail)) is not None:
            self.count("email.unproven")
            return said
        if self.grey is not None and (said := await self._greylisted(self.grey, client, mail, recipient)):
            self.count("email.greylisted")
            return said
        return None

    async def _proven(self, resolver: Resolver, client: Ip, place: Place, mail: Mail) -> Verdict | None:
        """What the sender's domain says of this client; the answers of the DNS are remembered for the next time."""
        options, sender = self.options, mail.sender.text
        try:
            async with asyncio.timeout(options.authenticate_timeout):
                found = await spf.check(resolver, str(client), place.helo, sender, options.name, time.time())
        except TimeoutError:
            found = LATE
        return verdict({"spf": found.plain}, dmarc=False, spf=True)

    async def _greylisted(
        self, grey: Greylist, client: Ip, mail: Mail, recipient: Recipient
    ) -> Verdict | None:
        """What greylisting says; a store that is away puts nobody off."""
        try:
            return await grey.verdict(client, mail.sender.text, recipient.address.text, time.time())
        except Unavailable as error:
            log.warning("%s", error)
            return None
