"""What people at a fake do, asked for by HTTP: for those who have curl and no terminal of the fake's."""

from interfaces.shared.asgi import Receive, Scope
from interfaces.testing.fakes.http import Answer, body_of, headers_of

__all__ = ["asked", "page"]


async def asked(scope: Scope, receive: Receive) -> str | Answer:
    """What somebody types, one line of it; "" of who only looks; an answer for who may do neither.

    A browser says where it comes from, and no page of the world is to operate what listens here.
    """
    if "origin" in headers_of(scope):
        return page("this is for programs, not for pages", 403)
    if scope["method"] not in ("GET", "POST"):
        return page("GET to look, POST to do", 405)
    typed = await body_of(receive)
    try:
        return typed.decode().strip() if scope["method"] == "POST" else ""
    except UnicodeDecodeError:
        return page("this is no UTF-8", 400)


def page(text: str, status: int = 200) -> Answer:
    """An answer for a person."""
    return Answer(status=status, body=f"{text}\n".encode(), kind="text/plain; charset=utf-8")
