"""interfaces.email.filling: whole contents become what SMTP would have brought, a piece at a time."""

import asyncio
from io import BytesIO
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email import filling
from interfaces.email.filling import PIECE, filled
from tests.email.harness import Bench, scene

CRLF = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 40


async def filled_with(content: bytes | IO[bytes], **options: Any) -> tuple[bytes, str | None, int]:
    """The body that ``content`` becomes, the text of a refusal, and what is held when it has been let go."""
    async with Bench(**options) as bench:
        service = bench.service
        body = service.body(b"")
        fault = await filled(service, body, content)
        whole = body.whole if fault is None else b""
        if fault is None:
            service.let_go(body)
        return whole, None if fault is None else f"{fault.kind} {fault.detail['code']}", service.in_flight


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("opened", [False, True], ids=["bytes", "file"])
@scene
async def test_lines_end_in_crlf_whatever_they_had(opened: bool, end: bytes) -> None:
    """From bytes and from a file the same."""
    content = CRLF.replace(b"\r\n", end)
    assert await filled_with(BytesIO(content) if opened else content) == (CRLF, None, 0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b".", b"\n", b"\r\n", b"x" * 20, b"\n.\n"]), max_size=40),
    st.integers(1, 9),
)
def test_any_pieces_make_the_same(parts: list[bytes], size: int) -> None:
    """Where a piece ends is nobody's business: not within CRLF, and not before a dot."""
    content = b"".join(parts)

    async def both() -> tuple[Any, Any]:
        return await filled_with(content), await filled_with(BytesIO(content))

    whole, _ = asyncio.run(both())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "PIECE", size)
        assert asyncio.run(both()) == (whole, whole)
    assert whole[0] == (content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") or whole[0])


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"x" * 2000 + b"\n", {}, "reject 500"),
        (b"x" * 50 + b"\n" + b"y\n" * 40_000, {"max_size": 70_000}, "reject 552"),
        (b"y\n" * (PIECE // 2 + 10), {"max_size": PIECE // 2}, "reject 552"),
    ],
)
@pytest.mark.parametrize("opened", [False, True], ids=["bytes", "file"])
@scene
async def test_what_smtp_refuses_is_refused_here(
    content: bytes, options: dict[str, Any], said: str, opened: bool
) -> None:
    """In the same words; nothing of it is held."""
    assert await filled_with(BytesIO(content) if opened else content, **options) == (b"", said, 0)


class Broken(BytesIO):
    """A file whose second piece cannot be read."""

    def __init__(self) -> None:
        super().__init__(b"line\n" * PIECE)
        self.reads = 0

    def read(self, size: int | None = -1) -> bytes:
        """Once."""
        self.reads += 1
        if self.reads > 1:
            raise OSError("gone")
        return super().read(size)


@scene
async def test_a_file_that_breaks_off_holds_nothing() -> None:
    """OSError is the caller's: it knows what file that was."""
    async with Bench() as bench:
        body = bench.service.body(b"")
        with pytest.raises(OSError, match="gone"):
            await filled(bench.service, body, Broken())
        assert bench.service.in_flight == 0


@scene
async def test_others_have_their_turn_between_two_pieces() -> None:
    """A large content does not stop the loop for as long as it takes."""
    async with Bench() as bench:
        body, turns = bench.service.body(b""), 0
        task = asyncio.ensure_future(filled(bench.service, body, b"line\n" * PIECE))
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        assert task.result() is None and turns >= 5
        bench.service.let_go(body)


@scene
async def test_who_waits_no_more_leaves_nothing() -> None:
    """Cancelled in the middle, it lets go of what it held."""
    async with Bench() as bench:
        body = bench.service.body(b"")
        task = asyncio.ensure_future(filled(bench.service, body, b"line\n" * PIECE))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.service.in_flight == 0
