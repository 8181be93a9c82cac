"""Options of SMTP and LMTP: where to listen, who may log in, and every limit."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.options import option

__all__ = ["MIB", "ReceivingOptions"]

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class ReceivingOptions:
    """Where mail is received, and every limit of that."""

    __slots__ = ()  # those of the whole are in EmailOptions: bases with some cannot be combined

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
