"""The small frames of HTTP/2, packed."""

import pytest

from interfaces.http_ws import frames_h2
from tests.http_ws.h2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    MOST,
    PING,
    frame,
)
from tests.http_ws.h2_frames import frames as apart
from tests.http_ws.sections import proves


@proves("RFC9113 4.1", "RFC9113 6.1")
@pytest.mark.parametrize("size", [0, 1, 255, 256, 511, 512, 16384, 2**24 - 1])
def test_what_stands_before_data(size: int) -> None:
    """Nine octets: the length in three, the type, END_STREAM, and the stream in four."""
    for stream in (1, 257, MOST):
        for end in (False, True):
            head = frames_h2.data_head(stream, size, end)
            assert head == frame(DATA, END if end else 0, stream, b"", size)


@proves("RFC9113 6.2", "RFC9113 6.10", "RFC9113 4.3")
@pytest.mark.parametrize("size", [0, 1, 511, 512, 16384, 16385, 32768, 32769])
def test_a_block_is_cut_into_frames(size: int) -> None:
    """HEADERS and CONTINUATION of the same stream have the block between them; the last one says so."""
    block = bytes(at & 255 for at in range(size))
    for end in (False, True):
        found = apart(frames_h2.headers(5, block, end, 16384))
        assert b"".join(payload for *_, payload in found) == block
        assert [kind for kind, *_ in found] == [HEADERS] + [CONTINUATION] * (len(found) - 1)
        assert {stream for _, _, stream, _ in found} == {5}
        assert all(0 < len(payload) <= 16384 for *_, payload in found) or not size
        flags = [flags for _, flags, *_ in found]
        assert [bool(flag & END_HEADERS) for flag in flags] == [False] * (len(found) - 1) + [True]
        assert [bool(flag & END) for flag in flags] == [end] + [False] * (len(found) - 1)


@proves("RFC9113 6.4", "RFC9113 6.9", "RFC9113 6.5.1", "RFC9113 6.7", "RFC9113 6.8", "RFC9113 7")
def test_the_others() -> None:
    """Each as its section draws it."""
    assert frames_h2.reset(3, frames_h2.CANCEL) == b"\0\0\4\3\0\0\0\0\3\0\0\0\x08"
    assert frames_h2.window_update(0, MOST) == b"\0\0\4\x08\0\0\0\0\0\x7f\xff\xff\xff"
    assert frames_h2.settings([(3, 100), (6, 65536)]) == b"\0\0\x0c\4\0\0\0\0\0\0\3\0\0\0\x64\0\6\0\1\0\0"
    assert frames_h2.settings([]) == b"\0\0\0\4\0\0\0\0\0"
    assert frames_h2.SETTINGS_ACK == b"\0\0\0\4\1\0\0\0\0"
    assert frames_h2.ping(b"12345678", False) == frame(PING, 0, 0, b"12345678")
    assert frames_h2.ping(b"12345678", True) == frame(PING, ACK, 0, b"12345678")
    assert frames_h2.goaway(7, 11, "calm") == frame(GOAWAY, 0, 0, b"\0\0\0\7\0\0\0\x0bcalm")


@proves("RFC9113 7")
def test_the_codes_of_errors() -> None:
    """As the registry has them."""
    names = (
        "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR"
        " REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
    )
    assert [getattr(frames_h2, name) for name in names.split()] == [*range(14)]
