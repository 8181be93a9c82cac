"""Accounts at providers, and binds to SMSCs, as the options have them."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.options import option

__all__ = ["Account", "Bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at a provider; TOML ``[[sms.accounts]]``."""

    provider: str = option("", "twilio, vonage, telnyx, plivo, sinch, bird, aws, infobip, generic or fake")
    name: str = option(
        "", "what it is called: in paths, /sms/NAME, and in messages; the provider's unless given"
    )
    account: str = option("", "who we are there: Account SID, API key, auth id, service plan, topic ARN")
    secret: str = option("", "the secret to that: auth token, API secret", secret=True)
    signing: tuple[str, ...] = option(
        (), "what webhooks are signed with, where that is another; two while one replaces another",
        secret=True,
    )  # fmt: skip
    numbers: tuple[str, ...] = option(
        (), "our numbers and names there; the first is who sends unless that is said"
    )
    prefixes: tuple[str, ...] = option((), "numbers that it may send to: +41, +4179; all unless given")
    weight: float = option(
        1.0, "its share among those that fit as well; 0: only when others fail", between=(0, inf)
    )
    rate: float = option(1.0, "parts a second that one of the numbers sends; 0: no limit", between=(0, inf))
    api_url: str = option("", "another address of its API: for regions, and tests")
    more: tuple[str, ...] = option(
        (), "what this provider alone has, as key=value; its page in the documentation says which"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A connection to an SMSC (SMPP 3.4); TOML ``[[sms.binds]]``."""

    name: str = option("", "what it is called; the host unless given")
    url: str = option("", "smpp://SYSTEM_ID:PASSWORD@HOST:2775, smpps: for TLS", secret=True)
    kind: Literal["transceiver", "receiver", "transmitter"] = option("transceiver", "what it is bound as")
    count: int = option(1, "connections of it", between=(1, 100))
    system_type: str = option("", "as the operator says")
    numbers: tuple[str, ...] = option((), "our numbers there; the first is who sends unless that is said")
    prefixes: tuple[str, ...] = option((), "numbers that it may send to; all unless given")
    weight: float = option(
        1.0, "its share among those that fit as well; 0: only when others fail", between=(0, inf)
    )
    rate: float = option(0.0, "parts a second; 0: as the SMSC throttles", between=(0, inf))
    window: int = option(10, "submits without their response yet", between=(1, 1000))
    default_coding: Literal["gsm7", "latin1", "ascii"] = option("gsm7", "what data_coding 0 means there")
    packed: bool = option(False, "whether GSM 7-bit texts are packed; most SMSCs want them unpacked")
    source_ton: int = option(-1, "type of number of who sends; -1: by its look", between=(-1, 6))
    source_npi: int = option(-1, "numbering plan of who sends; -1: by its look", between=(-1, 18))
    enquire_link: float = option(
        30.0, "between two questions whether the other side is there", unit="seconds", between=(1, inf)
    )
    response_timeout: float = option(10.0, "for an answer of the SMSC", unit="seconds", between=(0.1, inf))
    hex_ids: Literal["auto", "hex", "decimal"] = option("auto", "how message ids stand in receipts")

    @property
    def called(self) -> str:
        """Its name; without one what stands behind the password, since that is to stand in nothing."""
        return self.name or self.url.partition("@")[2].rpartition("@")[2] or "smpp"
