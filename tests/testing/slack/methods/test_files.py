"""files.*, without a client: what an upload passes through, and what stops it."""

import asyncio

import pytest

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.methods.files import received
from tests.testing.slack.kit import ask, error


def wanted(slack, filename="a.txt", length=5):
    """The id of a file that was asked for."""
    return ask(slack, "files.getUploadURLExternal", filename=filename, length=length)["file_id"]


def uploaded(slack, filename="a.txt", content=b"hello"):
    """The id of a file whose bytes have come."""
    name = wanted(slack, filename, len(content))
    assert received(slack.world, name, content) == (200, f"OK - {len(content)}")
    return name


@pytest.mark.parametrize("length", [5, "5", 5.0, "5.0"])
def test_a_length_may_be_written_in_any_way(length):
    """Forms have texts only; the URL names the file."""
    slack = FakeSlack()
    slack.world.base = "http://x"
    made = ask(slack, "files.getUploadURLExternal", filename="a", length=length)
    assert made["upload_url"] == f"http://x/upload/v1/{made['file_id']}"
    assert slack.world.files[made["file_id"]].length == 5


@pytest.mark.parametrize("length", [0, -1, "-5", "long", [1], "0"])
def test_a_length_is_more_than_nothing(length):
    """Nothing is kept for what is refused."""
    slack = FakeSlack()
    assert error(slack, "files.getUploadURLExternal", filename="a", length=length) == "invalid_arguments"
    assert slack.world.files == {}


@pytest.mark.parametrize(
    ("content", "answer"),
    [(b"hello", (200, "OK - 5")), (b"", (400, "length mismatch")), (b"hello!", (400, "length mismatch"))],
)
def test_the_bytes_have_the_length_that_was_said(content, answer):
    """Others are not taken, and may be sent again."""
    slack = FakeSlack()
    name = wanted(slack)
    assert received(slack.world, name, content) == answer
    assert (slack.world.files[name].content is not None) is (answer[0] == 200)
    assert received(slack.world, name, b"again") == (200, "OK - 5")


def test_bytes_for_no_file_are_not_taken():
    """404, as any address that there is not."""
    assert received(FakeSlack().world, "F404", b"x") == (404, "not found")


def test_an_upload_is_one_post_to_its_address():
    """With the bytes as the body; the path's last part is the file."""
    slack = FakeSlack()
    name = wanted(slack)

    def post(path, body, kind=b"application/octet-stream"):
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event):
            sent.append(event)

        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"", "client": None,
            "headers": [(b"content-type", kind)],
        }  # fmt: skip
        asyncio.run(slack(scope, receive, send))
        return sent[0]["status"], b"".join(event.get("body", b"") for event in sent[1:])

    assert post(f"/upload/v1/{name}", b"hi") == (400, b"length mismatch")
    assert post(f"/upload/v1/{name}", b"hello") == (200, b"OK - 5")
    assert post("/upload/v1/F404", b"hello") == (404, b"not found")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nworld\r\n--b--\r\n'
    assert post(f"/upload/v1/{name}", part, b"multipart/form-data; boundary=b") == (200, b"OK - 5")
    assert slack.world.files[name].content == b"world"
    field = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nworld\r\n--b--\r\n'
    assert post(f"/upload/v1/{name}", field, b"multipart/form-data; boundary=b")[0] == 400


@pytest.mark.parametrize(
    ("filename", "kind"),
    [("a.txt", "txt"), ("a.b.pdf", "pdf"), ("README", "text"), (".env", "env"), ("a.", "")],
)
def test_a_file_is_of_the_type_that_its_name_says(filename, kind):
    """And has its size, its owner and a title, which is its name where nobody gave one."""
    slack = FakeSlack(clock=SteppedClock())
    name = uploaded(slack, filename)
    (file,) = ask(slack, "files.completeUploadExternal", files=[{"id": name}])["files"]
    assert (file["filetype"], file["size"], file["user"]) == (kind, 5, "UBOT1")
    assert (file["name"], file["title"], file["created"]) == (filename, filename, 1_700_000_000)
    assert file["url_private"].endswith(f"/files-pri/T1-{name}/{filename}")
    assert ask(slack, "files.info", file=name)["file"] == file


@pytest.mark.parametrize(
    "where",
    [
        {"channel_id": "C1"},
        {"channels": "C1"},
        {"channels": "C1, C2"},
        {"channels": "C2,,C1", "channel_id": ""},
    ],
)
def test_files_are_shared_where_it_says(where):
    """One message a channel, with all of them, the comment and the titles that were given."""
    slack = FakeSlack()
    files = [{"id": uploaded(slack, "a.txt"), "title": "A"}, {"id": uploaded(slack, "b.txt")}]
    done = ask(slack, "files.completeUploadExternal", files=files, initial_comment="see", **where)
    channels = [one for one in "".join(where.values()).replace(" ", "").split(",") if one]
    assert [file["channels"] for file in done["files"]] == [channels] * 2
    for channel in ("C1", "C2"):
        said = slack.messages(channel)
        assert len(said) == (channel in channels)
        for message in said:
            assert (message["text"], message["upload"], message["bot_id"]) == ("see", True, "B1")
            assert [file["title"] for file in message["files"]] == ["A", "b.txt"]
            assert "thread_ts" not in message


def test_files_may_be_shared_in_a_thread():
    """And counted at its root."""
    slack = FakeSlack()
    root = slack.person().says("send it")["ts"]
    files = [{"id": uploaded(slack)}]
    ask(slack, "files.completeUploadExternal", files=files, channel_id="C1", thread_ts=root)
    first, second = slack.messages("C1")
    assert (second["thread_ts"], first["reply_count"]) == (root, 1)


def test_files_that_nobody_shares_are_there_all_the_same():
    """In no channel."""
    slack = FakeSlack()
    name = uploaded(slack)
    (file,) = ask(slack, "files.completeUploadExternal", files=[{"id": name}])["files"]
    assert file["channels"] == []
    assert slack.messages("C1") == slack.messages("C2") == []


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ("F1", "invalid_arguments"),
        ({"id": "F1"}, "invalid_arguments"),
        (["F1"], "invalid_arguments"),
        ([{}], "file_not_found"),
        ([{"id": "F404"}], "file_not_found"),
        ([{"id": None}], "file_not_found"),
    ],
)
def test_what_cannot_be_completed(files, word):
    """And is in no channel."""
    slack = FakeSlack()
    assert error(slack, "files.completeUploadExternal", files=files, channel_id="C1") == word
    assert slack.messages("C1") == []


def test_a_file_without_its_bytes_holds_the_others_up():
    """And a channel that there is not is told before anything is done."""
    slack = FakeSlack()
    there, missing = uploaded(slack), wanted(slack)
    complete = "files.completeUploadExternal"
    files = [{"id": there}, {"id": missing}]
    assert error(slack, complete, files=files, channel_id="C1") == "file_update_failed"
    assert error(slack, complete, files=[{"id": there}], channel_id="C404") == "channel_not_found"
    assert slack.messages("C1") == []


@pytest.mark.parametrize("name", ["F404", 5])
def test_a_file_that_nobody_knows_is_not_shown(name):
    """As one whose bytes have come, and that is not complete."""
    slack = FakeSlack()
    assert error(slack, "files.info", file=name) == "file_not_found"
    assert error(slack, "files.info", file=uploaded(slack)) == "file_not_found"
