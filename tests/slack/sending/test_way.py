"""interfaces.slack.sending.way: one attempt, against a fake Slack; and what an outbox makes of several."""

import logging
from itertools import pairwise

import pytest

from interfaces.shared.outbox import Outbox
from interfaces.slack.sending.way import RESPONSE, TRIGGER, wide
from interfaces.testing.fakes.faults import Fault
from tests.slack.sending import kit
from tests.slack.sending.kit import SEND, Installed, desk, sending, served, way

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}


async def tried(slack, message, **more):
    """What one attempt gives, and how often it was said to begin."""
    options = {
        name: more.pop(name) for name in ("installed", "timeout", "clock", "interval", "real") if name in more
    }
    attempt, begun = sending(message, **more)
    async with way(slack, **options) as sender:
        return await sender.attempt(attempt), len(begun)


@served()
async def test_a_message_is_posted(slack):
    """With the token of its team; the result says where it is; it was written down before."""
    found, begun = await tried(slack, SEND, interval=1.5)
    (message,) = slack.messages("C1")
    assert message["text"] == "hi" and begun == 1
    assert found.told == {"ok": True, "error": "", "status": "sent", "channel": "C1", "ts": message["ts"]}
    assert (found.state, found.rest, found.rest_wide) == ("sent", 1.5, 0.0)
    assert slack.calls[0].token == slack.bot_token


@served()
async def test_each_kind_of_message_does_what_it_says(slack):
    """Changed, reacted to, shown to one, scheduled, in threads, streamed, deleted, asked."""
    await tried(slack, {**SEND, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*b*"}}]})
    ts = slack.messages("C1")[0]["ts"]
    there = {"channel": "C1", "team_id": "T1", "ts": ts}
    for message in (
        {"type": "slack.update", **there, "text": "new"},
        {"type": "slack.react", **there, "name": "eyes"},
        {**SEND, "ephemeral_user": "U1"},
        {**SEND, "post_at": int(slack.clock.time()) + 100},
        {**SEND, "thread_ts": ts, "text": "an answer"},
        {"type": "slack.publish_view", "user_id": "U1", "view": {**VIEW, "type": "home"}},
        {"type": "slack.status", "channel": "C1", "thread_ts": ts, "status": "thinks"},
    ):
        found, _ = await tried(slack, message)
        assert (found.state, found.told["error"]) == ("sent", ""), message
    (first, answer) = slack.messages("C1")
    assert first["text"] == "new" and first["reactions"][0]["name"] == "eyes"
    assert answer["thread_ts"] == ts and slack.ephemerals[0]["to"] == "U1" and slack.home("U1")
    found, begun = await tried(
        slack, {"type": "slack.call", "method": "conversations.info", "args": {"channel": "C1"}}
    )
    assert found.told["response"]["channel"]["id"] == "C1" and begun == 0
    await tried(slack, {"type": "slack.react", **there, "name": "eyes", "remove": True})
    await tried(slack, {"type": "slack.delete", **there})
    assert [message["text"] for message in slack.messages("C1")] == ["an answer"]


@served()
async def test_a_file_is_uploaded(slack):
    """Asked for, sent, completed; only the last makes it seen, so only that is written down."""
    files = [{"filename": "a.txt", "content": "é", "title": "A"}, {"filename": "b.bin", "content": b"\0\1"}]
    found, begun = await tried(
        slack, {"type": "slack.upload", "channel": "C1", "files": files, "initial_comment": "see"}
    )
    assert (found.state, begun) == ("sent", 1)
    (message,) = slack.messages("C1")
    assert message["text"] == "see" and [one["title"] for one in message["files"]] == ["A", "b.bin"]
    assert [one.content for one in slack.world.files.values()] == ["é".encode(), b"\0\1"]
    slack.faults.fail("files.getUploadURLExternal", Fault(close=True))
    found, begun = await tried(slack, {"type": "slack.upload", "channel": "C1", "files": files})
    assert (found.state, begun) == ("later", 0)


@served()
async def test_a_response_url_is_answered(slack):
    """Without a token; when it is used up that is the end; it is in no result and no reason."""
    url = slack.world.response_url(slack.world.channel("C1"), "U1")
    message = {"type": "slack.respond", "response_url": url, "text": "ok", "response_type": "in_channel"}
    for _ in range(5):
        found, _ = await tried(slack, message)
        assert found.state == "sent"
    assert [one["text"] for one in slack.messages("C1")] == ["ok"] * 5
    found, _ = await tried(slack, message)
    assert (found.state, found.told["error"]) == ("failed", "used_url")
    assert url not in repr(found)


@served()
async def test_what_slack_refuses_has_failed_in_one_attempt(slack):
    """Its own word is the result's; who has no installation, and what can never be sent, likewise."""
    for message, word in (
        ({**SEND, "channel": "C9"}, "channel_not_found"),
        ({**SEND, "team_id": "T9"}, "not_installed"),
        ({**SEND, "text": ""}, "slack.send needs text or blocks or attachments"),
    ):
        found, _ = await tried(slack, message)
        assert (found.state, found.told["error"], found.told["status"]) == ("failed", word, "failed")
    found, _ = await tried(slack, SEND, installed=Installed(T1="xoxb-wrong"))
    assert found.told["error"] == "invalid_auth" and "xoxb" not in repr(found)


@served()
async def test_a_limit_rests_the_channel_and_the_method(slack):
    """For as long as Slack says; in tests in its time."""
    slack.faults.fail("chat.postMessage", Fault(status=429, retry_after=30))
    found, _ = await tried(slack, SEND, real=lambda seconds: seconds / 10)
    assert (found.state, found.delay, found.rest, found.rest_wide) == ("later", 3.0, 3.0, 3.0)
    assert found.told == {"ok": False, "error": "ratelimited", "status": "deferred", "retry_after": 3.0}


@pytest.mark.parametrize(
    ("fault", "post", "update"),
    [
        (Fault(close=True), "uncertain", "later"),
        (Fault(close=True, after=True), "uncertain", "later"),
        (Fault(status=503), "later", "later"),
        (Fault(status=500), "uncertain", "later"),
        (Fault(garbage=b"{"), "uncertain", "later"),
        (Fault(error="fatal_error"), "uncertain", "later"),
        (Fault(delay=9), "uncertain", "later"),
    ],
    ids=["closed", "closed after", "503", "500", "garbage", "fatal_error", "timeout"],
)
def test_what_nobody_knows_is_not_repeated(fault, post, update):
    """Unless it may be: to post it again would show it twice."""

    @served()
    async def main(slack):
        posted = slack.world.post(slack.world.channel("C1"), {"text": "x", "bot_id": "B1"})
        for method, message, state in (
            ("chat.postMessage", SEND, post),
            ("chat.update", {**SEND, "type": "slack.update", "ts": posted["ts"]}, update),
        ):
            slack.faults.clear()
            slack.faults.fail(method, fault)
            fault.times = 1
            found, begun = await tried(slack, message, timeout=0.3 if fault.delay else 5)
            assert (found.state, begun) == (state, int(method == "chat.postMessage"))

    main()


def test_who_is_not_reached_is_down():
    """Nothing can have been heard of it: it is tried again, and the destination gets a rest."""

    async def main():
        class Away:
            """Where nobody listens."""

            api_url, bot_token = "http://127.0.0.1:1/api/", "xoxb-1"

        found, _ = await tried(Away, SEND)
        assert (found.state, found.down, found.told["error"]) == ("later", True, "unreachable")

    kit.run(main)


@served()
async def test_tokens_that_cannot_be_found_for_now(slack):
    """Their store is away: the message waits."""
    installed = Installed(T1=slack.bot_token)
    installed.away = True
    found, begun = await tried(slack, SEND, installed=installed)
    assert (found.state, found.down, begun) == ("later", True, 0)
    assert slack.calls == []


@served()
async def test_a_trigger_is_good_for_three_seconds(slack):
    """After that nothing is tried, nor is what would be tried again only then."""
    message = {"type": "slack.open_view", "trigger_id": slack.world.trigger("T1", "U1"), "view": VIEW}
    found, _ = await tried(slack, message, clock=lambda: 1_000_000.0 + TRIGGER)
    assert (found.state, found.told["error"], slack.calls) == ("failed", "expired_trigger_id", [])
    slack.faults.fail("views.open", Fault(status=503))
    found, _ = await tried(slack, message, clock=lambda: 1_000_000.0 + 2.9)
    assert (found.state, found.told["error"]) == ("failed", "expired_trigger_id")
    found, _ = await tried(slack, message, clock=lambda: 1_000_000.0 + 2.9)
    assert found.state == "sent" and found.told["response"]["view"]["type"] == "modal"


@served()
async def test_a_text_in_parts_goes_on_where_it_was(slack):
    """Each attempt posts one; what was posted is told, and not posted again; the result has the first one's name."""
    message = {**SEND, "text": "\n\n".join(letter * 3000 for letter in "abc")}
    first, _ = await tried(slack, message)
    assert (first.state, first.quiet, first.delay, len(first.told["parts"])) == ("later", True, 0.0, 1)
    slack.faults.fail("chat.postMessage", Fault(status=503))
    second, _ = await tried(slack, message, number=2, earlier=first.told)
    assert (second.state, second.told["parts"], second.quiet) == ("later", first.told["parts"], False)
    third, _ = await tried(slack, message, number=3, earlier=second.told)
    last, _ = await tried(slack, message, number=4, earlier=third.told)
    messages = slack.messages("C1")
    assert [one["text"][0] for one in messages] == ["a", "b", "c"]
    assert last.told["parts"] == [one["ts"] for one in messages]
    assert (last.told["ok"], last.told["ts"], last.told["channel"]) == (True, messages[0]["ts"], "C1")
    over, _ = await tried(slack, message, number=5, earlier=last.told)
    assert over.state == "sent" and len(slack.messages("C1")) == 3


@served()
async def test_a_stream_is_one_message(slack):
    """What follows is about the one that was begun."""
    slack.world.add_channel("D1", kind="im")
    root = slack.world.post(slack.world.channel("D1"), {"text": "q"})
    message = {
        "type": "slack.stream",
        "channel": "D1",
        "thread_ts": root["ts"],
        "text": "x " * 9000,
        "stop": True,
    }
    told, number = {}, 1
    while True:
        found, _ = await tried(slack, message, number=number, earlier=told)
        told, number = found.told, number + 1
        if found.state != "later":
            break
    (_, streamed) = slack.messages("D1")
    assert found.state == "sent" and told["ts"] == streamed["ts"] and {*told["parts"]} == {streamed["ts"]}
    assert streamed["text"].replace(" ", "") == "x" * 9000


@served()
async def test_an_answer_that_is_too_large_is_left_out(slack):
    """It was done all the same; a result has a bound."""
    slack.world.add_user("U3", "x" * RESPONSE)
    found, _ = await tried(slack, {"type": "slack.call", "method": "users.list"})
    assert found.state == "sent" and found.told["response"] == {}
    assert found.told["error"] == "response_too_large"


@served()
async def test_what_is_told_of_one_that_nobody_knows_of_or_is_given_up(slack):
    """With what was posted of it before, and Slack's last word."""
    attempt, _ = sending(SEND, earlier={"ok": False, "error": "ratelimited", "parts": ["1.2"], "ts": "1.2"})
    async with way(slack) as sender:
        unknown, given_up = sender.unknown(attempt), sender.given_up(attempt, "expired")
    assert (unknown.state, unknown.told["status"], unknown.told["parts"]) == (
        "uncertain",
        "uncertain",
        ["1.2"],
    )
    assert (given_up.state, given_up.told["error"], given_up.told["ok"]) == ("failed", "ratelimited", False)


@served()
async def test_places(slack):
    """A token, a method and a channel; the wider one is without the channel; one token is one for all teams."""
    async with way(slack) as many, way(slack, single=True) as single:
        call = {
            "type": "slack.call",
            "method": "chat.postMessage",
            "args": {"channel": "C1"},
            "team_id": "T1",
        }
        assert [many.place(one) for one in (SEND, call)] == ["T1/chat.postMessage/C1"] * 2
        assert (
            many.place({"type": "slack.delete", "channel": "C1", "enterprise_id": "E1"})
            == "E1/chat.delete/C1"
        )
        assert single.place(SEND) == single.place({**SEND, "team_id": "T2"}) == "/chat.postMessage/C1"
        assert many.place({"type": "slack.open_view"}) == "/views.open/"
        assert many.place({"type": "slack.call", "args": 5}) == "//"
        assert wide("T1/chat.postMessage/C1") == "T1/chat.postMessage"


# --- with an outbox -----------------------------------------------------------------------------------


@served()
async def test_a_head_that_is_tried_again_is_not_overtaken(slack):
    """The channel waits for it, another one does not; each is posted once."""
    slack.faults.fail("chat.postMessage", Fault(status=429, retry_after=1))
    async with desk(slack, real=lambda seconds: seconds / 50) as (box, put):
        for number in range(3):
            put({**SEND, "id": f"{number}", "text": f"{number}", "reply_channel": "r"})
        await box.until(lambda: len(slack.messages("C1")) == 3)
        await box.until(lambda: sum(result["ok"] for _, result in box.answers) == 3)
    assert [one["text"] for one in slack.messages("C1")] == ["0", "1", "2"]
    assert len(slack.called("chat.postMessage")) == 4


@served()
async def test_parts_are_told_once_they_are_all_there(slack):
    """Nobody hears of what is between; nothing comes between them, and one after the other waits for its channel."""
    async with desk(slack, interval=0.02) as (box, put):
        put({**SEND, "text": "\n\n".join(letter * 3000 for letter in "abc"), "id": "1", "reply_channel": "r"})
        put({**SEND, "text": "d", "id": "2", "reply_channel": "r"})
        first, second = await box.answered(2)
    assert (first["id"], first["final"], len(first["parts"]), second["id"]) == ("1", True, 3, "2")
    assert [one["text"][0] for one in slack.messages("C1")] == ["a", "b", "c", "d"]
    assert box.counts["slack.send.sent"] == 2 and box.counts["slack.send.later"] == 0
    times = [call.at for call in slack.called("chat.postMessage")]
    assert min(b - a for a, b in pairwise(times)) >= 0.02


@served()
async def test_no_token_is_logged(slack):
    """Not by us, not by slack_sdk, not by aiohttp, whatever their levels are; nor a response URL."""
    lines = []

    class Noted(logging.Handler):
        """Keeps every line."""

        def emit(self, record):
            lines.append(record.getMessage())

    handler, root = Noted(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        url = slack.world.response_url(slack.world.channel("C1"), "U1")
        slack.faults.fail("chat.postMessage", Fault(error="fatal_error"))
        async with desk(slack) as (box, put):
            put({**SEND, "reply_channel": "r"})
            put({**SEND, "channel": "C9", "reply_channel": "r"})
            put({"type": "slack.respond", "response_url": url + "x", "text": "secret", "reply_channel": "r"})
            await box.answered(3)
            await box.until(lambda: not box.outbox.running)
            lines.append(repr(box.answers))
            lines.append(repr(box.outbox))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    said = "\n".join(lines)
    assert "chat.postMessage: fatal_error" in said and "response_url: invalid_url" in said
    assert slack.bot_token not in said and "/actions/" not in said and isinstance(box.outbox, Outbox)
