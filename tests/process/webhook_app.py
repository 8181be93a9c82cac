"""Mail and HTTP by one application: the subject of a mail is written down, its recipient's name is the verdict."""

from pathlib import Path


def keep(scope, event):
    """One line a message."""
    with Path("subjects").open("a", encoding="utf-8") as file:
        file.write(f"{scope['protocol']} {event['subject']} {event['size']}\n")


async def application(scope, receive, send):
    """Keeps mail's subjects; answers HTTP with "app"."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"app"})
    elif scope["type"] == "email":
        keep(scope, await receive())
        await send({"type": f"email.{scope['rcpt_to'][0]['local']}"})
    else:
        raise NotImplementedError
