"""Providers that have no file of their own: four that differ in all that can be said, and what cannot be said."""

import base64
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Reply, Sent
from tests.sms.providers.runner import (
    FORM,
    JSON,
    NOW,
    OURS,
    THEIRS,
    Asks,
    Heard,
    Lacking,
    Posted,
    Suite,
    message,
    request,
)

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/generic"
KEY, TOKEN = "key-of-ours", "token-of-ours"
PLAIN = "text/plain; charset=utf-8"


def text(said: str, status: int = 200) -> Answer:
    """An answer of text."""
    return Answer(status, content=(PLAIN.encode(), said.encode()))


# --- JSON with a signature over its time, which is asked by JSON ---------------------------------

NESTED = (
    "header=X-Signature", "prefix=sha256=", "signed={timestamp}.{body}", "timestamp=X-Time",
    "list=data.messages", "id=uuid", "from=sender.number", "to=receiver.0", "text=message.body", "segments=parts",
    "media=attachments", "sent_at=times.sent", "status=state.word", "reference=ref", "error=state.code",
    "error_text=state.words", "at=times.done", "status:Gone=failed",
    "send:messages.0.to={to}", "send:messages.0.from={from_digits}", "send:messages.0.content.text={text}",
    "send:ref={id}", "send:callback={status_url}", "send:flash=json:false", "send:note={{{segments}}}",
    "header:Authorization=Bearer {secret}", "header:X-Account={account}",
    "sent_id=messages.0.id", "sent_status=messages.0.code", "sent_ok=0,00", "sent_error=messages.0.error",
    "longest=20",
)  # fmt: skip


def timed(
    body: bytes | str, kind: str = JSON, *, at: str = f"{NOW:.0f}", key: str = KEY, **how: Any
) -> Request:
    """A request as the first of them signs it."""
    said = body.encode() if isinstance(body, str) else body
    made = hmac.new(key.encode(), at.encode() + b"." + said, "sha256").hexdigest()
    return request(said, kind, URL, {"x-signature": how.get("prefix", "sha256=") + made, "x-time": at})


def retimed(body: str) -> Request:
    """A request whose time was changed."""
    return request(
        body, JSON, URL, {"x-signature": timed(body).header(b"x-signature"), "x-time": f"{NOW + 1:.0f}"}
    )


ROW: dict[str, Any] = {
    "uuid": "u1",
    "sender": {"number": THEIRS},
    "receiver": [OURS],
    "message": {"body": "Grüezi"},
    "parts": 2,
    "attachments": [
        {"url": "https://a.example/1", "type": "image/png"},
        "https://a.example/2",
        {"url": ""},
        None,
    ],
    "times": {"sent": "2023-11-14T22:13:20Z"},
    "state": {"word": "RECEIVED"},
}
HELLO = Inbound(
    id="u1",
    sender=THEIRS,
    recipient=OURS,
    text="Grüezi",
    segments=2,
    media=(
        Attached(url="https://a.example/1", content_type="image/png"),
        Attached(url="https://a.example/2"),
    ),
    sent_at=NOW,
)
DONE = {
    "uuid": "u2",
    "ref": "our-1",
    "sender": {"number": OURS},
    "receiver": [THEIRS],
    "state": {"word": "gone", "code": 7, "words": "no such phone"},
    "times": {"done": "1700000000"},
}
ENDED = Receipt(
    provider_id="u2", status="failed", id="our-1", sender=OURS, recipient=THEIRS, error_code="7",
    error_text="no such phone", at=NOW,
)  # fmt: skip
ONE = json.dumps({"data": {"messages": [ROW]}})
BOTH = json.dumps({"data": {"messages": [ROW, DONE]}})


def state(word: str) -> Posted:
    """A receipt with this status."""
    known: Any = {"DELIVRD": "delivered", "UNDELIV": "undelivered", "Expired": "expired", "REJECTD": "rejected",
                  "ENROUTE": "sent", "pending": "queued", "seen": "read", "what?": "queued"}  # fmt: skip
    said = {"data": {"messages": {"uuid": "u", "state": {"word": word}}}}
    return Posted(
        what=f"a status: {word}",
        request=timed(json.dumps(said)),
        found=[Receipt(provider_id="u", status=known[word])],
    )


FIRST = Suite(
    account=Account(provider="generic", account="me", secret=TOKEN, signing=(KEY,), more=NESTED,
                    api_url="https://api.example/send/"),
    url=URL,
    asks_url="https://api.example/send/",
    sign=timed,
    posted=[
        Posted(what="a text", request=timed(ONE), found=[HELLO]),
        Posted(what="a text and a receipt", request=timed(BOTH), found=[HELLO, ENDED]),
        *(state(word) for word in ("DELIVRD", "UNDELIV", "Expired", "REJECTD", "ENROUTE", "pending", "seen", "what?")),
        Posted(what="milliseconds", request=timed(ONE, at=f"{NOW:.0f}123"), found=[HELLO]),
        Posted(what="old", request=timed(ONE, at=f"{NOW - 301:.0f}"), found=403),
        Posted(what="of the future", request=timed(ONE, at=f"{NOW + 301:.0f}"), found=403),
        Posted(what="another time than is signed", request=retimed(ONE), found=403),
        Posted(what="without what stands in front", request=timed(ONE, prefix=""), found=403),
        Posted(what="another key", request=timed(ONE, key="another"), found=403),
        Posted(what="the key of what is asked", request=timed(ONE, key=TOKEN), found=403),
        Posted(what="no signature", request=request(ONE, JSON, URL), found=403),
        Posted(what="a new key beside the old one", request=timed(ONE), account={"signing": ("n", KEY)},
               found=[HELLO]),
        Posted(what="no list", request=timed("{}"), found=400),
        Posted(what="an empty list", request=timed('{"data":{"messages":[]}}'), found=[]),
        Posted(what="no JSON", request=timed("hello"), found=400),
        Posted(what="from nobody", request=timed('{"data":{"messages":[{"uuid":"1"}]}}'), found=400),
        Posted(what="a receipt of nothing", request=timed('{"data":{"messages":[{"state":{"word":"x"}}]}}'), found=400),
    ],
    asks=[
        Asks(
            what="a text with braces",
            message=message("{to} {", segments=3, status_url=URL),
            headers={"authorization": f"Bearer {TOKEN}", "x-account": "me"},
            body={
                "messages": [{"to": THEIRS, "from": OURS[1:], "content": {"text": "{to} {"}}],
                "ref": "our-1",
                "callback": URL,
                "flash": False,
                "note": "{3}",
            },
        ),
        Asks(what="no receipt", message=message(status=False, status_url=URL),
             body={"messages": [{"to": THEIRS, "from": OURS[1:], "content": {"text": "Hi"}}], "ref": "our-1",
                   "callback": "", "flash": False, "note": "{1}"}),
        Asks(what="a picture", message=message(media=("x",)), error="neither media"),
        Asks(what="scheduled", message=message(schedule_at=NOW), error="nor a schedule"),
        Asks(what="too long", message=message("x" * 21), error="20 characters"),
        Asks(what="nowhere", message=message(), account={"api_url": ""}, error="no api_url"),
    ],
    heard=[
        Heard(what="taken", status=200, body='{"messages": [{"id": 5, "code": "00"}]}',
              sent=Sent(state="sent", provider_ids=("5",))),
        Heard(what="refused, with 200", status=200, body='{"messages": [{"code": 9, "error": "no route"}]}',
              sent=Sent(state="failed", error="no route")),
        Heard(what="refused without words", status=200, body='{"messages": [{"code": 9}]}',
              sent=Sent(state="failed", error="9")),
        Heard(what="something else", status=200, body="{}", sent=Sent(state="uncertain", error="HTTP 200")),
        Heard(what="taken without an id", status=202, body='{"messages": [{"code": 0}]}',
              sent=Sent(state="uncertain", error="HTTP 202")),
        Heard(what="too many", status=429, body='{"messages": [{"error": "slowly"}]}', headers={"retry-after": "9"},
              sent=Sent(state="later", error="slowly", retry_after=9.0, wide=True)),
        Heard(what="away", status=500, body="", sent=Sent(state="uncertain", error="HTTP 500")),
    ],
    lacking=[
        Lacking(account={"secret": "", "signing": ()}, words="signing is missing"),
        Lacking(account={"more": ()}, words="more header is missing"),
        Lacking(account={"more": ("auth=none", "header=x")}, words="hmac, basic, token"),
        Lacking(account={"more": ("header=x", "digest=md5")}, words="sha256, sha1"),
        Lacking(account={"more": ("header=x", "coding=plain")}, words="hex, base64"),
        Lacking(account={"more": ("header=x", "signed={timestamp}", "timestamp=y")}, words="{body} has to be in it"),
        Lacking(account={"more": ("header=x", "signed={timestamp}{body}")}, words="one needs the other"),
        Lacking(account={"more": ("header=x", "timestamp=y")}, words="one needs the other"),
        Lacking(account={"more": ("auth=basic",)}, words="write NAME:PASSWORD"),
        Lacking(account={"more": ("header=x", "texxt=y")}, words="did you mean"),
        Lacking(account={"more": ("header=x", "text=y", "text=z")}, words="there twice"),
        Lacking(account={"more": ("header=x", "text")}, words="write key=value"),
        Lacking(account={"more": ("header=x", "status:OK=fine")}, words="there is queued, sent"),
        Lacking(account={"more": ("header=x", "replies=json")}, words="there is text"),
        Lacking(account={"more": ("header=x", "deferred=200")}, words="400 to 599"),
        Lacking(account={"more": ("header=x", "refused=no")}, words="200 to 599"),
        Lacking(account={"more": ("header=x", "method=DELETE")}, words="POST, PUT, GET"),
        Lacking(account={"more": ("header=x", "method=GET")}, words="query, which GET needs"),
        Lacking(account={"more": ("header=x", "format=xml")}, words="json, form and query"),
        Lacking(account={"more": ("header=x", "longest=0")}, words="a number of characters"),
        Lacking(account={"more": ("header=x", "sent_status=a")}, words="sent_ok is missing"),
        Lacking(account={"more": ("header=x", "send:a={who}")}, words="{who}: there is account"),
        Lacking(account={"more": ("header=x", "send:a={to!r}")}, words="{to}: there is account"),
        Lacking(account={"more": ("header=x", "send:a={to")}, words="for a brace"),
        Lacking(account={"more": ("header=x", "send:a=1", "send:a.b=2")}, words="no such place"),
        Lacking(account={"more": ("header=x", "send:a.b=1", "send:a=2")}, words="there already"),
        Lacking(account={"more": ("header=x", "send:a.9=1")}, words="no such place"),
        Lacking(account={"more": ("header=x", "send:a=json:{{")}, words="no JSON behind"),
        Lacking(account={"api_url": "api.example"}, words="https://HOST"),
    ],
    refused=(text("OK"), 410),
)  # fmt: skip

# --- a form, or a query, with a signature over the URL -------------------------------------------

FORMED = (
    "header=X-Hash", "digest=sha1", "coding=base64", "signed={url}|{body}", "format=form", "send:to={to_digits}",
    "send:text={text}", "header:authorization={basic}", "refused=410", "deferred=429", "answer=1", "sent_id=id",
)  # fmt: skip


def formed(body: bytes | str, kind: str = FORM, url: str = URL) -> Request:
    """A request as the second of them signs it."""
    said = body.encode() if isinstance(body, str) else body
    made = hmac.new(KEY.encode(), url.encode() + b"|" + said, "sha1").digest()
    return request(said, kind, url, {"x-hash": base64.b64encode(made).decode()})


WORDS = {
    "id": "7",
    "from": "41790000001",
    "to": "41445556677",
    "text": "Grüezi & so",
    "message.body": "",
    "segments": "",
}
QUERY = f"{URL}?{urlencode(WORDS)}"
SO = Inbound(id="7", sender="41790000001", recipient="41445556677", text="Grüezi & so")
SECOND = Suite(
    account=Account(provider="generic", account="me", secret=KEY, more=FORMED, api_url="https://api.example/send"),
    url=URL,
    asks_url="https://api.example/send",
    sign=formed,
    posted=[
        Posted(what="a form", request=formed(urlencode(WORDS)), found=[SO]),
        Posted(what="JSON", request=formed(json.dumps(WORDS), JSON), found=[SO]),
        Posted(what="several in JSON", request=formed(json.dumps([WORDS, WORDS]), JSON), found=[SO, SO]),
        Posted(what="a query", request=formed("", "", QUERY), url=QUERY, found=[SO]),
        Posted(what="another query", request=formed("", "", QUERY), url=f"{QUERY}1", found=403),
        Posted(what="a receipt", request=formed("id=7&status=delivered&at=1700000000"),
               found=[Receipt(provider_id="7", status="delivered", at=NOW)]),
        Posted(what="another path, as the form has it", request=formed(urlencode({**WORDS, "m.body": "dotted"})),
               account={"more": (*FORMED, "text=m.body")},
               found=[Inbound(id="7", sender="41790000001", recipient="41445556677", text="dotted")]),
        Posted(what="nothing", request=formed(""), found=400),
    ],
    asks=[
        Asks(what="a form", message=message("a&b"), headers={"authorization": "Basic bWU6a2V5LW9mLW91cnM="},
             body=[("to", THEIRS[1:]), ("text", "a&b")]),
    ],
    heard=[Heard(what="taken", status=200, body='{"id": "x"}', sent=Sent(state="sent", provider_ids=("x",)))],
    lacking=[],
    refused=(text("1", 410), 404),
    deferred=429,
)  # fmt: skip

# --- a token in a header, and replies in the answer ----------------------------------------------


def tokened(body: bytes | str, kind: str = FORM, token: str = TOKEN, prefix: str = "Bearer ") -> Request:
    """A request with a token."""
    return request(body, kind, URL, {"authorization": prefix + token})


THIRD = Suite(
    account=Account(
        provider="generic", secret=TOKEN, api_url="https://api.example/send?x=1",
        more=("auth=token", "header=Authorization", "prefix=Bearer", "replies=text", "method=GET", "format=query",
              "send:to={to}", "send:text={text}"),
    ),
    url=URL,
    asks_url="https://api.example/send?x=1&to=%2B41790000001&text=Hi",
    sign=tokened,
    posted=[
        Posted(what="a form", request=tokened(urlencode(WORDS)), found=[SO]),
        Posted(what="another token", request=tokened(urlencode(WORDS), token="another"), found=403),
        Posted(what="no token", request=tokened(urlencode(WORDS), token=""), found=403),
        Posted(what="another scheme", request=tokened(urlencode(WORDS), prefix="Basic "), found=403),
    ],
    asks=[],
    heard=[Heard(what="taken", status=200, body="OK", sent=Sent(state="sent"))],
    lacking=[],
    replies=[
        ((), text("")),
        ((Reply(text="Grüezi"),), text("Grüezi")),
        ((Reply(text="a"), Reply(media=("x",)), Reply(text="b\ud800")), text("a\nb?")),
    ],
    refused=(text(""), 410),
)  # fmt: skip

# --- a password ----------------------------------------------------------------------------------


def by_password(body: bytes | str, kind: str = JSON, user: str = "me:pass:word") -> Request:
    """A request with a name and a password."""
    coded = base64.b64encode(user.encode()).decode()
    return request(body, kind, URL, {"authorization": f"Basic {coded}"})


FOURTH = Suite(
    account=Account(
        provider="generic", signing=("me:pass:word",), more=("auth=basic",), api_url="https://api.example"
    ),
    url=URL,
    asks_url="https://api.example",
    sign=by_password,
    posted=[
        Posted(what="JSON", request=by_password(json.dumps(WORDS)), found=[SO]),
        Posted(what="another password", request=by_password(json.dumps(WORDS), user="me:pass"), found=403),
    ],
    asks=[],
    heard=[],
    lacking=[],
    refused=(text("OK"), 410),
)
SUITES = [FIRST, SECOND, THIRD, FOURTH]
