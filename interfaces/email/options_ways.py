"""Options of the other ways in: providers that post mail, and Maildirs."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.email.options_receiving import MIB
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean, option, words

__all__ = ["PROVIDERS", "WaysOptions"]

PROVIDERS = {
    "mailgun": ("mailgun_key", "the HTTP webhook signing key of your account"),
    "postmark": ("postmark_user", "user:password, as in the URL that Postmark has"),
    "sendgrid": ("sendgrid_key", "the public key of the security policy of your Inbound Parse webhook"),
    "ses": ("ses_topics", "the ARN of the SNS topic, arn:aws:sns:…"),
}
"""Who posts mail, the option that each needs, and what that is."""


@dataclass(frozen=True, kw_only=True)
class WaysOptions:
    """Whole messages that come by other ways than SMTP."""

    __slots__ = ()  # those of the whole are in EmailOptions: bases with some cannot be combined

    webhooks: tuple[str, ...] = option(
        (),
        "providers that post mail as raw MIME: mailgun, postmark, sendgrid, ses; on http where it is served",
    )
    webhooks_bind: tuple[str, ...] = option(
        ("127.0.0.1:8001",),
        "where to listen for them where http is not served: HOST:PORT, unix:PATH, fd:N, systemd:",
    )
    webhooks_path: str = option("/email", "the path in front of the provider's name: /email/mailgun/mime")
    webhooks_in_flight: int = option(
        256 * MIB, "of requests that are held in memory at once; further ones get 503", unit="bytes", peers="none",
        between=(1, inf),
    )  # fmt: skip
    mailgun_key: tuple[str, ...] = option(
        (), "Mailgun's HTTP webhook signing key; two while one replaces another", secret=True
    )
    postmark_user: tuple[str, ...] = option(
        (), "user:password, as in the URL that Postmark has; two while one replaces another", secret=True
    )
    sendgrid_key: tuple[str, ...] = option(
        (),
        "the public key of the security policy of SendGrid's Inbound Parse; two while one replaces another",
    )
    ses_topics: tuple[str, ...] = option((), "the ARNs of the SNS topics that Amazon SES publishes mail to")
    maildir: tuple[str, ...] = option((), "Maildirs whose new messages are delivered", unit="directory")
    maildir_to: str = option(
        "",
        "the recipient of messages of Maildirs; their Delivered-To or X-Original-To unless given",
        unit="address",
    )
    maildir_accepted: Literal["keep", "remove"] = option(
        "keep", "what becomes of accepted ones: into cur/, marked as seen, or gone"
    )
    maildir_interval: float = option(
        1.0, "between two looks at a Maildir", unit="seconds", peers="dovecot 15", between=(0.01, inf)
    )
    maildir_at_once: int = option(4, "messages of a Maildir that are delivered at once", between=(1, inf))

    @property
    def providers(self) -> tuple[str, ...]:
        """The words of ``webhooks``, which may be written in one."""
        return words(self.webhooks)

    def check_ways(self) -> None:
        """ConfigError for a provider that is unknown or has no secret, a path or an address that is none."""
        for name in self.providers:
            if name not in PROVIDERS:
                close = did_you_mean(name, PROVIDERS)
                raise ConfigError(f"--email-webhooks {name}: there is {', '.join(PROVIDERS)}{close}")
            option, what = PROVIDERS[name]
            if not getattr(self, option):
                flag = f"--email-{option.replace('_', '-')}"
                raise ConfigError(f"--email-webhooks {name} needs {flag}: {what}")
        if not self.webhooks_path.startswith("/") or self.webhooks_path.endswith("/"):
            raise ConfigError(f"--email-webhooks-path {self.webhooks_path}: write a path such as /email")
        if self.maildir_to and ("@" not in self.maildir_to or not self.maildir_to.isprintable()):
            raise ConfigError(f"--email-maildir-to {self.maildir_to!r}: write an address")
