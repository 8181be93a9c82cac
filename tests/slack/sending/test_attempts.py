"""One attempt of a message, with a client that answers by script: what is asked, and what is told of it."""

import asyncio

import msgspec
import pytest

from interfaces.slack.installations.base import Installation
from interfaces.slack.sending.answers import Answer
from interfaces.slack.sending.sender import REDACTED, _harmless, redacted
from interfaces.slack.sending.way import RESPONSE, TRIGGER, SlackWay, as_said, wide
from tests.slack.sending.kit import SEND, Installed, sending

NOW = 1_000_000.0
URL = "https://hooks.slack.com/x"
VIEW = {"type": "modal", "blocks": []}
OK = Answer(status=200, data={"ok": True, "channel": "C1", "ts": "1.1"})


class Scripted:
    """A client: what it was asked, and the answers that it gives, the last one again and again."""

    api_url = "https://slack.com/api/"

    def __init__(self, *answers):
        self.answers = list(answers) or [OK]
        self.asked = []

    def _next(self, *asked):
        self.asked.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def call(self, method, args, token):
        return self._next(method, dict(args), token)

    async def respond(self, url, payload):
        return self._next("respond", dict(payload), url)

    async def upload(self, url, content):
        return self._next("upload", content, url)


def said(word, status=200, **more):
    """Slack's answer with this word."""
    return Answer(status=status, data={"ok": False, "error": word}, **more)


def attempt(message, *answers, installed=None, interval=1.0, clock=NOW, real=as_said, **more):
    """What one attempt gives, what was asked for it, and how often it was said to begin."""
    client = Scripted(*answers)
    way = SlackWay(
        client=client, installations=installed or Installed(T1="xoxb-1", T2="xoxb-2"), interval=interval,
        clock=lambda: clock, real=real,
    )  # fmt: skip
    made, begun = sending({"type": "slack.send", "team_id": "T1", **message}, **more)
    return asyncio.run(way.attempt(made)), client.asked, len(begun)


MESSAGES = [
    ({"channel": "C1", "text": "x"}, "chat.postMessage", 1),
    ({"channel": "C1", "text": "x", "ephemeral_user": "U1"}, "chat.postEphemeral", 1),
    ({"channel": "C1", "text": "x", "post_at": 5}, "chat.scheduleMessage", 1),
    ({"type": "slack.update", "channel": "C1", "ts": "1.1", "text": "x"}, "chat.update", 0),
    ({"type": "slack.delete", "channel": "C1", "ts": "1.1"}, "chat.delete", 0),
    ({"type": "slack.react", "channel": "C1", "ts": "1.1", "name": "eyes"}, "reactions.add", 0),
    ({"type": "slack.open_view", "trigger_id": "t", "view": VIEW}, "views.open", 1),
    ({"type": "slack.push_view", "trigger_id": "t", "view": VIEW}, "views.push", 1),
    ({"type": "slack.update_view", "view_id": "V1", "view": VIEW}, "views.update", 0),
    ({"type": "slack.publish_view", "user_id": "U1", "view": VIEW}, "views.publish", 0),
    ({"type": "slack.status", "channel": "D1", "thread_ts": "1.1"}, "assistant.threads.setStatus", 0),
    (
        {"type": "slack.title", "channel": "D1", "thread_ts": "1.1", "title": "T"},
        "assistant.threads.setTitle",
        0,
    ),
    (
        {"type": "slack.call", "method": "conversations.create", "args": {"name": "x"}},
        "conversations.create",
        1,
    ),
    ({"type": "slack.call", "method": "users.info", "args": {"user": "U1"}}, "users.info", 0),
    ({"type": "slack.stream", "channel": "C1", "thread_ts": "1.1", "text": "x"}, "chat.startStream", 1),
]


@pytest.mark.parametrize(("message", "method", "begins"), MESSAGES)
def test_each_message_is_one_call_with_its_token(message, method, begins):
    """What may not be repeated is written down before, and nothing else."""
    put_at = {"put_at": NOW}
    found, asked, begun = attempt(message, **put_at)
    assert [(one[0], one[2]) for one in asked] == [(method, "xoxb-1")]
    assert (found.state, begun) == ("sent", begins)
    assert (found.told["ok"], found.told["status"], found.told["error"]) == (True, "sent", "")


@pytest.mark.parametrize(
    ("message", "method", "begins"), [one for one in MESSAGES if "trigger_id" not in one[0]]
)
@pytest.mark.parametrize(
    ("answer", "safe", "unsafe"),
    [
        (said("internal_error"), "later", "uncertain"),
        (Answer(), "later", "uncertain"),
        (Answer(status=500), "later", "uncertain"),
        (Answer(status=503), "later", "later"),
        (said("channel_not_found"), "failed", "failed"),
    ],
)
def test_what_becomes_of_each_when_slack_does_not_take_it(message, method, begins, answer, safe, unsafe):
    """What may have been done is uncertain, where a second time would be one too many."""
    found, _, _ = attempt(message, answer, put_at=NOW)
    state = unsafe if begins else safe
    assert found.state == state
    assert found.told["status"] == {"later": "deferred"}.get(state, state)
    assert found.told["error"] == answer.word != ""
    assert ("retry_after" in found.told) is (state == "later")
    assert found.reason.startswith(f"{method}: {answer.word}")


@pytest.mark.parametrize(
    ("age", "delay", "state"),
    [
        (0.0, None, "sent"),
        (TRIGGER - 0.1, None, "sent"),
        (TRIGGER, None, "expired"),
        (100.0, None, "expired"),
        (0.0, 1.0, "later"),
        (0.0, TRIGGER, "expired"),
        (2.5, 1.0, "expired"),
    ],
)
def test_a_trigger_is_good_for_three_seconds(age, delay, state):
    """Nothing is asked with one that is over, nor is it tried again when it will be."""
    message = {"type": "slack.open_view", "trigger_id": "t", "view": VIEW}
    answer = OK if delay is None else said("ratelimited", 429, retry_after=delay)
    found, asked, _ = attempt(message, answer, put_at=NOW - age)
    if state == "expired":
        assert (found.state, found.told["error"]) == ("failed", "expired_trigger_id")
        assert len(asked) == (delay is not None)
    else:
        assert found.state == state


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"channel": ""}, "slack.send needs channel"),
        ({"text": ""}, "slack.send needs text or blocks or attachments"),
        ({"type": "slack.other"}, "slack knows no message 'slack.other'"),
        ({"colour": "red"}, "slack.send has no 'colour'"),
    ],
)
def test_what_can_never_be_sent_has_failed_at_once(wrong, why):
    """Slack is not asked; the result says why."""
    found, asked, begun = attempt({**SEND, **wrong})
    assert (found.state, asked, begun) == ("failed", [], 0)
    assert found.told["error"].startswith(why)


def test_a_workspace_without_the_app():
    """Has failed; nobody is asked."""
    found, asked, _ = attempt({**SEND, "team_id": "T9"})
    assert (found.state, found.told["error"], asked) == ("failed", "not_installed", [])


def test_a_store_that_is_away():
    """It is tried again, and counts as down; nothing was begun."""
    installed = Installed(T1="xoxb-1")
    installed.away = True
    found, asked, begun = attempt(SEND, installed=installed)
    assert (found.state, found.down, asked, begun) == ("later", True, [], 0)
    assert found.told["error"] == "no database"
    assert found.told["retry_after"] == found.delay == 5.0


@pytest.mark.parametrize(("team", "token"), [("T1", "xoxb-1"), ("T2", "xoxb-2"), (None, "xoxb-1")])
def test_the_token_is_of_the_team_that_is_named(team, token):
    """Or of the one that there is."""
    _, asked, _ = attempt({**SEND, "team_id": team})
    assert asked[0][2] == token


def test_the_organisation_is_asked_for_too():
    """By the names that the message says."""
    seen = []

    class Asked(Installed):
        async def find(self, team_id, enterprise_id=None, *, is_enterprise_install=False):
            seen.append((team_id, enterprise_id))
            return Installation(key="E1", token="xoxb-e")

    attempt({**SEND, "enterprise_id": "E1"}, installed=Asked())
    assert seen == [("T1", "E1")]


LONG = "\n\n".join(letter * 3000 for letter in "abc")


@pytest.mark.parametrize(
    ("parts", "letter", "state", "told"),
    [
        ([], "a", "later", ["1.1"]),
        (["9.1"], "b", "later", ["9.1", "1.1"]),
        (["9.1", "9.2"], "c", "sent", ["9.1", "9.2", "1.1"]),
        (["9.1", "9.2", "9.3"], None, "sent", ["9.1", "9.2", "9.3"]),
    ],
)
def test_a_long_text_goes_on_where_it_was(parts, letter, state, told):
    """One part an attempt; what is posted is told, and the rest of it follows at the channel's pace."""
    found, asked, _ = attempt({**SEND, "text": LONG}, earlier={"parts": parts, "channel": "C1", "ts": "9.1"})
    assert [one[1]["text"][0] for one in asked] == ([letter] if letter else [])
    assert (found.state, found.told["parts"]) == (state, told)
    assert found.told["ts"] == "9.1"
    if state == "later":
        assert (found.quiet, found.delay, found.rest) == (True, 1.0, 1.0)
    elif letter:
        assert (found.rest, found.told["ok"]) == (1.0, True)


def test_the_tries_of_a_part_are_its_own():
    """Those that posted the parts before it are none: an expired token is renewed all the same."""
    expired = said("token_expired")
    for number, state in ((3, "later"), (4, "later"), (5, "failed")):
        found, _, _ = attempt(
            {**SEND, "text": LONG}, expired, number=number, earlier={"parts": ["9.1", "9.2"]}
        )
        assert found.state == state, number


def test_what_was_posted_before_is_told_of_what_fails():
    """Where the first part is, and which there are."""
    earlier = {"parts": ["9.1"], "channel": "C7", "ts": "9.1"}
    found, _, _ = attempt({**SEND, "text": LONG}, said("is_archived"), earlier=earlier)
    assert (found.state, found.told["parts"], found.told["channel"]) == ("failed", ["9.1"], "C7")


@pytest.mark.parametrize("parts", [[], ["9.1"]])
def test_a_stream_that_was_begun_is_gone_on_with(parts):
    """By the name that its beginning got; the text follows in parts, and the end is its last."""
    message = {"type": "slack.stream", "channel": "C1", "thread_ts": "1.1", "text": "x " * 9000, "stop": True}
    _, asked, _ = attempt(message, earlier={"parts": parts})
    assert asked[0][0] == ("chat.stopStream" if parts else "chat.startStream")
    assert asked[0][1].get("ts") == (parts[0] if parts else None)


@pytest.mark.parametrize(
    ("answer", "ts", "channel"),
    [
        ({"ok": True, "channel": "C9", "ts": "1.1"}, "1.1", "C9"),
        ({"ok": True, "message_ts": "2.2"}, "2.2", "C1"),
        ({"ok": True, "scheduled_message_id": "Q1", "channel": "C1"}, "Q1", "C1"),
        ({"ok": True}, None, "C1"),
        ({"ok": True, "channel": {"id": "D1"}}, None, None),
    ],
)
def test_a_result_says_where_it_is(answer, ts, channel):
    """As Slack says it, else as it was asked for."""
    found, _, _ = attempt(SEND, Answer(status=200, data=answer))
    assert (found.told.get("ts"), found.told.get("channel")) == (ts, channel)
    assert "parts" not in found.told


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_that_is_too_large_is_left_out(more):
    """A result is told that it was; to the octet."""
    message = {"type": "slack.call", "method": "users.info"}
    base = len(msgspec.json.encode({"ok": True, "x": ""}))
    data = {"ok": True, "x": "a" * (RESPONSE - base + more)}
    found, _, _ = attempt(message, Answer(status=200, data=data))
    assert found.told["response"] == ({} if more else data)
    assert (found.told["ok"], found.told["error"]) == (True, "response_too_large" if more else "")


@pytest.mark.parametrize(
    ("message", "tells"), [(MESSAGES[0][0], False), (MESSAGES[6][0], True), (MESSAGES[13][0], True)]
)
def test_only_some_results_have_the_whole_answer(message, tells):
    """Calls and views: of a message its name is enough."""
    found, _, _ = attempt(message, put_at=NOW)
    assert found.told.get("response") == (dict(OK.data) if tells else None)


@pytest.mark.parametrize("interval", [0.0, 1.0, 2.5])
@pytest.mark.parametrize(
    ("message", "answer", "rests"),
    [
        (MESSAGES[0][0], OK, True),
        (MESSAGES[1][0], OK, True),
        (MESSAGES[3][0], OK, False),
        (MESSAGES[0][0], said("internal_error"), True),
        (MESSAGES[0][0], said("is_archived"), False),
    ],
)
def test_a_channel_rests_after_what_was_posted(message, answer, rests, interval):
    """Or may have been; not after a refusal, nor after what posts nothing."""
    found, _, _ = attempt(message, answer, interval=interval)
    assert found.rest == (interval if rests else 0.0)
    assert found.rest_wide == 0.0


@pytest.mark.parametrize("seconds", [0.0, 2.0, 30.0])
def test_a_limit_is_kept_to(seconds):
    """By the channel and by all of the workspace; in the seconds that are really meant."""
    answer = said("ratelimited", 429, retry_after=seconds)
    found, _, _ = attempt(SEND, answer, real=lambda given: given / 10)
    assert (found.state, found.delay, found.rest, found.rest_wide) == ("later", *[seconds / 10] * 3)


FILE = {
    "type": "slack.upload",
    "channel": "C1",
    "files": [{"filename": "a.txt", "content": "é", "title": "A"}],
}
ASKED = Answer(status=200, data={"ok": True, "upload_url": "https://up/1", "file_id": "F1"})


def test_a_file_goes_three_ways():
    """Its length is in octets; only the last step is written down."""
    found, asked, begun = attempt(FILE, ASKED, Answer(status=200, data={"ok": True}), OK)
    assert asked == [
        ("files.getUploadURLExternal", {"filename": "a.txt", "length": 2}, "xoxb-1"),
        ("upload", "é".encode(), "https://up/1"),
        (
            "files.completeUploadExternal",
            {"channel_id": "C1", "files": [{"id": "F1", "title": "A"}]},
            "xoxb-1",
        ),
    ]
    assert (found.state, begun) == ("sent", 1)


def test_what_is_said_of_a_file_is_told_slack():
    """By its own words; the name stands for a title that nobody gave."""
    file = {"filename": "a.py", "content": b"x", "alt_text": "a script", "snippet_type": "python"}
    _, asked, _ = attempt({**FILE, "files": [file]}, ASKED, Answer(status=200, data={"ok": True}), OK)
    assert asked[0][1] == {"filename": "a.py", "length": 1, "alt_txt": "a script", "snippet_type": "python"}
    assert asked[2][1]["files"] == [{"id": "F1", "title": "a.py"}]


@pytest.mark.parametrize(
    ("answer", "state", "word"),
    [
        (Answer(), "later", "service_unavailable"),
        (Answer(status=500), "later", "service_unavailable"),
        (said("internal_error"), "later", "service_unavailable"),
        (said("fatal_error"), "later", "service_unavailable"),
        (Answer(unreached=True), "later", "unreachable"),
        (said("ratelimited", 429, retry_after=3.0), "later", "ratelimited"),
        (said("missing_scope"), "failed", "missing_scope"),
        (said("file_too_large"), "failed", "file_too_large"),
    ],
)
@pytest.mark.parametrize("step", [0, 1])
def test_before_the_last_step_nothing_is_uncertain(answer, state, word, step):
    """Nobody has seen the file: it may be sent again."""
    answers = [ASKED, answer] if step else [answer]
    found, asked, begun = attempt(FILE, *answers)
    assert (found.state, found.told["error"], begun) == (state, word, 0)
    assert len(asked) == step + 1


def test_the_last_step_may_be_uncertain():
    """It has been seen, perhaps."""
    found, _, begun = attempt(FILE, ASKED, Answer(status=200, data={"ok": True}), Answer())
    assert (found.state, begun) == ("uncertain", 1)


@pytest.mark.parametrize(
    ("more", "safe"), [({}, False), ({"replace_original": True}, True), ({"replace_original": False}, False)]
)
def test_an_answer_goes_to_its_address(more, safe):
    """Without a token; what takes another's place may be repeated."""
    found, asked, begun = attempt(
        {"type": "slack.respond", "response_url": URL, "text": "x", **more}, Answer()
    )
    assert asked == [("respond", {"text": "x", **more}, URL)]
    assert (found.state, begun) == (("later", 0) if safe else ("uncertain", 1))
    assert URL not in f"{found.told} {found.reason}"


@pytest.mark.parametrize(
    ("message", "single", "place"),
    [
        (SEND, False, "T1/chat.postMessage/C1"),
        (SEND, True, "/chat.postMessage/C1"),
        ({**SEND, "team_id": None, "enterprise_id": "E1"}, False, "E1/chat.postMessage/C1"),
        ({**SEND, "ephemeral_user": "U1"}, False, "T1/chat.postEphemeral/C1"),
        ({**SEND, "channel": "a/b"}, False, "T1/chat.postMessage/ab"),
        (
            {"type": "slack.call", "method": "chat.postMessage", "args": {"channel": "C2"}},
            False,
            "/chat.postMessage/C2",
        ),
        ({"type": "slack.call", "method": "users.info", "args": None}, False, "/users.info/"),
        ({"type": "slack.call", "method": "users.info", "args": "x"}, False, "/users.info/"),
        ({"type": "slack.open_view", "team_id": "T1"}, False, "T1/views.open/"),
        ({"type": "slack.nothing", "team_id": "T1"}, False, "T1//"),
    ],
)
def test_whose_turn_a_message_waits_for(message, single, place):
    """Those to one channel go one after the other; the wider place is all channels of a workspace."""
    way = SlackWay(client=Scripted(), installations=Installed(), single=single)
    assert way.place(message) == place
    assert wide(place) == place.rpartition("/")[0]


@pytest.mark.parametrize(
    ("message", "safe"),
    [
        ({**SEND}, True),
        ({"type": "slack.respond", "response_url": URL, "text": "x"}, False),
        ({"type": "slack.open_view", "trigger_id": "t", "view": VIEW}, False),
        ({"type": "slack.send", "trigger_id": "", "response_url": None}, True),
    ],
)
def test_what_lets_others_act_is_kept_nowhere(message, safe):
    """Once it is given up: no dead letter has a trigger or an address."""
    assert _harmless(message) is safe
    shown = redacted(message)
    for key in ("response_url", "trigger_id"):
        assert shown.get(key) == (REDACTED if message.get(key) else message.get(key))
    assert {key: shown[key] for key in shown if key not in ("response_url", "trigger_id")} == {
        key: message[key] for key in message if key not in ("response_url", "trigger_id")
    }


def test_what_is_given_up_says_what_was_last_heard():
    """Else why it is given up; what was begun and never ended is uncertain."""
    way = SlackWay(client=Scripted(), installations=Installed())
    made, _ = sending(SEND, earlier={"error": "ratelimited", "parts": ["9.1"]})
    assert way.given_up(made, "too old").told["error"] == "ratelimited"
    assert way.given_up(made, "too old").told["parts"] == ["9.1"]
    bare, _ = sending(SEND)
    assert (way.given_up(bare, "too old").told["error"], way.given_up(bare, "x").state) == (
        "too old",
        "failed",
    )
    assert (way.unknown(bare).state, way.unknown(bare).told["status"]) == ("uncertain", "uncertain")
