"""interfaces.email.fan: what one of several routes sees of a message. How they run together: test_router."""

from typing import Any

from interfaces.email.fan import Share
from interfaces.email.routes import tagged


async def app(_scope: Any, _receive: Any, _send: Any) -> None:
    """Nobody calls it."""


RECIPIENTS = [
    {"address": f"{local}@b.example", "local": local, "domain": "b.example", "params": {}}
    for local in ("x", "desk+1", "y", "desk+1")
]
SCOPE: dict[str, Any] = {
    "type": "email",
    "path": "b.example/x",
    "rcpt_to": RECIPIENTS,
    "mail_from": "a@a.example",
}
SHARE = Share(tagged("desk@b.example", app), {"tag": "1"}, [1, 3])


def event(*to: str, **more: Any) -> dict[str, Any]:
    """An event for these."""
    return {"type": "email.receive", "to": [*to], "to_address": to[0], "body": b"x", **more}


def test_the_scope_is_of_its_recipients_alone() -> None:
    """Path and keywords are those of the first; the rest of the scope is that of the message, which stays as it is."""
    scope = SHARE.scope(SCOPE)
    assert [one["local"] for one in scope["rcpt_to"]] == ["desk+1", "desk+1"]
    assert (scope["path"], scope["mail_from"]) == ("b.example/desk+1", "a@a.example")
    assert scope["url_route"] == {"args": (), "kwargs": {"tag": "1"}}
    assert SCOPE["path"] == "b.example/x" and "url_route" not in SCOPE


def test_keywords_of_outer_routers_stay() -> None:
    """Those of the inner one win."""
    outer = {"url_route": {"args": ("a",), "kwargs": {"shop": "s", "tag": "0"}}}
    assert SHARE.scope({**SCOPE, **outer})["url_route"] == {
        "args": ("a",),
        "kwargs": {"shop": "s", "tag": "1"},
    }


def test_the_event_is_for_its_recipients_alone() -> None:
    """With their keys, so that a repeat for one of them is known by the same."""
    every = [one["address"] for one in RECIPIENTS[:3]]
    found = SHARE.event(event(*every, dedupe_keys=["kx", "k1", "ky"], dedupe_key="kx"), SCOPE)
    assert (found["to"], found["to_address"]) == (["desk+1@b.example"], "desk+1@b.example")
    assert (found["dedupe_keys"], found["dedupe_key"], found["body"]) == (["k1"], "k1", b"x")


def test_a_last_piece_for_none_of_them_is_the_end() -> None:
    """Their verdict is known: it is not this call's to give."""
    assert SHARE.event(event("x@b.example"), SCOPE) == {"type": "email.disconnect", "code": 0}


def test_what_names_no_recipients_is_for_all() -> None:
    """A disconnect, a result."""
    said = {"type": "email.disconnect", "code": 451}
    assert SHARE.event(said, SCOPE) == said and SHARE.event(said, SCOPE) is not said
