"""interfaces.slack.sending.calls and shapes: what is asked of Slack for each message, and what never is."""

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.slack.sending.calls import PARTS, POSTS, calls_of, method_of
from interfaces.slack.sending.shapes import SHAPES, TYPES

API = "https://slack.com/api/"
VIEW = {"type": "modal", "blocks": []}


def asked(kind, **said):
    """(method, arguments) of each call for a message."""
    return [(call.method, dict(call.args)) for call in calls_of({"type": f"slack.{kind}", **said}, API)]


CALLS = [
    ("send", {"channel": "C1", "text": "hi"}, "chat.postMessage", {"channel": "C1", "text": "hi"}),
    ("send",
     {"channel": "C1", "text": "hi", "blocks": [{"type": "divider"}], "thread_ts": "1.2", "reply_broadcast": True},
     "chat.postMessage",
     {"channel": "C1", "text": "hi", "blocks": [{"type": "divider"}], "thread_ts": "1.2", "reply_broadcast": True}),
    ("send", {"channel": "C1", "text": "x", "ephemeral_user": "U1"}, "chat.postEphemeral",
     {"channel": "C1", "text": "x", "user": "U1"}),
    ("send", {"channel": "C1", "text": "x", "post_at": 1e9}, "chat.scheduleMessage",
     {"channel": "C1", "text": "x", "post_at": 1_000_000_000}),
    ("update", {"channel": "C1", "ts": "1.2", "text": "x"}, "chat.update", {"channel": "C1", "ts": "1.2", "text": "x"}),
    ("delete", {"channel": "C1", "ts": "1.2"}, "chat.delete", {"channel": "C1", "ts": "1.2"}),
    ("react", {"channel": "C1", "ts": "1.2", "name": ":eyes:"}, "reactions.add",
     {"channel": "C1", "timestamp": "1.2", "name": "eyes"}),
    ("react", {"channel": "C1", "ts": "1.2", "name": "eyes", "remove": True}, "reactions.remove",
     {"channel": "C1", "timestamp": "1.2", "name": "eyes"}),
    ("open_view", {"trigger_id": "t", "view": VIEW}, "views.open", {"trigger_id": "t", "view": VIEW}),
    ("push_view", {"trigger_id": "t", "view": VIEW}, "views.push", {"trigger_id": "t", "view": VIEW}),
    ("update_view", {"external_id": "e", "hash": "h", "view": VIEW}, "views.update",
     {"external_id": "e", "hash": "h", "view": VIEW}),
    ("publish_view", {"user_id": "U1", "view": VIEW}, "views.publish", {"user_id": "U1", "view": VIEW}),
    ("status", {"channel": "D1", "thread_ts": "1.2"}, "assistant.threads.setStatus",
     {"channel_id": "D1", "thread_ts": "1.2", "status": ""}),
    ("prompts", {"channel": "D1", "thread_ts": "1.2", "prompts": [{"title": "a", "message": "b"}]},
     "assistant.threads.setSuggestedPrompts",
     {"channel_id": "D1", "thread_ts": "1.2", "prompts": [{"title": "a", "message": "b"}]}),
    ("title", {"channel": "D1", "thread_ts": "1.2", "title": "T"}, "assistant.threads.setTitle",
     {"channel_id": "D1", "thread_ts": "1.2", "title": "T"}),
    ("call", {"method": "conversations.info", "args": {"channel": "C1"}}, "conversations.info", {"channel": "C1"}),
    ("call", {"method": "chat.scheduledMessages.list"}, "chat.scheduledMessages.list", {}),
    ("respond", {"response_url": "https://hooks.slack.com/commands/T1/1/x", "text": "x", "response_type": "in_channel"},
     "response_url", {"text": "x", "response_type": "in_channel"}),
    ("upload", {"channel": "C1", "files": [{"filename": "a.txt", "content": b"x"}], "initial_comment": "see"},
     "files.completeUploadExternal", {"channel_id": "C1", "initial_comment": "see"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said", "method", "args"), CALLS, ids=[f"{one[0]}: {one[2]}" for one in CALLS]
)
def test_each_message_is_a_call(kind, said, method, args):
    """With the names that Slack has for its keys; what every message may have is not told to Slack."""
    common = {
        "id": "1",
        "dedupe_key": "k",
        "team_id": "T1",
        "enterprise_id": "E1",
        "reply_channel": "r",
        "expires": 9e9,
    }
    assert asked(kind, **common, **said) == [(method, args)]
    assert method_of({"type": f"slack.{kind}", **said}) == method


def test_every_type_has_an_example_here():
    """A new one is not forgotten."""
    assert {f"slack.{one[0]}" for one in CALLS} | {"slack.stream"} == TYPES == {*SHAPES}


URL = "https://hooks.slack.com/x"
REFUSED = [
    ({"type": "slack.sned"}, "slack knows no message 'slack.sned'.*did you mean slack.send"),
    ({"type": None}, "knows no message None"),
    ({"type": "slack.send", "text": "x"}, "slack.send needs channel"),
    ({"type": "slack.send", "channel": "C1"}, "slack.send needs text or blocks or attachments"),
    ({"type": "slack.send", "channel": "C1", "text": 5}, "text is a int; it is to be a str"),
    (
        {"type": "slack.send", "channel": "C1", "text": "x", "mrkdwn": 1},
        "mrkdwn is a int; it is to be a bool",
    ),
    ({"type": "slack.send", "channel": "C1", "text": "x", "post_at": True}, "post_at is a bool"),
    (
        {"type": "slack.send", "channel": "C1", "text": "x", "tread_ts": "1"},
        "no 'tread_ts'.*did you mean thread_ts",
    ),
    ({"type": "slack.send", "channel": "C1", "blocks": [{}] * 51}, "51 blocks; 50 are the most"),
    ({"type": "slack.send", "channel": "C1", "blocks": ["x"]}, "blocks are dicts"),
    ({"type": "slack.send", "channel": "C1", "attachments": [{}] * 101}, "101 attachments"),
    ({"type": "slack.send", "channel": "C1", "text": "x", "reply_broadcast": True}, "say thread_ts"),
    (
        {"type": "slack.send", "channel": "C1", "text": "x", "ephemeral_user": "U1", "post_at": 9},
        "cannot be scheduled",
    ),
    ({"type": "slack.send", "channel": "C1", "text": "x" * (4000 * PARTS + 1)}, "200001 characters; 200000"),
    (
        {"type": "slack.send", "channel": "C1", "text": "x" * 40_001, "blocks": [{}]},
        "40001 characters; 40000",
    ),
    ({"type": "slack.send", "channel": "C1", "text": "\ud800"}, "half a character"),
    ({"type": "slack.send", "channel": "C1", "blocks": [{"x": b"y"}]}, "bytes is not JSON serializable"),
    ({"type": "slack.update", "channel": "C1", "ts": "1", "text": "x" * 4001}, "4001 characters; 4000"),
    ({"type": "slack.update", "channel": "C1", "text": "x"}, "slack.update needs ts"),
    (
        {"type": "slack.open_view", "trigger_id": "t", "view": {"blocks": [{}] * 101}},
        "101 blocks of its view",
    ),
    ({"type": "slack.update_view", "view": VIEW}, "needs view_id or external_id"),
    ({"type": "slack.upload", "files": [{"filename": "a"}]}, "filename and content, not empty"),
    ({"type": "slack.upload", "files": [{"filename": "a", "content": "x"}] * 11}, "11 files; 10"),
    ({"type": "slack.upload", "files": [{"filename": "a", "content": "x"}], "thread_ts": "1"}, "say which"),
    ({"type": "slack.call", "method": "../admin"}, "no method of the Web API"),
    (
        {"type": "slack.call", "method": "chat.postMessage", "args": {"token": "xoxb-1"}},
        "token is that of the inst",
    ),
    ({"type": "slack.call", "method": "chat.postMessage", "args": {"x": float("nan")}}, "JSON compliant"),
    ({"type": "slack.call", "method": "chat.postMessage", "args": {"x": "\ud800"}}, "surrogates not allowed"),
    ({"type": "slack.call", "method": "chat.postMessage", "args": {1: 2}}, "keys of args are str"),
    ({"type": "slack.respond", "response_url": URL}, "needs text or blocks"),
    ({"type": "slack.respond", "response_url": URL, "text": "x" * 40_001}, "40001 characters"),
    ({"type": "slack.stream", "channel": "C1", "thread_ts": "1"}, "needs text or stop"),
]


@pytest.mark.parametrize(("message", "why"), REFUSED)
def test_what_can_never_be_sent(message, why):
    """One line says what is wrong with it."""
    with pytest.raises(ApplicationError, match=why) as error:
        calls_of(message, API)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x", "https://hooks.slack.com.evil.net/x", "https://evil.net/hooks.slack.com",
        "https://hooks.slack.com@evil.net/", "https://a@hooks.slack.com/", "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com\\@evil.net/", "https://169.254.169.254/", "file:///etc/passwd", "https://[::1", "x",
        "https://slack.com:81/x", "https://hooks.slack.com/x\r\nHost: y", "https://hooks.slаck.com/x",
    ],
)  # fmt: skip
def test_nobody_has_us_post_elsewhere(url):
    """A response URL is at Slack's own host, or at the Web API's of the options; the error has none of it."""
    with pytest.raises(ApplicationError, match="is none of Slack's") as error:
        asked("respond", response_url=url, text="x")
    assert url not in str(error.value)


@pytest.mark.parametrize(
    ("url", "api"), [(URL, ""), (URL, API), ("http://127.0.0.1:5/r/1", "http://127.0.0.1:5/api/")]
)
def test_where_an_answer_may_go(url, api):
    """Slack's host; a fake's, by the same scheme and port. Its repr does not say where."""
    (call,) = calls_of({"type": "slack.respond", "response_url": url, "delete_original": True}, api)
    assert (call.url, call.safe) == (url, True)
    assert url not in repr(call) and "delete" not in repr(call)


def test_a_long_text_is_several_calls():
    """All to the same place, in their order; what goes with it stands once, and the last part carries attachments."""
    text = "\n\n".join("x" * 3000 for _ in range(3))
    said = {
        "channel": "C1",
        "text": text,
        "thread_ts": "1.2",
        "metadata": {"a": 1},
        "attachments": [{"text": "y"}],
    }
    calls = asked("send", **said)
    assert [method for method, _ in calls] == ["chat.postMessage"] * 3
    assert [len(args["text"]) for _, args in calls] == [3000] * 3
    assert {args["thread_ts"] for _, args in calls} == {"1.2"}
    assert ["metadata" in args for _, args in calls] == [True, False, False]
    assert ["attachments" in args for _, args in calls] == [False, False, True]
    later = asked("send", channel="C1", text=text, post_at=1000)
    assert [args["post_at"] for _, args in later] == [1000, 1001, 1002]


def test_a_text_beside_blocks_is_not_split():
    """It is what a notification says."""
    assert len(asked("send", channel="C1", text="x" * 9000, blocks=[{"type": "divider"}])) == 1


@pytest.mark.parametrize(
    ("said", "methods"),
    [
        ({"text": "hi"}, ["start"]),
        ({"text": "hi", "ts": "1.3"}, ["append"]),
        ({"text": "hi", "ts": "1.3", "stop": True}, ["stop"]),
        ({"ts": "1.3", "stop": True}, ["stop"]),
        ({"text": "hi", "stop": True}, ["start", "stop"]),
        ({"text": "x " * 9000}, ["start", "append"]),
        ({"text": "x " * 15_000, "ts": "1.3", "stop": True}, ["append", "append", "stop"]),
    ],
)
def test_a_stream_is_begun_added_to_and_stopped(said, methods):
    """As far as the message says; a text that is too long for one call is added in parts."""
    message = {
        "type": "slack.stream",
        "channel": "C1",
        "thread_ts": "1.2",
        "team_id": "T1",
        "recipient_user_id": "U1",
    }
    calls = calls_of({**message, **said})
    assert [call.method for call in calls] == [f"chat.{word}Stream" for word in methods]
    told = "".join(call.args.get("markdown_text", "") for call in calls)
    assert told.replace(" ", "") == said.get("text", "").replace(" ", "")
    for number, call in enumerate(calls):
        if call.method == "chat.startStream":
            assert call.args["thread_ts"] == "1.2" and call.args["recipient_team_id"] == "T1"
        else:
            assert (call.args.get("ts") == "1.3") is ("ts" in said) and call.follows is ("ts" not in said)
            assert number or "ts" in said


def test_what_may_be_repeated():
    """To read, and to set what is set already; never to post."""
    for method, safe in {
        "conversations.info": True, "users.list": True, "chat.update": True, "conversations.history": True,
        "chat.postMessage": False, "conversations.create": False, "views.open": False, "pins.add": True,
    }.items():  # fmt: skip
        (call,) = calls_of({"type": "slack.call", "method": method})
        assert (call.safe, call.tells, call.posts) == (safe, True, method in POSTS)
