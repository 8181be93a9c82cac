"""Messages that grow, files in three steps, an assistant's thread: through slack_sdk's own helpers, and refusals."""

from interfaces.testing.slack import FakeSlack
from tests.testing.slack.kit import ask, error, with_slack


@with_slack()
async def test_the_sdks_stream_grows_and_ends(slack, client):
    """chat_stream's parts make one message in the thread, which is complete at the end."""
    root = slack.person().says("question")["ts"]
    stream = await client.chat_stream(
        channel="C1", thread_ts=root, recipient_team_id="T1", recipient_user_id="U1", buffer_size=4
    )
    await stream.append(markdown_text="**hello wo")
    assert slack.messages("C1")[-1]["streaming_state"] == "in_progress"
    await stream.append(markdown_text="rld!**")
    await stream.stop(blocks=[{"type": "divider"}])
    answer = slack.messages("C1")[-1]
    assert (answer["text"], answer["streaming_state"], answer["thread_ts"]) == (
        "**hello world!**",
        "completed",
        root,
    )
    assert answer["blocks"][0]["type"] == "divider"


def test_a_stream_is_refused_where_it_cannot_be():
    """For nobody in a channel, too long, of others, or when it has ended."""
    slack = FakeSlack()
    where = {"channel": "C1", "thread_ts": "1.1"}
    assert error(slack, "chat.startStream", channel="C1") == "invalid_arguments"
    assert error(slack, "chat.startStream", **where) == "missing_recipient_team_id"
    where |= {"recipient_team_id": "T1"}
    assert error(slack, "chat.startStream", **where) == "missing_recipient_user_id"
    where |= {"recipient_user_id": "U1"}
    assert error(slack, "chat.startStream", **where, markdown_text="x" * 12_001) == "msg_too_long"
    assert error(slack, "chat.startStream", **where, chunks="no") == "invalid_arguments"
    ts = ask(slack, "chat.startStream", **where)["ts"]
    assert error(slack, "chat.appendStream", channel="C1", ts=ts) == "no_text"
    assert error(slack, "chat.update", channel="C1", ts=ts, text="x") == "cant_update_message"
    assert ask(slack, "chat.stopStream", channel="C1", ts=ts, markdown_text="end")["message"]["text"] == "end"
    assert (
        error(slack, "chat.appendStream", channel="C1", ts=ts, markdown_text="x")
        == "message_not_in_streaming_state"
    )
    theirs = slack.person().says("mine")["ts"]
    assert (
        error(slack, "chat.appendStream", channel="C1", ts=theirs, markdown_text="x")
        == "message_not_owned_by_app"
    )


def test_in_direct_messages_nobody_has_to_be_named():
    """There is only one who reads."""
    slack = FakeSlack()
    channel = ask(slack, "conversations.open", users="U1")["channel"]["id"]
    assert ask(slack, "chat.startStream", channel=channel, thread_ts="1.1", markdown_text="hi")["ok"]


@with_slack()
async def test_the_sdks_upload_goes_all_three_ways(slack, client):
    """files_upload_v2 asks, sends and completes; the file stands in a message of the thread."""
    root = slack.person().says("send it")["ts"]
    made = await client.files_upload_v2(
        filename="a.txt", content="hello", title="A", channel="C1", thread_ts=root, initial_comment="here"
    )
    assert made["file"]["title"] == "A"
    message = slack.messages("C1")[-1]
    assert (message["text"], message["thread_ts"]) == ("here", root)
    assert [(file["name"], file["size"]) for file in message["files"]] == [("a.txt", 5)]
    assert slack.world.files[made["file"]["id"]].content == b"hello"
    assert (await client.files_info(file=made["file"]["id"]))["file"]["filetype"] == "txt"


def test_an_upload_is_refused_out_of_turn():
    """Without a length, without its bytes, or unknown."""
    slack = FakeSlack()
    assert error(slack, "files.getUploadURLExternal", filename="a") == "invalid_arguments"
    assert error(slack, "files.getUploadURLExternal", filename="a", length=-1) == "invalid_arguments"
    made = ask(slack, "files.getUploadURLExternal", filename="a", length=3)
    name = made["file_id"]
    assert made["upload_url"].endswith(f"/upload/v1/{name}")
    assert error(slack, "files.completeUploadExternal", files=[{"id": name}]) == "file_update_failed"
    assert error(slack, "files.completeUploadExternal", files=[{"id": "F404"}]) == "file_not_found"
    assert error(slack, "files.completeUploadExternal", files="no") == "invalid_arguments"
    assert error(slack, "files.info", file=name) == "file_not_found"


@with_slack()
async def test_an_upload_of_another_length_is_refused(slack, client):
    """The length was promised."""
    made = await client.files_getUploadURLExternal(filename="a", length=3)
    sent = await client._upload_file(
        url=made["upload_url"], data=b"four", logger=client.logger, timeout=5, proxy=None, ssl=None
    )
    assert sent.status == 400


@with_slack()
async def test_an_assistants_thread_is_dressed(slack, client):
    """Status, title and prompts, by slack_sdk's calls."""
    await client.assistant_threads_setStatus(channel_id="C1", thread_ts="1.1", status="thinks")
    await client.assistant_threads_setTitle(channel_id="C1", thread_ts="1.1", title="Holidays")
    prompts = [{"title": "When", "message": "When?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id="C1", thread_ts="1.1", prompts=prompts)
    assert slack.world.threads["C1", "1.1"] == {
        "status": "thinks",
        "title": "Holidays",
        "prompts": {"title": None, "prompts": prompts},
    }


def test_an_assistants_thread_needs_what_it_needs():
    """A status may be empty, but not missing; prompts are at most four."""
    slack = FakeSlack()
    where = {"channel_id": "C1", "thread_ts": "1.1"}
    assert error(slack, "assistant.threads.setStatus", **where) == "invalid_arguments"
    assert ask(slack, "assistant.threads.setStatus", **where, status="")["ok"]
    assert error(slack, "assistant.threads.setTitle", **where) == "invalid_arguments"
    prompt = {"title": "a", "message": "b"}
    assert (
        error(slack, "assistant.threads.setSuggestedPrompts", **where, prompts=[prompt] * 5)
        == "too_many_prompts"
    )
    assert (
        error(slack, "assistant.threads.setSuggestedPrompts", **where, prompts=["a"]) == "invalid_arguments"
    )
