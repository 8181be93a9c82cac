"""What Slack has sent, read from its bytes."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.request.internals import parse_body

from interfaces.shared.errors import PeerError
from interfaces.slack.posted import DEPTH, FIELDS, Check, Posted, decoded, interactive, looks, read
from tests.slack.payloads import action, attachment, command, dialog, envelope, form, message, pressed

NONE: dict[bytes, bytes] = {}


def posted(payload: Any) -> Posted:
    """What an interactive payload is read as."""
    found = read(form({"payload": json.dumps(payload)}), True, NONE)
    assert isinstance(found, Posted)
    return found


# --- events ------------------------------------------------------------------------------------------------


def test_an_event_is_its_envelope() -> None:
    """Whole, as JSON says it; the first try has no headers about it."""
    found = read(json.dumps(envelope(message(text="Grüße 😀"))).encode(), False, NONE)
    assert found == Posted(kind="event", payload=envelope(message(text="Grüße 😀")))


@pytest.mark.parametrize(
    ("headers", "number", "reason"),
    [
        ({b"x-slack-retry-num": b"1", b"x-slack-retry-reason": b"http_timeout"}, 1, "http_timeout"),
        ({b"x-slack-retry-num": b"3", b"x-slack-retry-reason": b"http_error"}, 3, "http_error"),
        ({b"x-slack-retry-num": b"2"}, 2, ""),
        ({b"x-slack-retry-num": b"-1"}, 0, ""),
        ({b"x-slack-retry-num": b"x"}, 0, ""),
        ({b"x-slack-retry-num": b"\xb2"}, 0, ""),
        ({b"x-slack-retry-num": b"9" * 5000}, 0, ""),
        ({b"x-slack-retry-num": b""}, 0, ""),
        ({b"x-slack-retry-reason": b"\xff"}, 0, "ÿ"),
    ],
)
def test_a_repeat_says_so(headers: dict[bytes, bytes], number: int, reason: str) -> None:
    """By its headers, and what is no number in them is no repeat."""
    found = read(json.dumps(envelope(message())).encode(), False, headers)
    assert isinstance(found, Posted) and (found.retry_num, found.retry_reason) == (number, reason)


@pytest.mark.parametrize(
    ("said", "challenge"), [({"challenge": "3eZbrw1aB"}, "3eZbrw1aB"), ({}, ""), ({"challenge": ["x"]}, "")]
)
def test_the_url_is_verified(said: dict[str, Any], challenge: str) -> None:
    """By saying again what Slack says; what is no text is not said again."""
    body = json.dumps({"token": "x", "type": "url_verification", **said}).encode()
    assert read(body, False, NONE) == Check(challenge)


# --- forms -------------------------------------------------------------------------------------------------


def test_a_command_is_its_fields() -> None:
    """Blank ones too: an empty text is one."""
    fields = command(text="", channel_name="")
    assert read(form(fields), True, NONE) == Posted(kind="command", payload=fields)


@pytest.mark.parametrize("text", ["payload", "payload=1", "the payload&x", '{"payload": 1}', "&payload={}"])
def test_a_command_may_speak_of_payload(text: str) -> None:
    """Defect of Bolt (EVIDENCE.md): parse_body makes {} of a command whose text has the word."""
    body = form(command(text=text))
    assert parse_body(body.decode(), "application/x-www-form-urlencoded") == {}
    found = read(body, True, NONE)
    assert isinstance(found, Posted) and found.kind == "command"
    assert found.payload["text"] == text


def test_a_command_with_a_field_payload_is_a_command() -> None:
    """What is interactive has no field "command"."""
    found = read(form(command() | {"payload": "{}"}), True, NONE)
    assert isinstance(found, Posted) and (found.kind, found.payload["payload"]) == ("command", "{}")


@pytest.mark.parametrize(
    "text", ["Grüße 😀", "a+b c%20d", "x=y&z", "\n\t", "<@U1|ada> <#C1|general>", "+", "%"]
)
def test_a_text_is_as_it_was_typed(text: str) -> None:
    """Whatever a form has to write otherwise."""
    found = read(form(command(text=text)), True, NONE)
    assert isinstance(found, Posted) and found.payload["text"] == text


def test_what_is_no_utf_8_within_a_form_is_replaced() -> None:
    """So that all is text."""
    found = read(b"command=%2Fx&text=%FF", True, NONE)
    assert isinstance(found, Posted) and found.payload == {"command": "/x", "text": "�"}


def test_ssl_is_checked() -> None:
    """Which wants an empty 200; a command with that field is a command."""
    assert read(b"ssl_check=1&token=x", True, NONE) == Check()
    assert looks(b"token=x&ssl_check=1")
    assert not any(looks(one) for one in (b"", b"ssl_check=", b"token=x", b"\xff", b"ssl_check=1&command=/x"))
    assert not looks(b"&".join(b"a%d=1" % at for at in range(180)) + b"&ssl_check=1")
    found = read(form(command() | {"ssl_check": "0"}), True, NONE)
    assert isinstance(found, Posted) and found.kind == "command"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (action(), "interactive"),
        (attachment(), "interactive"),
        (pressed("shortcut"), "interactive"),
        (pressed("view_submission"), "interactive"),
        (pressed("what_comes_next_year"), "interactive"),
        (pressed("block_suggestion"), "options"),
        (dialog("dialog_suggestion"), "options"),
        ({**attachment(), "name": "menu", "value": "b"}, "interactive"),
        ({"type": "interactive_message", "name": "menu", "value": "b", "callback_id": "c"}, "options"),
        ({}, "interactive"),
    ],
)
def test_menus_are_told_from_what_was_done(payload: dict[str, Any], kind: str) -> None:
    """By the type; a menu of an attachment asks with that of its actions, and has none."""
    assert posted(payload) == interactive(payload) == Posted(kind=kind, payload=payload)  # type: ignore[arg-type]


# --- what is refused ---------------------------------------------------------------------------------------

BROKEN = [b"", b" ", b"null", b"[]", b"1", b'"x"', b"{", b'{"a":}', b"{}{}", b"\xef\xbb\xbf{}", b'{"a":"\xff"}',
          b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b"{'a':1}", b'{"a":' * 100_000]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    """As JSON, and as the payload of a form; a depth that would end the interpreter's stack, too."""
    with pytest.raises(PeerError):
        read(body, False, NONE)
    if b"\xff" not in body:  # which a form replaces
        with pytest.raises(PeerError):
            read(urlencode({"payload": body}).encode(), True, NONE)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "neither a command nor a payload"),
        (b"token=x", "neither a command nor a payload"),
        (b"ssl_check=", "neither a command nor a payload"),
        (b"payload", "it cannot be read"),
        (b"command=\xff", "it cannot be read: 'utf-8'"),
        (b"&".join([b"a=b"] * (FIELDS + 1)), "it cannot be read: Max number of fields"),
    ],
)
def test_other_forms_are_refused(body: bytes, said: str) -> None:
    """In a line that says why."""
    with pytest.raises(PeerError, match=said):
        read(body, True, NONE)


def nested(depth: int, opens: str, closes: str) -> bytes:
    """``depth`` containers within each other, the object around them included."""
    return f'{{"a":{opens * (depth - 1)}{closes * (depth - 1)}}}'.encode()


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":1, "b":', "}")])
def test_it_may_be_nested_so_deep(opens: str, closes: str) -> None:
    """Whoever walks through it later has room."""
    filled = nested(DEPTH, opens, closes).replace(b":}", b":1}")
    assert decoded(filled)["a"] is not None
    with pytest.raises(PeerError, match=f"more than {DEPTH} deep"):
        decoded(nested(DEPTH + 1, opens, closes).replace(b":}", b":1}"))


def test_what_is_wide_or_only_looks_deep_is_read() -> None:
    """A thousand lists side by side, and brackets in a text."""
    wide = {"a": [[] for _ in range(1000)], "b": "[{" * 1000}
    assert decoded(json.dumps(wide).encode()) == wide


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**40])
def test_an_integer_that_no_other_process_can_be_told_is_refused(number: int) -> None:
    """Msgpack has 64 bits; below that all are kept exactly."""
    with pytest.raises(PeerError, match="cannot be read"):
        decoded(json.dumps({"a": number}).encode())
    exact = {"a": [2**64 - 1, -(2**63), 2**53 + 1]}
    assert decoded(json.dumps(exact).encode()) == exact


# --- properties --------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
HEADERS = st.dictionaries(
    st.sampled_from([b"x-slack-retry-num", b"x-slack-retry-reason"]), st.binary(max_size=8)
)


@given(
    body=st.binary() | JSON.map(lambda said: json.dumps(said).encode()), form=st.booleans(), headers=HEADERS
)
def test_any_bytes_are_read_or_refused(body: bytes, form: bool, headers: dict[bytes, bytes]) -> None:
    """And nothing else is raised; what comes out can be packed."""
    try:
        found = read(body, form, headers)
    except PeerError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either comes of it
        return
    if isinstance(found, Posted):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(found.payload)) == found.payload
        assert found.retry_num >= 0


@given(said=st.dictionaries(st.text(), JSON, max_size=5))
def test_any_object_is_read_as_json_reads_it(said: dict[str, Any]) -> None:
    """As the standard library does, directly and as a payload; what msgpack cannot say excepted."""
    try:
        found = decoded(json.dumps(said).encode())
    except PeerError:
        with pytest.raises(OverflowError):
            msgspec.msgpack.encode(said)
        return
    assert found == said
    assert posted(said).payload == said


@given(fields=st.dictionaries(st.text(), st.text(), max_size=10), text=st.text())
def test_any_form_with_a_command_is_its_fields(fields: dict[str, str], text: str) -> None:
    """As the standard library reads it, whatever its other fields are."""
    body = form({**fields, "text": text, "command": "/x"})
    found = read(body, True, NONE)
    assert isinstance(found, Posted) and found.kind == "command"
    assert found.payload == dict(parse_qsl(body.decode(), keep_blank_values=True)) | {"text": text}
