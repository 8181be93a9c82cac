"""One call of the application, as it is noted: what came, what was said, and what became of each message."""

import asyncio
from collections.abc import Callable

from interfaces.console.book import Book
from interfaces.console.entries import Call, Entry, copied, weighed
from interfaces.console.frames import frames_of, line_of
from interfaces.console.redact import Redactor, secrets_of
from interfaces.console.telling import conversation_of
from interfaces.shared.asgi import Event, Scope
from interfaces.shared.errors import NoRoute, PeerGone, Unavailable

__all__ = ["DELIVERIES", "Watch"]

DELIVERIES = frozenset({"email", "slack", "sms"})
"""Types of scopes that are one message with one verdict."""
VERDICTS = {
    "accept": "accepted",
    "ack": "accepted",
    "discard": "accepted",
    "reject": "rejected",
    "defer": "deferred",
}
MEANT = ((NoRoute, "rejected"), (Unavailable, "deferred"))
"""Errors that are words to the peer, and which."""
GROWING = {"http.request": "body", "http.response.body": "body", "email.receive": "body"}
"""Events that come in pieces, and the field that is a piece."""


class Watch:
    """Notes one call in the book. Messages in pieces are one entry, which grows."""

    def __init__(
        self,
        book: Book,
        redactor: Redactor,
        scope: Scope,
        number: int,
        clock: Callable[[], float],
        replayed: int = 0,
    ) -> None:
        self.book = book
        self.clock = clock
        kept = copied({key: value for key, value in scope.items() if key != "state"})[0]
        if replayed:
            kept["replayed"] = replayed
        state = scope.get("state")
        self.call = Call(number, kept, redactor.knowing(secrets_of(scope)), {} if state is None else state)
        self._owed = weighed(kept)
        """Bytes of the scope, which its first entry counts."""
        self.kind = self.call.protocol
        self.replayed = replayed
        self.verdict = ""
        self.running: Entry | None = None
        """The message that the application has, and has not done with yet."""
        self.latest: Entry | None = None
        """The message that came last."""
        self.waiting = False
        """Whether it asks for the next one."""
        self._open: dict[str, Entry] = {}
        """Messages that may grow, by direction."""
        self._ended = False
        if self.kind == "http":  # it is there before the application asks for its body, which it may never do
            self._come({"type": "http.request", "body": b"", "more_body": True})

    # --- what comes -------------------------------------------------------------------------------

    def asks(self) -> None:
        """The application wants the next event: it has done with the one before."""
        self.waiting = True
        entry = self.running
        if entry is not None and self.kind != "http" and "in" not in self._open:
            verdict = (self.verdict or "accepted") if self.kind in DELIVERIES else "ended"
            self._done(entry, verdict)

    def hears(self, event: Event) -> None:
        """An event has come."""
        self.waiting = False
        growing = self._open.get("in")
        if growing is not None and self._grown(growing, event):
            if not event.get("more_body", False):
                del self._open["in"]
            return
        if event.get("type") == "http.disconnect":
            return  # after each answer; of one that was left, the send that fails tells
        self._come(event)

    def dropped(self) -> None:
        """The application is not called at all: its peer is told to try again."""
        if self.running is None:
            self._come({"type": f"{self.kind}.dropped"})
        self.ends(Unavailable("dropped by chaos"))

    def _come(self, event: Event) -> None:
        if self.running is not None:
            self._done(self.running, "ended")
        entry = self._note(event, "in")
        received = event.get("received_at")
        if isinstance(received, int | float):
            entry.queued_ms = _ms(entry.time - received)
        entry.verdict = "running"
        self.running = self.latest = entry
        if event.get("more_body", False) and entry.type in GROWING:
            self._open["in"] = entry

    # --- what is said -----------------------------------------------------------------------------

    def says(self, event: Event) -> Entry | None:
        """The application sends; what is noted of it."""
        kind = str(event.get("type", ""))
        opened = self._open.get("out")
        if opened is not None and self._grown(opened, event):
            return opened
        entry = self._note(event, "out")
        if kind == "http.response.start":
            self._open["out"] = entry
        word = VERDICTS.get(kind.rpartition(".")[2])
        if word and self.kind in DELIVERIES and kind.startswith(self.kind):
            self.verdict = word
            if self.running is not None:
                self._done(self.running, word)
        return entry

    def said(self, entry: Entry | None) -> None:
        """It has left, or is in the interface's hands."""
        if entry is None:
            return
        entry.took_ms = _ms(self.clock() - entry.time)
        if entry.type == "http.response.start" and not self._open.get("out") and self.running is not None:
            self._done(self.running, "ended")
        self.book.changed(entry)

    def unsaid(self, entry: Entry | None, error: BaseException) -> None:
        """It could not be sent."""
        if entry is not None:
            entry.error = "the peer has gone" if isinstance(error, PeerGone) else line_of(error)
            self.book.changed(entry)

    # --- the end ----------------------------------------------------------------------------------

    def ends(self, error: BaseException | None) -> None:
        """The application has returned, raised, or was released."""
        if self._ended:
            return
        self._ended = True
        verdict, told = self._outcome(error)
        entry = self.running
        if told and error is not None:
            entry = entry or self.latest or self._note({"type": f"{self.kind}.raised"}, "in")
            entry.error = told
            entry.frames = frames_of(error)
        if entry is not None:
            self._done(entry, verdict)
        self._open.clear()

    def _outcome(self, error: BaseException | None) -> tuple[str, str]:
        """The verdict of what runs, and the error in words; no words where it is none."""
        if error is None or (self.waiting and isinstance(error, asyncio.CancelledError)):
            return self._word("accepted"), ""
        if isinstance(error, asyncio.CancelledError):
            return self._word("deferred"), ""
        if isinstance(error, PeerGone):
            return self._word("ended"), ""
        meant = next((word for kind, word in MEANT if isinstance(error, kind)), "failed")
        return self.verdict or meant, line_of(error)

    def _word(self, of_delivery: str) -> str:
        """The verdict that was said; without one that of a delivery, or that it has ended."""
        return self.verdict or (of_delivery if self.kind in DELIVERIES else "ended")

    # --- the book ---------------------------------------------------------------------------------

    def _note(self, event: Event, direction: str) -> Entry:
        kept, size, whole = copied(event)
        entry = Entry(
            call=self.call, event=kept, direction=direction, time=self.clock(), size=size, whole=whole,
            weight=self._owed + (size if whole else weighed(kept)),
            conversation=conversation_of(self.call.scope, event),
        )  # fmt: skip
        self._owed = 0
        if self.kind in DELIVERIES and direction == "out" and self.latest is not None:
            entry.conversation = self.latest.conversation
        self._named(entry)
        return self.book.add(entry)

    def _named(self, entry: Entry) -> None:
        """The application may say which conversation what it handles belongs to: ``scope["state"]["conversation"]``."""
        told = self.call.state.get("conversation")
        if isinstance(told, str) and told:
            entry.conversation = told[:500]

    def _grown(self, entry: Entry, event: Event) -> bool:
        """Put a further piece to ``entry``; False where the event is none of it."""
        name = GROWING.get(str(event.get("type")))
        if name is None or (entry.direction == "in" and event.get("type") != entry.type):
            return False
        piece = event.get(name) or b""
        if not isinstance(piece, bytes | bytearray | memoryview):
            return False  # no interface takes it: it is shown as what it is
        self.book.heavier(entry, entry.grow(name, bytes(piece)))
        if entry.direction == "in":
            entry.event.update({key: one for key, one in copied(event)[0].items() if key != name})
        elif not event.get("more_body", False):
            self._open.pop("out", None)
        return True

    def _done(self, entry: Entry, verdict: str) -> None:
        """The application is done with it; an error is the last word, a second verdict is not."""
        if entry.verdict in ("running", "") or verdict == "failed":
            entry.verdict = verdict
        self._named(entry)
        if entry.took_ms is None:
            entry.took_ms = _ms(self.clock() - entry.time)
        if self.running is entry:
            self.running = None
        self.book.changed(entry)


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)
