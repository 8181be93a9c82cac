"""What Slack has sent as the scope and the event of one call."""

from typing import Any

import pytest

from interfaces.shared.errors import PeerError
from interfaces.shared.parcel import Parcel
from interfaces.slack.posted import Posted, interactive
from interfaces.slack.translate import APART, MENTIONS, Me, Occasion, translated
from tests.slack import payloads
from tests.slack.payloads import (
    APP,
    CHANNEL,
    LATER,
    ME,
    MY_BOT,
    TEAM,
    TRIGGER,
    TS,
    USER,
    authorization,
    envelope,
    message,
    pressed,
)

SELF = Me(app_id=APP, bot_id=MY_BOT, bot_user_id=ME)
HTTP = Occasion(transport="http", now=1000.5, deadline=1003.0, name="n1", client=("192.0.2.1", 4000), me=SELF)


def event(inner: dict[str, Any], retry: int = 0, **said: Any) -> Parcel:
    """The call for an event in its envelope."""
    posted = Posted(
        kind="event", payload=envelope(inner, **said), retry_num=retry, retry_reason="x" * (retry > 0)
    )
    return translated(posted, HTTP)


def has(found: Any, /, **said: Any) -> bool:
    """Whether it has these keys with these values."""
    return {key: found.get(key) for key in said} == said


# --- the scope ---------------------------------------------------------------------------------------------


def test_a_message_and_its_scope() -> None:
    """Every key of both, for what somebody writes into a channel."""
    inner = message(text="hello <@U0LAN0Z89>")
    parcel = event(inner)
    assert parcel.scope == {
        "type": "slack",
        "asgi": {"version": "3.0", "spec_version": "1.0"},
        "transport": "http",
        "app_id": APP,
        "team_id": TEAM,
        "enterprise_id": None,
        "is_enterprise_install": False,
        "installation": TEAM,
        "channel": CHANNEL,
        "user": USER,
        "account": f"{TEAM}/{USER}",
        "path": "message",
        "conversation": f"{TEAM}/{CHANNEL}/",
        "client": ("192.0.2.1", 4000),
        "server": None,
        "extensions": {},
    }
    assert parcel.event == {
        "type": "slack.message",
        "id": "Ev0PV52K21",
        "event_id": "Ev0PV52K21",
        "dedupe_key": f"slack:{APP}:Ev0PV52K21",
        "attempt": 1,
        "received_at": 1000.5,
        "team_id": TEAM,
        "channel": CHANNEL,
        "channel_type": "channel",
        "user": USER,
        "bot_id": None,
        "text": "hello <@U0LAN0Z89>",
        "ts": TS,
        "thread_ts": None,
        "subtype": None,
        "blocks": inner["blocks"],
        "files": [],
        "attachments": [],
        "edited": None,
        "mentions": [ME],
        "event": inner,
        "authorizations": [authorization()],
        "envelope": {key: value for key, value in envelope(inner).items() if key not in APART},
        "is_self": False,
        "retry_num": 0,
        "retry_reason": None,
    }
    assert (parcel.key, parcel.conversation) == (f"slack:{APP}:Ev0PV52K21", f"{TEAM}/{CHANNEL}/")


def test_two_scopes_share_nothing() -> None:
    """An application may write into its own."""
    first, second = event(message()), event(message())
    assert first.scope["asgi"] is not second.scope["asgi"]
    assert first.scope["extensions"] is not second.scope["extensions"]


# --- messages, by subtype ----------------------------------------------------------------------------------

NEW = message(text="new", edited={"user": USER, "ts": LATER}, files=[{"id": "F1"}])
SUBTYPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (message(thread_ts=TS), {"thread_ts": TS}),
    (message(channel="D024BE91L", channel_type="im"), {"channel": "D024BE91L", "channel_type": "im"}),
    (
        {"type": "message", "subtype": "message_changed", "hidden": True, "channel": CHANNEL, "ts": LATER,
         "message": NEW, "previous_message": message(text="old"), "event_ts": LATER, "channel_type": "channel"},
        {"subtype": "message_changed", "text": "new", "ts": TS, "user": USER, "edited": NEW["edited"],
         "files": [{"id": "F1"}], "blocks": NEW["blocks"]},
    ),
    (
        {"type": "message", "subtype": "message_deleted", "hidden": True, "channel": CHANNEL, "ts": LATER,
         "deleted_ts": TS, "previous_message": message(text="<@U1>", edited={"ts": TS}), "event_ts": LATER},
        {"subtype": "message_deleted", "text": "", "ts": TS, "user": USER, "blocks": [], "mentions": [],
         "edited": None},
    ),
    (
        {"type": "message", "subtype": "message_deleted", "channel": CHANNEL, "ts": LATER, "deleted_ts": TS},
        {"subtype": "message_deleted", "text": "", "ts": TS, "user": None},
    ),
    (
        {"type": "message", "subtype": "message_replied", "hidden": True, "channel": CHANNEL, "ts": LATER,
         "message": message(thread_ts=TS, reply_count=1, replies=[{"user": "U2", "ts": LATER}])},
        {"subtype": "message_replied", "ts": TS, "thread_ts": TS, "user": USER, "text": "hello"},
    ),
    (
        {"type": "message", "subtype": "bot_message", "channel": CHANNEL, "ts": TS, "text": "Pushing is the answer",
         "bot_id": "BB12033", "username": "github", "icons": {}, "attachments": [{"fallback": "x"}]},
        {"subtype": "bot_message", "bot_id": "BB12033", "user": None, "attachments": [{"fallback": "x"}]},
    ),
    (
        message(subtype="file_share", files=[{"id": "F1", "name": "a.pdf"}], upload=True, display_as_bot=False),
        {"subtype": "file_share", "files": [{"id": "F1", "name": "a.pdf"}]},
    ),
    (
        message(subtype="thread_broadcast", ts=LATER, thread_ts=TS, root=message(thread_ts=TS)),
        {"subtype": "thread_broadcast", "ts": LATER, "thread_ts": TS, "text": "hello"},
    ),
    (message(subtype="me_message", text="waves"), {"subtype": "me_message", "text": "waves"}),
    (
        {"type": "message", "subtype": "channel_join", "ts": TS, "user": USER, "text": f"<@{USER}> has joined",
         "channel": CHANNEL, "channel_type": "channel", "inviter": "U2"},
        {"subtype": "channel_join", "user": USER, "mentions": [USER]},
    ),
    ({"type": "message", "subtype": "ekm_access_denied", "channel": CHANNEL, "ts": TS, "user": "UREVOKEDU"},
     {"text": "", "blocks": []}),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "said"), SUBTYPES)
def test_a_message_of_every_subtype(inner: dict[str, Any], said: dict[str, Any]) -> None:
    """Of an edit the new message, of a deletion the name of the old one, and always the event as Slack sent it."""
    parcel = event(inner)
    assert parcel.scope["path"] == "message"
    assert has(parcel.event, type="slack.message", event=inner, channel=inner["channel"])
    assert has(parcel.event, **said)
    assert parcel.scope["user"] == parcel.event["user"]


@pytest.mark.parametrize(
    ("inner", "thread"),
    [
        (message(), ""),
        (message(thread_ts=TS), ""),
        (message(ts=LATER, thread_ts=TS), TS),
        (message(ts=LATER, thread_ts=TS, subtype="thread_broadcast"), TS),
        ({"type": "message", "subtype": "message_changed", "channel": CHANNEL, "ts": "9.9",
          "message": message(ts=LATER, thread_ts=TS)}, TS),
        ({"type": "message", "subtype": "message_deleted", "channel": CHANNEL, "ts": "9.9",
          "previous_message": message(ts=LATER, thread_ts=TS)}, TS),
        ({"type": "app_mention", "channel": CHANNEL, "ts": LATER, "thread_ts": TS, "user": USER}, TS),
        ({"type": "app_mention", "channel": CHANNEL, "ts": LATER, "thread_ts": TS, "user": USER,
          "assistant_thread": {"action_token": "x"}}, TS),
        ({"type": "reaction_added", "user": USER, "item": {"type": "message", "channel": CHANNEL, "ts": TS}}, ""),
    ],
)  # fmt: skip
def test_a_conversation_is_a_thread(inner: dict[str, Any], thread: str) -> None:
    """An edit waits for what it edits; the first message of a thread is in its channel."""
    parcel = event(inner)
    assert parcel.conversation == parcel.scope["conversation"] == f"{TEAM}/{CHANNEL}/{thread}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<@U1> and <@W2|ada> and <@U1>", ["U1", "W2"]),
        ("<#C1|general> <!here> <!subteam^S1> <@u1> <@> @U1 &lt;@U1&gt;", []),
        ("<@U1", []),
        ("<@U1|<@U2>", ["U2"]),
        ("<@" + "U" * 31 + ">", []),
        ("".join(f"<@U{number}>" for number in range(500)), [f"U{number}" for number in range(MENTIONS)]),
    ],
)
def test_mentions_are_users_that_the_text_names(text: str, found: list[str]) -> None:
    """Each once, in order, and not more than there is room for."""
    assert event(message(text=text)).event["mentions"] == found


def test_mentions_of_a_text_that_only_begins_them_take_no_time() -> None:
    """A long text of beginnings is read once, not once for each of them."""
    assert event(message(text="<@U1|" * 200_000)).event["mentions"] == []


# --- other events ------------------------------------------------------------------------------------------

EVENTS: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"type": "app_mention", "user": USER, "text": f"<@{ME}> hi", "ts": TS, "channel": CHANNEL, "event_ts": TS,
      "assistant_thread": {"action_token": "x"}}, CHANNEL, USER),
    ({"type": "reaction_added", "user": USER, "reaction": "thumbsup", "item_user": ME,
      "item": {"type": "message", "channel": CHANNEL, "ts": TS}, "event_ts": LATER}, CHANNEL, USER),
    ({"type": "reaction_added", "user": USER, "item": {"type": "file", "file": "F1"}}, None, USER),
    ({"type": "team_join", "user": {"id": USER, "team_id": TEAM, "name": "ada", "profile": {}}}, None, USER),
    ({"type": "user_change", "user": {"id": USER, "name": "ada"}, "cache_ts": 1}, None, USER),
    ({"type": "channel_created", "channel": {"id": CHANNEL, "name": "fun", "created": 1, "creator": USER}},
     CHANNEL, None),
    ({"type": "channel_rename", "channel": {"id": CHANNEL, "name": "new"}}, CHANNEL, None),
    ({"type": "member_joined_channel", "user": USER, "channel": CHANNEL, "channel_type": "C", "team": TEAM,
      "inviter": "U2"}, CHANNEL, USER),
    ({"type": "pin_added", "user": USER, "channel_id": CHANNEL, "item": {"type": "message"}}, CHANNEL, USER),
    ({"type": "star_added", "user": USER, "item": {"channel": CHANNEL}}, CHANNEL, USER),
    ({"type": "file_shared", "channel_id": CHANNEL, "file_id": "F1", "user_id": USER, "file": {"id": "F1"}},
     CHANNEL, USER),
    ({"type": "link_shared", "channel": CHANNEL, "user": USER, "message_ts": TS, "links": []}, CHANNEL, USER),
    ({"type": "message_metadata_posted", "channel_id": CHANNEL, "user_id": USER, "metadata": {}}, CHANNEL, USER),
    ({"type": "app_home_opened", "user": USER, "channel": "D0LAN2Q65", "tab": "home", "event_ts": "1.2",
      "view": {"id": "V1", "team_id": "TOTHER"}}, "D0LAN2Q65", USER),
    ({"type": "assistant_thread_started", "event_ts": TS, "assistant_thread":
      {"user_id": USER, "channel_id": "D1", "thread_ts": TS, "context": {"channel_id": CHANNEL}}}, "D1", USER),
    ({"type": "assistant_thread_context_changed", "assistant_thread":
      {"user_id": USER, "channel_id": "D1", "thread_ts": TS}}, "D1", USER),
    ({"type": "function_executed", "function": {"id": "Fn1", "callback_id": "sample", "type": "app"}, "inputs":
      {"user_id": USER}, "function_execution_id": "Fx1", "bot_access_token": "xwfp-1"}, None, None),
    ({"type": "app_uninstalled"}, None, None),
    ({"type": "tokens_revoked", "tokens": {"oauth": [USER], "bot": [ME]}}, None, None),
    ({"type": "subteam_created", "subteam": {"id": "S1"}}, None, None),
    ({"type": "what_comes_next_year", "channel": 7, "user": None}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "channel", "user"), EVENTS, ids=[inner["type"] for inner, _, _ in EVENTS])
def test_every_other_event(inner: dict[str, Any], channel: str | None, user: str | None) -> None:
    """Its path is its type; channel and user are found wherever Slack has put them, else None."""
    parcel = event(inner)
    assert has(parcel.scope, path=f"event/{inner['type']}", channel=channel, user=user, team_id=TEAM)
    assert has(
        parcel.event, type="slack.event", event_type=inner["type"], event=inner, channel=channel, user=user
    )
    assert (parcel.conversation is None) == (channel is None)
    assert parcel.scope["account"] == (f"{TEAM}/{user}" if user else None)


def test_the_thread_of_an_assistant_is_one_conversation() -> None:
    """Its beginning comes before what is said in it."""
    where = {"user_id": USER, "channel_id": "D1", "thread_ts": TS}
    begun = event({"type": "assistant_thread_started", "assistant_thread": where})
    said = event(message(channel="D1", channel_type="im", ts=LATER, thread_ts=TS,
                         assistant_thread={"action_token": "x"}))  # fmt: skip
    assert begun.conversation == said.conversation == f"{TEAM}/D1/{TS}"


def test_an_envelope_of_its_own_is_an_event() -> None:
    """app_rate_limited has neither an event within nor an event_id: it is known by no repeat."""
    payload = {"token": "x", "type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1518467820,
               "api_app_id": APP}  # fmt: skip
    parcel = translated(Posted(kind="event", payload=payload), HTTP)
    assert has(parcel.scope, path="event/app_rate_limited", app_id=APP, team_id=TEAM, conversation=None)
    assert has(parcel.event, event_type="app_rate_limited", event=payload, id="n1", envelope={})
    assert parcel.event["dedupe_key"] == f"slack:{APP}:n1"
    assert parcel.key == "" and parcel.event["event_id"] == ""


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": ""},
        {"type": 1},
        {"type": "event_callback"},
        {"type": "event_callback", "event": None},
        {"type": "event_callback", "event": "message"},
        {"type": "event_callback", "event": []},
        {"type": "event_callback", "event": {}},
        {"type": "event_callback", "event": {"type": ""}},
        {"type": "event_callback", "event": {"type": ["message"]}},
    ],
)
def test_an_event_has_a_type(payload: dict[str, Any]) -> None:
    """Else nobody could route it, and repeating it would not help."""
    with pytest.raises(PeerError, match="no event with a type"):
        translated(Posted(kind="event", payload=payload), HTTP)


# --- repeats -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retry", [1, 2, 3])
def test_a_repeat_is_known_and_says_which_it_is(retry: int) -> None:
    """By the same key, whatever its number; an attempt is one more than Slack's retries."""
    first, again = event(message()), event(message(), retry)
    assert again.key == first.key and again.event["dedupe_key"] == first.event["dedupe_key"]
    assert has(again.event, attempt=retry + 1, retry_num=retry, retry_reason="x")
    assert again.scope == first.scope


def test_two_apps_that_hear_of_the_same_do_both_of_it() -> None:
    """In one process they are: what one has done is no repeat for the other; who knows no app is told apart."""
    keys = [event(message(), api_app_id=app).key for app in ("A1", "A2", None)]
    assert keys == ["slack:A1:Ev0PV52K21", "slack:A2:Ev0PV52K21", "slack::Ev0PV52K21"]


def test_what_came_around_an_event_is_told() -> None:
    """As it was: where it may be shared, and by what it is looked up; not the old token, which is a secret."""
    around = {"is_ext_shared_channel": True, "context_team_id": TEAM, "event_context": "4-abc", "yet": [1]}
    for inner in (message(), {"type": "app_mention", "channel": CHANNEL, "user": USER}):
        found = event(inner, token="s3cret", **around).event["envelope"]
        assert has(found, type="event_callback", team_id=TEAM, api_app_id=APP, **around)
        assert not found.keys() & {"event", "authorizations", "token"}


def test_what_a_person_has_begun_is_known_by_its_trigger() -> None:
    """Until when it can be answered stands beside it; what has no trigger gets a name of ours, and no key."""
    parcel = translated(interactive(payloads.submitted()), HTTP)
    assert (parcel.key, parcel.event["id"]) == (f"slack:{APP}:{TRIGGER}", TRIGGER)
    assert has(
        parcel.event, dedupe_key=f"slack:{APP}:{TRIGGER}", ack_deadline=1003.0, attempt=1, received_at=1000.5
    )
    closed = translated(interactive(pressed("view_closed", view=payloads.view())), HTTP)
    assert (closed.key, closed.event["id"], closed.event["dedupe_key"]) == ("", "n1", f"slack:{APP}:n1")
    assert closed.conversation is None and closed.scope["conversation"] is None


# --- our own -----------------------------------------------------------------------------------------------

OTHER = Me(app_id="A2", bot_id="B2", bot_user_id="U2")
EDIT = {"type": "message", "subtype": "message_changed", "channel": CHANNEL, "ts": LATER}
OWN: list[tuple[dict[str, Any], bool]] = [
    (message(), False),
    (message(user=ME, bot_id=MY_BOT, app_id=APP), True),
    (message(user=ME), True),
    (message(user=None, bot_id=MY_BOT), True),
    (message(user=None, bot_id="BB12033", subtype="bot_message"), False),
    (message(user=None, bot_id="B_ELSEWHERE", app_id=APP), True),
    (message(bot_id="BB12033", app_id="A_OTHER"), False),
    (message(app_id=APP), False),
    ({**EDIT, "message": message(user=ME, bot_id=MY_BOT)}, True),
    ({**EDIT, "message": message(), "previous_message": message(user=ME)}, False),
    ({**EDIT, "subtype": "message_deleted", "previous_message": message(user=ME, bot_id=MY_BOT)}, True),
    ({"type": "reaction_added", "user": ME, "item": {"channel": CHANNEL}}, True),
    ({"type": "reaction_added", "user": USER, "item_user": ME, "item": {"channel": CHANNEL}}, False),
    ({"type": "member_joined_channel", "user": ME, "channel": CHANNEL}, True),
    ({"type": "team_join", "user": {"id": ME}}, True),
    ({"type": "app_uninstalled"}, False),
]


@pytest.mark.parametrize(("inner", "own"), OWN)
def test_what_we_do_ourselves_is_told(inner: dict[str, Any], own: bool) -> None:
    """Messages of our bot, also in other workspaces, edits of them, what our user does: else bots answer themselves."""
    assert event(inner).event["is_self"] is own


def test_who_we_are_is_known_of_slack_too() -> None:
    """Where the installation cannot be asked: authorizations name our user, and an envelope our app."""
    posted = Posted(kind="event", payload=envelope(message(user=ME)))
    assert translated(posted, Occasion(transport="http", now=0.0)).event["is_self"] is True
    human = authorization(user_id=USER, is_bot=False)
    posted = Posted(kind="event", payload=envelope(message(), authorizations=[human]))
    assert translated(posted, Occasion(transport="http", now=0.0)).event["is_self"] is False
    posted = Posted(kind="event", payload=envelope(message(bot_id="B9", app_id=APP), authorizations=[]))
    assert translated(posted, Occasion(transport="http", now=0.0, me=OTHER)).event["is_self"] is True


def test_nobody_is_ourselves_where_nobody_is_known() -> None:
    """An app without an id is not the same as a message without one; and who we are is enough by itself."""
    nobody = Occasion(transport="http", now=0.0)
    for inner in (message(user=None, bot_id="B9"), message(user=None), message()):
        payload = envelope(inner, authorizations=[], api_app_id=None)
        assert translated(Posted(kind="event", payload=payload), nobody).event["is_self"] is False
    ours = Posted(kind="event", payload=envelope(message(user=ME), authorizations=[]))
    assert translated(ours, HTTP).event["is_self"] is True
