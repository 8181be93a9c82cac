"""Between SMTP and ASGI: the scope and the event of a message."""

import hashlib
from typing import Any

import msgspec
import pytest

from interfaces.email import envelope
from interfaces.email.body import Body
from interfaces.email.translate import Place, Transaction, keys_of

PLACE: dict[str, Any] = {
    "protocol": "smtp",
    "client": ("192.0.2.1", 4000),
    "server": ("192.0.2.2", 25),
    "helo": "client.example",
}
CONTENT = (
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: x@y.example\r\nMessage-ID: <1@a.example>\r\n"
    b"X-Twice: a\r\nX-Twice: b\r\n\r\nText\r\n"
)


def transaction(
    content: bytes = CONTENT, *recipients: bytes, sender: bytes = b"a@a.example", place: Place | None = None,
    parameters: bytes = b"",
) -> Transaction:  # fmt: skip
    """A message with this envelope."""
    mail = envelope.mail(
        b"MAIL FROM:<%b> SMTPUTF8%b" % (sender, parameters), extended=True, max_size=0, tls=False
    )
    found = [
        envelope.recipient(b"RCPT TO:<%b>" % one, extended=True, utf8=True)
        for one in recipients or (b"b@b.example",)
    ]
    body = Body(1 << 20)
    body.add(content)
    return Transaction("id7", place or Place(**PLACE), mail, found, 1000.5, body)


def scope(it: Transaction, state: dict[str, Any] | None = None) -> Any:
    """Its scope."""
    headers = it.headers(1000)
    assert headers is not None
    return it.scope({} if state is None else state, headers)


def event(it: Transaction) -> Any:
    """Its event."""
    headers = it.headers(1000)
    assert headers is not None
    return it.event(headers)


def test_the_scope() -> None:
    """All that is known of a message before its content is looked at."""
    it = transaction(CONTENT, b"help+7@b.example", b"c@c.example", parameters=b" SIZE=99 BODY=8BITMIME")
    shared: list[int] = []
    found = scope(it, {"shared": shared})
    assert found.pop("state") == {"shared": shared}
    assert found == {
        "type": "email",
        "asgi": {"version": "3.0", "spec_version": "1.0"},
        "protocol": "smtp",
        "transaction_id": "id7",
        "client": ("192.0.2.1", 4000),
        "server": ("192.0.2.2", 25),
        "client_name": None,
        "helo": "client.example",
        "tls": None,
        "auth": None,
        "conversation": None,
        "mail_from": "a@a.example",
        "mail_params": {"SMTPUTF8": True, "SIZE": 99, "BODY": "8BITMIME"},
        "rcpt_to": [
            {
                "address": "help+7@b.example",
                "local": "help+7",
                "domain": "b.example",
                "tag": "7",
                "params": {},
            },
            {"address": "c@c.example", "local": "c", "domain": "c.example", "tag": None, "params": {}},
        ],
        "path": "b.example/help+7",
        "extensions": {},
    }


def test_the_state_is_a_shallow_copy() -> None:
    """What an application keeps there for itself, others do not see."""
    state: dict[str, Any] = {"shared": []}
    found = scope(transaction(), state)["state"]
    found["mine"] = 1
    assert state == {"shared": []}
    assert found["shared"] is state["shared"]


def test_the_event() -> None:
    """The whole message, with keys that can be routed by beside what is structured."""
    found = event(transaction(CONTENT, b"b@b.example", b"c@c.example"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    kind = found.pop("kind")
    assert kind == "message"
    assert found == {
        "type": "email.receive",
        "id": "id7",
        "dedupe_key": f"a@a.example b@b.example {digest}",
        "dedupe_keys": [f"a@a.example {one}@{one}.example {digest}" for one in "bc"],
        "attempt": 1,
        "received_at": 1000.5,
        "from": "a@a.example",
        "to": ["b@b.example", "c@c.example"],
        "from_address": "a@a.example",
        "to_address": "b@b.example",
        "subject": "Grüße",
        "message_id": "1@a.example",
        "size": len(CONTENT),
        "digest": digest,
        "headers": [
            (b"subject", b"=?utf-8?q?Gr=C3=BC=C3=9Fe?="),
            (b"from", b"x@y.example"),
            (b"message-id", b"<1@a.example>"),
            (b"x-twice", b"a"),
            (b"x-twice", b"b"),
        ],
        "body": CONTENT,
        "body_ref": None,
        "more_body": False,
    }


def test_the_null_sender_is_nobody() -> None:
    """``from`` None as 2016's draft has it, and "" where text is expected."""
    it = transaction(sender=b"")
    assert scope(it)["mail_from"] == ""
    assert (event(it)["from"], event(it)["from_address"]) == (None, "")


@pytest.mark.parametrize(
    ("recipient", "path", "tag"),
    [
        (b"b@b.example", "b.example/b", None),
        (b"b+@b.example", "b.example/b+", None),
        (b"b+x+y@b.example", "b.example/b+x+y", "x+y"),
        (b"postmaster", "/postmaster", None),
        (b'"a b"@b.example', 'b.example/"a b"', None),
        (b"b@[192.0.2.9]", "[192.0.2.9]/b", None),
        ("jörg@bücher.example".encode(), "bücher.example/jörg", None),
    ],
)
def test_the_path_of_a_recipient(recipient: bytes, path: str, tag: str | None) -> None:
    """Its domain, then its name, as it was sent; what is behind the first "+" is its tag."""
    found = scope(transaction(CONTENT, recipient))
    assert found["path"] == path
    assert found["rcpt_to"][0]["tag"] == tag


@pytest.mark.parametrize(
    ("header", "conversation"),
    [
        (b"", None),
        (b"References: <1@a> <2@a>\r\nIn-Reply-To: <2@a>\r\n", "1@a"),
        (b"In-Reply-To: <2@a>\r\n", "2@a"),
        (b"References: none\r\nIn-Reply-To: <2@a>\r\n", "2@a"),
        (b"References:\r\n <1@a>\r\n <2@a>\r\n", "1@a"),
    ],
)
def test_a_conversation_is_known_by_its_first_message(header: bytes, conversation: str | None) -> None:
    """The first of References (RFC 5322 §3.6.4), else what it answers."""
    assert scope(transaction(header + b"\r\n"))["conversation"] == conversation


def test_scope_and_event_are_plain_values() -> None:
    """They cross a process unchanged (but for tuples, which become lists)."""
    it = transaction(CONTENT, "jörg@bücher.example".encode())
    for found in (scope(it), event(it)):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(found)).keys() == found.keys()


def test_the_rest_of_a_message_is_for_the_recipients_that_are_left() -> None:
    """A repeat runs for those alone whose fate is not known; the content is the same."""
    it = transaction(CONTENT, b"a@b.example", b"b@b.example", b"c@b.example")
    rest = it.only([0, 2])
    assert event(rest)["to"] == ["a@b.example", "c@b.example"]
    assert event(rest)["body"] == CONTENT
    assert len(it.recipients) == 3
    assert set(rest.keys()) < set(it.keys())


def test_each_recipient_of_each_message_has_its_key() -> None:
    """Another sender, recipient or content is another key; no address can be taken for two others."""
    envelopes = [(b"a@a.example", b"b@b.example"), (b"a@a.example", b"c@b.example"), (b"", b"b@b.example")]
    mails = [transaction(content, to, sender=by) for by, to in envelopes for content in (CONTENT, b"\r\n")]
    keys = [key for mail in mails for key in Transaction.keys(mail)]
    assert len({*keys}) == len(keys) == 6
    assert keys_of("a@a.example", [], "d") == []


def test_what_has_too_many_fields_has_no_header() -> None:
    """None, to be refused."""
    assert transaction(b"A: 1\r\n" * 5 + b"\r\n").headers(5) is not None
    assert transaction(b"A: 1\r\n" * 6 + b"\r\n").headers(5) is None


# --- the trace line ---
