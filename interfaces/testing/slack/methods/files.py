"""files.*: ask where to, send, complete. What comes to the upload URL itself is in :func:`received`."""

from typing import Any

from interfaces.testing.slack.calls import Call, Method
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.messages import own
from interfaces.testing.slack.world import Uploaded, World

__all__ = ["METHODS", "received"]


def upload_url(world: World, call: Call) -> dict[str, Any]:
    """Where to send a file of this name and length."""
    name, _ = call.need("filename", "length")
    length = call.number("length", 0)
    if length <= 0:
        raise SlackRefused("invalid_arguments")
    made = Uploaded(id=world.id("F"), filename=str(name), length=length)
    world.files[made.id] = made
    return {"upload_url": f"{world.base}/upload/v1/{made.id}", "file_id": made.id}


def received(world: World, file_id: str, content: bytes) -> tuple[int, str]:
    """The answer to a file that was sent to its URL: a status and a text."""
    file = world.files.get(file_id)
    if file is None:
        return 404, "not found"
    if len(content) != file.length:
        return 400, "length mismatch"
    file.content = content
    return 200, f"OK - {len(content)}"


def complete(world: World, call: Call) -> dict[str, Any]:
    """The files are there: share them in the channels that are named, one message for all."""
    wanted = _wanted(call)
    names = str(call.args.get("channels") or call.args.get("channel_id") or "")
    channels = [world.channel(name, call.by) for name in names.replace(" ", "").split(",") if name]
    ids = [channel.id for channel in channels]
    files = [_completed(world, call, each) for each in wanted]
    for file in files:
        file["channels"] = ids
    message = {
        "text": str(call.args.get("initial_comment") or ""),
        "files": files,
        "upload": True,
        **own(world, call),
    }
    if call.args.get("thread_ts"):
        message["thread_ts"] = str(call.args["thread_ts"])
    for channel in channels:
        world.post(channel, message)
    return {"files": files}


def _wanted(call: Call) -> list[dict[str, Any]]:
    (wanted,) = call.need("files")
    if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
        raise SlackRefused("invalid_arguments")
    return wanted


def _completed(world: World, call: Call, said: dict[str, Any]) -> dict[str, Any]:
    file = world.files.get(str(said.get("id")))
    if file is None:
        raise SlackRefused("file_not_found")
    if file.content is None:
        raise SlackRefused("file_update_failed")
    file.shown = _shown(world, call, file, said)
    return file.shown


def _shown(world: World, call: Call, file: Uploaded, said: dict[str, Any]) -> dict[str, Any]:
    kind = file.filename.rpartition(".")[2] if "." in file.filename else "text"
    now = int(world.clock.time())
    url = f"{world.base}/files-pri/{call.by.team_id}-{file.id}/{file.filename}"
    return {
        "id": file.id, "created": now, "timestamp": now, "name": file.filename,
        "title": str(said.get("title") or file.filename), "mimetype": "application/octet-stream", "filetype": kind,
        "user": call.by.user_id, "size": file.length, "mode": "hosted", "is_external": False, "is_public": True,
        "url_private": url, "url_private_download": url, "permalink": url,
    }  # fmt: skip


def info(world: World, call: Call) -> dict[str, Any]:
    """A file that is complete."""
    (name,) = call.need("file")
    file = world.files.get(str(name))
    if file is None or not file.shown:
        raise SlackRefused("file_not_found")
    return {"file": file.shown}


METHODS = {
    "files.getUploadURLExternal": Method(do=upload_url, tier=4, scope="files:write"),
    "files.completeUploadExternal": Method(do=complete, tier=4, scope="files:write"),
    "files.info": Method(do=info, tier=4, scope="files:read"),
}
"""By name."""
