"""The inspector: the raw message, the parts of a mail, and its HTML for a frame."""

import json
from typing import Any

import pytest

from interfaces.console import pytest_text
from interfaces.console.detail import detail_of, html_of, parts_of, wire_of
from interfaces.shared.errors import PeerError
from tests.console.kit import EVENTS, MAIL, call, entry


@pytest.mark.parametrize(
    ("kind", "event", "wire"),
    [
        ("email", EVENTS["email"], MAIL.decode()),
        ("http", {"type": "http.request", "body": b"hello"}, "GET /x?y=1 HTTP/1.1\nhost: test\n\nhello"),
        ("http", {"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"a=b")], "body": b"x"},
         "200\nset-cookie: [redacted]\n\nx"),
        ("irc", {"type": "irc.message", "raw": b":ada PRIVMSG #x :hi"}, ":ada PRIVMSG #x :hi"),
        ("sms", {"type": "sms.receive", "raw": {"id": 1}}, '{\n  "id": 1\n}'),
        ("slack", {"type": "slack.action", "payload": {"token": "x"}}, '{\n  "token": "[redacted]"\n}'),
        ("slack", {"type": "slack.message", "event": {"text": "hi"}, "envelope": {"a": 1}},
         '{\n  "a": 1,\n  "event": {\n    "text": "hi"\n  }\n}'),
        ("websocket", EVENTS["websocket"], None),
    ],
)  # fmt: skip
def test_the_raw_message(kind: str, event: dict[str, Any], wire: str | None) -> None:
    """As the application got it, where the protocol has one; without secrets."""
    assert wire_of(entry(kind, event)) == wire


class Failing:
    """It cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


WRONG = ["text", 5, 2**40, 10**5000, [1], [("a", "b")], [(b"a", 5, 6)], {"a": 1}, Failing()]


@pytest.mark.parametrize("at", range(len(WRONG)))
@pytest.mark.parametrize("name", ["body", "headers", "status", "text", "raw"])
@pytest.mark.parametrize("kind", ["http.response.start", "http.request", "email.receive", "sms.receive"])
def test_what_no_interface_takes_is_shown_all_the_same(kind: str, name: str, at: int) -> None:
    """An application may send anything; that is what a console is for."""
    one = entry(kind.partition(".")[0], {"type": kind, name: WRONG[at]})
    shown = json.loads(json.dumps([one.summary(), detail_of(one)]))
    assert shown[0]["type"] == kind and name in shown[1]["event"]
    one.grow("body", b"more")
    assert not one.fits("nothing of this") and kind in pytest_text.test_of(one, "a:b")


def test_parts_of_a_mail() -> None:
    """Texts and files; of HTML only that it is there."""
    attached = MAIL.replace(b"--b--", b"--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment;"
                            b" filename=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--")  # fmt: skip
    parts = parts_of(entry("email", {**EVENTS["email"], "body": attached.replace(b"alternative", b"mixed")}))
    assert [(one["index"], one["type"], one["name"]) for one in parts] == [
        (0, "text/plain", ""), (1, "text/html", ""), (2, "image/png", "a.png"),
    ]  # fmt: skip
    assert "hello" in parts[0]["text"] and "text" not in parts[1] and parts[2]["size"] == 3


@pytest.mark.parametrize(
    "event", [EVENTS["sms"], {"type": "email.receive", "body": b""}, {"type": "email.receive", "body": None}]
)
def test_what_is_no_mail_has_no_parts(event: dict[str, Any]) -> None:
    """Nor has one that is not here."""
    assert parts_of(entry("email", event)) == []


def test_a_mail_beyond_the_limits_has_none() -> None:
    """Its source can be seen all the same."""
    body = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000 + b"--b--\r\n"
    one = entry("email", {"type": "email.receive", "body": body})
    assert parts_of(one) == [] and "--b" in (wire_of(one) or "")


def test_html_is_its_own_and_without_secrets() -> None:
    """Only of a part that is HTML."""
    body = MAIL.replace(b"<b>hello</b>", b"<b>geheim12</b>")
    one = entry("email", {**EVENTS["email"], "body": body}, call=call("email", "geheim12"))
    assert html_of(one, "1").strip() == b"<b>[redacted]</b>"
    for index in ("0", "2", "-1", "x", "", "9" * 30):
        with pytest.raises(PeerError):
            html_of(one, index)
    assert "geheim12" not in json.dumps(detail_of(one)) and detail_of(one)["wire"]
