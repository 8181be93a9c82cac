"""What is asked about each recipient, before there is content: rates, lists of addresses, greylisting, in this order.

The first that has something to say decides. Users who have logged in, clients in trusted networks, and clients without
an address or over LMTP, which are servers of ours, are not asked about.
"""

import time
from collections.abc import Awaitable, Callable

from interfaces.email.auth.resolver import Resolver
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.options import EmailOptions
from interfaces.email.policies.dnsbl import Lists
from interfaces.email.policies.greylist import Greylist, Memory, Store
from interfaces.email.policies.networks import address, networks, within
from interfaces.email.policies.rates import Rates
from interfaces.email.translate import Place
from interfaces.shared.delivery import Verdict

__all__ = ["Gate"]

Policy = Callable[[Place, Mail, Recipient], Awaitable[Verdict | None]]
LISTS_TIMEOUT = 10.0
"""Seconds for all lists together."""


class Gate:
    """The policies of ``options``. ``count``: what is put off or refused, by a name. ConfigError.

    ``resolver`` makes one, which only lists need; ``store`` is for greylisting, this process's memory unless given.
    """

    def __init__(
        self,
        options: EmailOptions,
        resolver: Callable[[], Resolver],
        count: Callable[[str], object],
        store: Store | None = None,
    ) -> None:
        self.count = count
        self.trusted = networks(options.trusted, "--email-trusted")
        self.rates = Rates(options.recipients_per_minute) if options.recipients_per_minute else None
        self.lists = Lists(options.dnsbl, resolver(), LISTS_TIMEOUT) if options.dnsbl else None
        self.grey: Greylist | None = None
        if options.greylist:
            self.grey = Greylist(
                options.greylist, options.greylist_keep, Memory() if store is None else store
            )

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
        if self.grey is not None:
            sender, to = mail.sender.text, recipient.address.text
            if (said := await self.grey.verdict(client, sender, to, time.time())) is not None:
                self.count("email.greylisted")
                return said
        return None
