"""The options of mail: where to listen, in which roles, and every limit."""

import socket
from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean, option

__all__ = ["PROVIDERS", "EmailOptions"]

MIB = 2**20
PROVIDERS = {
    "mailgun": ("mailgun_key", "the HTTP webhook signing key of your account"),
    "postmark": ("postmark_user", "user:password, as in the URL that Postmark has"),
    "sendgrid": ("sendgrid_key", "the public key of the security policy of your Inbound Parse webhook"),
    "ses": ("ses_topics", "the ARN of the SNS topic, arn:aws:sns:…"),
}
"""Who posts mail, the option that each needs, and what that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions:
    """Where mail is received, and every limit of that."""

    bind: tuple[str, ...] = option(
        ("127.0.0.1:8025",), "where to listen for SMTP: HOST:PORT, unix:PATH, fd:N, systemd:"
    )
    submission_bind: tuple[str, ...] = option(
        (),
        "where to listen for mail of users who log in: HOST:PORT, unix:PATH, fd:N, systemd:; needs email.auth",
    )
    lmtp_bind: tuple[str, ...] = option((), "where to listen for LMTP: HOST:PORT, unix:PATH, fd:N, systemd:")
    tls: str = option(
        "starttls",
        "how TLS begins, where there is a certificate: starttls, required (STARTTLS before MAIL), implicit, off",
    )
    auth: str = option(
        "", "module:function that is asked for (user, password) of AUTH; what it returns is true for yes"
    )
    auth_keys: str = option(
        "",
        "module:function that is asked for (user): a key of SCRAM-SHA-256 as PostgreSQL writes it, or None",
    )
    auth_unencrypted: bool = option(False, "offer AUTH without TLS too: where the network is trusted")
    xclient_from: tuple[str, ...] = option(
        (), "mail proxies whose XCLIENT is believed: addresses, networks, unix; for SMTP, as Postfix has it"
    )
    hostname: str = option("", "the name in the greeting and in Received; the machine's unless given")
    max_size: int = option(
        50 * MIB,
        "a message",
        unit="bytes",
        peers="Postfix 10 MiB, aiosmtpd 32 MiB, Gmail 50 MiB",
        between=(1, inf),
    )
    max_line: int = option(
        1000, "a line of a message, CRLF included (RFC 5321 §4.5.3.1.6)", unit="bytes",
        peers="Exim 1000, aiosmtpd 1001, Postfix splits at 2048", between=(1000, inf),
    )  # fmt: skip
    max_headers: int = option(
        1000,
        "fields of a header, our Received among them; with more of them 554",
        peers="Haraka 1000, Postfix 100 KiB",
        between=(50, inf),
    )
    max_recipients: int = option(
        1000, "recipients of a message", peers="Postfix 1000, aiosmtpd none", between=(100, inf)
    )
    max_errors: int = option(20, "errors on a connection, then 421", peers="Postfix 20", between=(1, inf))
    max_commands: int = option(
        100, "commands in a row that bring no mail, then 421", peers="Postfix 100", between=(5, inf)
    )
    max_connections: int = option(
        1000,
        "connections held; further ones wait in the kernel's queue",
        peers="Postfix 100",
        between=(1, inf),
    )
    max_connections_per_address: int = option(
        50,
        "connections held from one client address; further ones get 421",
        peers="Postfix 50",
        between=(1, inf),
    )
    max_in_flight: int = option(
        256 * MIB,
        "of messages that are held in memory, received or waiting for their verdict; further ones get 452",
        unit="bytes", peers="none", between=(1, inf),
    )  # fmt: skip
    spool_above: int = option(
        MIB, "of a message that are held in memory; what is larger goes to a file", unit="bytes", peers="Haraka 1 MiB",
        between=(65_536, inf),
    )  # fmt: skip
    spool_folder: str = option("", "where such files are; the system's folder for them unless given")
    stream: bool = option(
        False, "give the application a message while it comes in, in pieces; the last has the digest"
    )
    max_spool: int = option(
        4096 * MIB, "of all messages that are in files; beyond it large ones get 452", unit="bytes", peers="none",
        between=(0, inf),
    )  # fmt: skip
    ack: Literal["processed", "accepted"] = option(
        "processed", "when a message is answered: once the application has decided, or once it is kept",
        peers="Postfix accepted, aiosmtpd processed",
    )  # fmt: skip
    spool: str = option("", "where accepted messages are kept, of one server alone", unit="directory")
    accepted_messages: int = option(
        100_000, "accepted messages that the application has not decided on; further ones get 452", peers="none",
        between=(1, inf),
    )  # fmt: skip
    accepted_size: int = option(
        4096 * MIB,
        "of all of them in the spool; beyond it 452",
        unit="bytes",
        peers="none",
        between=(MIB, inf),
    )
    accepted_at_once: int = option(
        100,
        "accepted messages that the application has at once",
        peers="Postfix 20 a destination",
        between=(1, inf),
    )
    accepted_attempts: int = option(
        20, "calls of the application for an accepted message, then it is given up", peers="Postfix 5 days",
        between=(1, inf),
    )  # fmt: skip
    accepted_strict: bool = option(
        False,
        "have an accepted message that is tried again hold up those that came after it in its conversation",
    )
    max_pipelined: int = option(
        262_144, "that a client sends ahead of a verdict before reading stops", unit="bytes", between=(1, inf)
    )
    command_timeout: float = option(
        300.0, "for the next command (RFC 5321 §4.5.3.2.7: at least 300)", unit="seconds",
        peers="Postfix 300, aiosmtpd 300", between=(0.1, inf),
    )  # fmt: skip
    data_timeout: float = option(
        180.0, "each of these must bring min_rate of a message", unit="seconds", peers="Postfix 300",
        between=(0.1, inf),
    )  # fmt: skip
    min_rate: int = option(100, "what a client must send of a message, on average", unit="bytes a second")
    send_timeout: float = option(
        60.0, "a client may read nothing", unit="seconds", peers="Postfix 300", between=(0.1, inf)
    )
    verdict_timeout: float = option(
        280.0, "for the application's verdict, then 451; it runs on", unit="seconds", peers="clients wait 600",
        between=(0.1, inf),
    )  # fmt: skip
    ask_recipients: bool = option(
        False, "ask the application about each recipient before there is content, by the event email.rcpt"
    )
    recipient_timeout: float = option(
        60.0, "for the verdict on a recipient, then 451", unit="seconds", peers="clients wait 300",
        between=(0.1, inf),
    )  # fmt: skip
    keep_verdicts: float = option(
        86_400.0, "that a verdict is remembered whose client may not have heard it: its repeat gets it",
        unit="seconds", peers="none",
    )  # fmt: skip
    max_verdicts: int = option(
        100_000, "verdicts that are remembered so; then the oldest go", between=(1, inf)
    )
    dedupe: Literal["process", "shared"] = option(
        "process",
        "who knows of repeats: each process for itself, or all on one layer, which costs a question a message",
    )
    bare: str = option(
        "refuse",
        "a CR or LF alone in a message: refuse, or normalise for clients of one's own",
        peers="Postfix normalise",
    )  # fmt: skip
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
    send: str = option(
        "",
        "send what comes on the channel email.send, this way: smtp://user:password@host:587, smtps:, lmtp:,"
        " lmtp+unix:, maildir:, file:, memory:, django:",
        secret=True,
    )
    send_spool: str = option(
        "",
        "where messages wait to be sent, of this process alone and without a broker; in memory unless given",
        unit="directory",
    )
    send_concurrency: int = option(
        10, "messages on their way at once", peers="Postfix 20 a destination", between=(1, inf)
    )
    send_per_domain: int = option(
        0, "messages on their way at once to the domain of their first recipient; 0: as many as there are",
        peers="Postfix 20",
    )  # fmt: skip
    send_rate: float = option(
        0.0, "messages that are sent; 0: as many as can be", unit="a second", peers="none"
    )
    send_lifetime: float = option(
        172_800.0, "after which a message that cannot be sent is given up", unit="seconds", peers="Postfix 5 days",
        between=(0.1, inf),
    )  # fmt: skip
    send_keep_results: float = option(
        86_400.0, "that the result of a message is kept for those that have the same dedupe_key", unit="seconds",
        between=(60, inf),
    )  # fmt: skip
    send_max_size: int = option(
        50 * MIB, "a message that is sent", unit="bytes", peers="Postfix 10 MiB", between=(1024, inf)
    )
    bounce_key: str = option(
        "",
        "a text of at least 16 characters: what is sent has a return path signed by it, and what comes back to that is"
        " email.bounce",
        secret=True,
    )
    bounce_domain: str = option(
        "", "the domain of these return paths, received here; email.hostname unless given"
    )
    send_redact: bool = option(
        False, "leave content, subject and files out of what is kept of a message that was given up"
    )
    send_dkim: tuple[str, ...] = option(
        (),
        "domain:selector:file.pem, a key to sign by what is sent from that domain; needs asgi-interfaces[email-auth]",
    )
    authenticate: tuple[str, ...] = option(
        (),
        "what is checked of a message, for the event's key authentication: spf, dkim, dmarc, arc, iprev;"
        " needs asgi-interfaces[email-auth]",
    )
    authenticate_timeout: float = option(
        20.0, "for all of that; what is not known then is temperror", unit="seconds", peers="OpenDKIM 10 a query",
        between=(0.1, 300),
    )  # fmt: skip
    reject_dmarc: bool = option(
        False,
        "refuse what fails DMARC where its domain asks for that (550), put off what cannot be checked (451)",
    )
    reject_spf: bool = option(
        False, "refuse what a domain says is not sent by it (550), put off what cannot be checked (451)"
    )
    arc_trusted: tuple[str, ...] = option(
        (),
        "domains whose ARC seals are believed, such as a mailing list's: what they found to pass DMARC is not refused",
    )
    authentication_results: bool = option(
        False,
        "put a field Authentication-Results in front of a message, and take away those that say to be ours",
    )
    dns: tuple[str, ...] = option(
        (),
        "servers of the DNS to ask: ADDRESS, ADDRESS:PORT, or file:PATH, a zone file that stands for it; the system's"
        " unless given",
    )
    dnsbl: tuple[str, ...] = option(
        (),
        "DNS lists whose clients are refused at RCPT: ZONE, ZONE=127.0.0.[2;4..7] for some of its codes, either with"
        " :defer to put off",
    )
    greylist: float = option(
        0.0, "until a stranger's second attempt is believed (451 before); 0: no greylisting", unit="seconds",
        peers="Postgrey 300", between=(0, 86_400),
    )  # fmt: skip
    greylist_keep: float = option(
        3_024_000.0, "that a network is believed after that", unit="seconds", peers="Postgrey 35 days",
        between=(60, inf),
    )  # fmt: skip
    greylist_store: str = option(
        "",
        "where greylisting remembers: redis://… (also rediss://, unix://), or module:attribute of an operator's own;"
        " the memory of each process unless given",
        secret=True,
    )
    recipients_per_minute: int = option(
        0,
        "recipients that a client may name in a minute, then 450; 0: as many as it likes",
        peers="Postfix 0",
    )
    trusted: tuple[str, ...] = option(
        (), "networks whose clients are neither checked nor put off: 192.0.2.0/24", peers="Postfix mynetworks"
    )
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

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        if self.tls not in ("starttls", "required", "implicit", "off"):
            raise ConfigError(f"--email-tls {self.tls}: there is starttls, required, implicit and off")
        if self.bare not in ("refuse", "normalise"):
            raise ConfigError(f"--email-bare {self.bare}: there is refuse and normalise")
        if not (self.name.isascii() and self.name.isprintable()) or " " in self.name:
            raise ConfigError(f"--email-hostname {self.name!r}: write a host name, such as mx.example.org")
        self._check_keeping()
        if self.submission_bind and not self.auth and not self.auth_keys:
            raise ConfigError(
                "--email-submission-bind needs --email-auth module:function, to know the users by"
            )
        binds = (self.bind, self.lmtp_bind, self.submission_bind)
        if not any((*binds, self.webhooks, self.maildir, self.send)):
            raise ConfigError("--email-bind: name an address to listen on, there or for --email-lmtp-bind")
        self._check_refusals()
        self._check_other_ways()

    def _check_keeping(self) -> None:
        """What keeps messages needs those that it keeps."""
        if self.send_spool and not self.send:
            raise ConfigError("--email-send-spool keeps what waits to be sent: it needs --email-send URL")
        if self.spool and self.ack != "accepted":
            raise ConfigError("--email-spool keeps what is accepted: it needs --email-ack accepted")
        if self.spool and self.accepted_size < self.max_size:
            size = f"{self.accepted_size} has no room for one message of --email-max-size {self.max_size}"
            raise ConfigError(f"--email-accepted-size {size}: raise the one, or lower the other")
        if self.stream and self.ack == "accepted":
            raise ConfigError("--email-stream needs --email-ack processed: the application comes first there")

    def _check_other_ways(self) -> None:
        """Providers have to be known, and to have their secrets."""
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

    def _check_refusals(self) -> None:
        """What is refused for what was found has to be looked for."""
        for needed, asked in (("dmarc", self.reject_dmarc), ("spf", self.reject_spf)):
            if asked and not {needed, "dmarc"} & {*self.methods}:
                raise ConfigError(f"--email-reject-{needed} needs --email-authenticate {needed}")
        if self.arc_trusted and "arc" not in self.methods:
            raise ConfigError("--email-arc-trusted needs --email-authenticate arc")
        if self.authentication_results and not self.methods:
            raise ConfigError(
                "--email-authentication-results needs --email-authenticate: spf,dkim,dmarc,arc,iprev"
            )
        if self.authentication_results and self.stream:
            raise ConfigError("--email-authentication-results needs whole messages, and not --email-stream")

    @property
    def guarded(self) -> bool:
        """Whether anything is checked or refused before the application."""
        return bool(self.methods or self.dnsbl or self.greylist or self.recipients_per_minute)

    @property
    def providers(self) -> tuple[str, ...]:
        """The words of ``webhooks``, which may be written in one."""
        return _words(self.webhooks)

    @property
    def methods(self) -> tuple[str, ...]:
        """The words of ``authenticate``, which may be written in one."""
        return _words(self.authenticate)

    @property
    def name(self) -> str:
        """What we call ourselves."""
        return self.hostname or socket.getfqdn()


def _words(several: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for one in several for word in one.split(",") if word.strip())
