"""Every figure of the operations port, in one table: its kind, unit, labels, and what it tells.

A counter that is not here, as those of interfaces of third parties, is shown all the same; the figures of
:mod:`interfaces.shared.meter` are shown only if they are. ``http.refused`` is ``interfaces_http_refused_total``.
Naming: https://prometheus.io/docs/practices/naming/. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["METRICS", "Kind", "Metric", "exposed", "table"]

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``name`` is ours, with dots; :attr:`exposed` that of Prometheus."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    across: Literal["sum", "max"] = "sum"
    """What several processes have together."""

    @property
    def exposed(self) -> str:
        """What it is called outside."""
        name = self.name if self.name.startswith("process.") else f"interfaces.{self.name}"
        parts = [name, self.unit, "total" if self.kind == "counter" else ""]
        return exposed(".".join(filter(None, parts)))


def exposed(name: str) -> str:
    """``name`` with nothing in it that a metric's cannot have."""
    return "".join(one if one.isascii() and one.isalnum() else "_" for one in name)


def _counters(prefix: str, **rows: str) -> Iterator[Metric]:
    return (Metric(f"{prefix}.{name}", "counter", text) for name, text in rows.items())


def _intake(name: str) -> Iterator[Metric]:
    """Those of a protocol whose messages are posted, or come over a dialled connection."""
    return _counters(
        name,
        calls="calls of the application",
        repeats="messages that had come before: they get the verdict that there is",
        ignored="messages that the application knew no route for",
        late="messages without a verdict in time",
        full="messages that are to come again, since too many wait",
        unasked="messages that were run though nobody could tell whether they are repeats: the broker is away",
        kept="messages that were kept before their acknowledgement",
        withheld="messages that are to come again",
        malformed="messages that cannot be read",
        refused="messages that the application refused",
        webhooks_refused="posts that were refused: their signature, size or type",
    )


def _outbox(name: str) -> Iterator[Metric]:
    """Those of what goes out."""
    return _counters(
        f"{name}.send",
        sent="messages that were sent",
        later="attempts that are to be repeated",
        failed="messages that were given up",
        uncertain="messages of which nobody knows whether they were sent",
        unanswered="results that could not be told",
    )


def _upstream(name: str) -> Iterator[Metric]:
    """Those of connections that we dial."""
    return _counters(
        name,
        connected="connections that stood",
        failed="attempts that failed",
        lost="connections that ended by themselves",
        refused="credentials that were refused for good",
        replaced="connections that were to be replaced before their end",
    )


_SCOPE: Final = ("type",)
_ROWS: Final = (
    # --- scopes: of every protocol, and of workers
    Metric("scopes", "counter", "scopes that began", _SCOPE),
    Metric("scopes.ended", "counter", "scopes that ended: ok, failed, unrouted, unavailable or cancelled",
           ("type", "outcome")),
    Metric("scopes.running", "gauge", "scopes that run now", _SCOPE),
    Metric("scope.duration", "histogram", "from the start of a scope to its end", _SCOPE, "seconds"),
    Metric("events", "counter", "events that applications took (in), and sent (out)", ("type", "direction")),
    Metric("verdicts", "counter", "what became of it: accept, reject, defer, split (different ones for recipients), or "
           "how it ended without one; of requests the class of the status, or gone (the client)", ("type", "outcome")),
    Metric("verdict", "histogram", "from the start of a delivery to its verdict", _SCOPE, "seconds"),
    # --- what waits, and where
    Metric("connections", "gauge", "connections that clients have here", ("protocol",)),
    Metric("upstream.links", "gauge", "connections to others that stand", ("upstream",)),
    Metric("upstream.wanted", "gauge", "connections to others that should stand", ("upstream",)),
    Metric("queue.depth", "gauge", "what waits in this process or its spool, or is held", ("queue",)),
    Metric("queue.age", "gauge", "since the oldest of it came", ("queue",), "seconds", "max"),
    Metric("queue.wait", "histogram", "how long it waited until its turn", ("queue",), "seconds"),
    Metric("layer.items", "gauge", "what a durable queue has at the broker", ("queue",), "", "max"),
    Metric("layer.dead", "gauge", "dead letters of a durable queue", ("queue",), "", "max"),
    Metric("layer.oldest", "gauge", "since the oldest item of a durable queue that waits, or is held, became ready",
           ("queue",), "seconds", "max"),
    Metric("layer.messages", "gauge", "messages on channels that nobody has received"),
    Metric("layer.delayed", "gauge", "messages at the broker whose time is to come", (), "", "max"),
    Metric("layer.channels", "gauge", "channels with messages"),
    Metric("layer.groups", "gauge", "groups with members in this process"),
    Metric("layer.receivers", "gauge", "receivers that wait"),
    Metric("relay.workers", "gauge", "workers connected to a container; those that take from a broker are not"),
    Metric("worker.slots", "gauge", "scopes, or events, that workers run at once at most"),
    Metric("worker.slots_taken", "gauge", "how many run"),
    Metric("threads", "gauge", "threads for sync work, at most"),
    Metric("threads.busy", "gauge", "threads that work"),
    Metric("threads.waiting", "gauge", "scopes whose sync calls wait for a thread"),
    # --- the process
    Metric("ready", "gauge", "whether new work may come"),
    Metric("part.ready", "gauge", "whether this part of it can work", ("part",)),
    Metric("draining", "gauge", "whether it was told to stop"),
    Metric("processes", "gauge", "processes that serve, and live"),
    Metric("processes.wanted", "gauge", "processes that should"),
    Metric("loop.lag", "histogram", "how late the event loop was, looked at four times a second", (), "seconds"),
    Metric("build.info", "gauge", "1, and what runs", ("version", "python", "loop", "compiled"), "", "max"),
    Metric("process.cpu", "counter", "of processor time, user and system", (), "seconds"),
    Metric("process.resident_memory", "gauge", "of memory", (), "bytes"),
    Metric("process.open_fds", "gauge", "open descriptors"),
    Metric("process.max_fds", "gauge", "descriptors that may be open"),
    Metric("process.start_time", "gauge", "when the youngest process began, Unix time", (), "seconds", "max"),
    # --- HTTP and WebSockets
    *_counters("http",
        refused="requests and connections that were refused before the application",
        stalled="connections that were cut, since their client did not read",
        timeouts="connections whose request did not come in time",
    ),
    *_counters("http.h2",
        continuation_flood="connections that were ended: a header in too many frames, or too large in several",
        empty_frame_flood="connections that were ended for frames without content",
        frame_flood="connections that were ended for frames that are unknown, or end nothing",
        header_bytes="connections that were ended: compressed fields many times the limit",
        ping_flood="connections that were ended for PINGs",
        priority_flood="connections that were ended for priorities",
        rapid_reset="connections that were ended for streams that came to nothing",
        refused_streams="requests beyond h2_streams, which may be tried again",
        settings_flood="connections that were ended for SETTINGS",
        too_many_fields="requests that were answered with 431",
        window_overrun="streams or connections that brought more than their window",
        window_stall="streams that were cut, since their client opened no window",
        window_update_flood="connections that were ended for windows opened bit by bit",
    ),
    *_counters("ws",
        crowded="WebSockets that were closed, since all had more of unfinished messages than they may",
        refused="WebSockets that were closed for what the client sent",
        stalled="WebSockets that were cut, since their client did not read",
        silent="WebSockets that were cut, since their client answered no ping",
    ),
    # --- mail
    *_counters("email",
        abandoned="messages whose client left in the middle",
        timeouts="clients that were silent for too long",
        stalled="clients that did not read",
        late="messages without a verdict in time: the client tries again",
        repeats="messages that had come before: they get the verdict that there is",
        forgotten="verdicts that were forgotten before their time, since there were too many",
        logins_failed="logins that failed",
        spool_full="messages that were put off, since there was no room in the spool",
        unasked="messages that were run though nobody could tell whether they are repeats: the broker is away",
        accepted_full="messages that were put off, since too many accepted ones wait",
        tried_again="attempts with an accepted message that are to be repeated",
        refused_later="accepted messages that the application refused afterwards",
        given_up="accepted messages that were given up",
        unproven="messages that were refused, since who sent them is not proven",
        too_fast="recipients that were put off, since their client is too fast",
        listed="recipients that were refused, since their client is on a list",
        greylisted="recipients that were put off, since their sender is new",
        maildir_rejected="messages of a Maildir that the application refused",
        maildir_lost="messages of a Maildir that were gone before they were done with",
        webhooks_refused="posts of a provider that were refused: their signature, size or type",
    ),
    *_outbox("email"),
    # --- Slack
    *_intake("slack"),
    *_outbox("slack"),
    *_counters("slack",
        own="messages of the app itself, which were left out",
        acknowledged_late="messages that were acknowledged without a verdict, since Slack does not repeat them",
        acks_unheard="acknowledgements whose post had been given up by Slack",
        installed="workspaces that were installed in",
        not_installed="installations that failed",
    ),
    *_upstream("slack.socket"),
    *_counters("slack.socket",
        duplicates="envelopes that came again while they ran",
        garbage="frames that cannot be read",
        late_acks="acknowledgements that went over another connection, or too late",
        payloads_unasked="answers that Slack had not asked for",
        unknown="frames of a kind that is not known",
        untaken="envelopes that came during the drain",
    ),
    # --- short messages
    *_intake("sms"),
    *_outbox("sms"),
    *_counters("sms",
        messages="texts",
        receipts="receipts",
        keywords="texts with a keyword such as STOP",
        replied="texts that were answered",
        opted_out="numbers that want no more texts",
        opted_in="numbers that want them again",
    ),
    *_upstream("sms.smpp"),
    *_counters("sms.smpp",
        alerts="notices that a phone can be reached again",
        binds_refused="binds that were refused",
        deferred="messages that are to be submitted again",
        faults="messages whose handling failed by a mistake of ours",
        nacks="PDUs that were refused as malformed",
        parts_given_up="messages of which not all parts came",
        receipts_dropped="receipts that were dropped: nobody took them, and too many waited",
        receipts_unread="receipts that cannot be read",
        repeats="messages that had come before",
        throttled="messages that were put off, since there were too many at once",
        unanswered="requests without a response in time",
        unbound="connections that did not bind in time",
    ),
    # --- IRC
    *_upstream("irc.client"),
    *_outbox("irc"),
    *_counters("irc.deliver", failed="messages from elsewhere that the gateway could not say"),
    *_counters("irc.client",
        dropped="events that were dropped, since the application is behind: irc.gap tells it",
        lines_refused="lines of a network that cannot be read",
        restarts="instances of the application that took a connection over",
        unanswered="commands that the network did not answer in time",
        unsaid="lines of our own that cannot be said",
        untracked="users and channels that were not kept track of, since there were too many",
    ),
    *_counters("irc.gateway",
        app_errors="clients whose application raised",
        connected="clients that were registered",
        malformed="lines that were refused",
        recvq="clients that were cut for flooding",
        refused="connections and registrations that were refused",
        sendq="clients that were cut, since they did not read",
        silent="clients that were cut, since they answered no ping",
        undecided="requests that the application did not decide in time",
        unproved="logins that failed",
    ),
    *_counters("irc.link",
        full="acts that were dropped on their way to other containers, since too many waited",
        lost="acts that did not reach the other containers",
        malformed="messages of other containers that cannot be",
        refused="containers that were refused",
        resync="times that the whole state was asked for again",
        split="containers that were lost",
        version="messages of containers that speak another version",
    ),
    # --- the layer, relays and workers
    *_counters("layer",
        damaged="messages that cannot be read",
        expired="messages that nobody took in time",
        failed="messages whose handler failed",
        frame_damaged="frames that cannot be read",
        frame_version="frames of another version",
        full="messages that were dropped, since their channel was full",
        gap="frames that were lost on their way to this process",
        gap_there="frames of this process that were lost on their way",
        group_expired="memberships that ended by their time",
        interrupted="times that the broker was gone",
        join_refused="memberships that this process refused",
        late="frames that came after a gap had been told",
        late_verdict="items that another had taken over when they were settled",
        lease_lost="items that were taken over, since their holder was silent",
        letters_dropped="dead letters that were dropped, since there were too many",
        lost="delayed messages that were lost, since the broker was away",
        members_unknown="answers that did not come to who asked for the members of a group",
        no_credit="messages that were refused, since their receiver is behind",
        no_owner="memberships of channels whose process is gone",
        stopped="times that this process stood still for longer than its lease",
        uncertain="messages that may have been sent twice or not at all",
        undeliverable="messages whose receiver is gone",
        unknown_kind="messages of a kind that is not known",
        unsealed="messages that no key of ours opens",
        unsent="frames that the broker refused",
        worn_out="items that used up their attempts",
    ),
    *_counters("dedupe", dropped="verdicts that were forgotten before their time, since there were too many"),
    *_counters("notes", dropped="notes that were forgotten before their time, since there were too many"),
    *_counters("relay",
        full="scopes that were refused, since too many wait for a worker",
        late="scopes for which no worker was free in time",
        refused="workers or containers that were refused",
        malformed="frames that cannot be read",
        expired="scopes that had waited for too long when a worker took them",
    ),
    *_counters("worker", stuck="scopes that go on although their client has gone long ago"),
    *_counters("upstream", untold="events of dialled connections that an application was not told, being behind"),
    *_counters("spool",
        kept="messages that were written",
        refused="messages that there was no room for",
        failed="messages that could not be written",
        dead="messages that were given up",
        letters_dropped="given-up messages that were dropped, since there were too many",
    ),
    # --- Django
    *_counters("task",
        failed="tasks that raised",
        refused="tasks that are not known here",
        cut="tasks that were cut by the end of the drain",
    ),
    *_counters("channel",
        no_route="messages on channels that no consumer is there for",
        raised="messages on channels whose consumer raised",
        typeless="messages on channels that have no type",
    ),
)  # fmt: skip

METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _ROWS}
"""By our name."""


def table() -> str:
    """The reference, as a table of Markdown."""
    lines = ["| Metric | Kind | Labels | Meaning |", "|---|---|---|---|"]
    for metric in sorted(METRICS.values(), key=lambda one: one.exposed):
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
        text = f"{metric.unit}: {metric.help}" if metric.unit else metric.help
        lines.append(f"| `{metric.exposed}` | {metric.kind} | {labels} | {text} |")
    return "\n".join(lines)
