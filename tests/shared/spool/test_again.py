"""interfaces.shared.spool.again: letters that are put back as if they were new."""

import asyncio
from pathlib import Path

import pytest

from interfaces.shared.spool.again import put_again
from interfaces.shared.spool.letters import Letter, Letters, names


def written(folder: Path, *contents: bytes) -> None:
    """Letters there, the second and later ones with their content in a file."""
    for number, content in enumerate(contents):
        file = None
        if number:
            file = folder / f"large{number}"
            file.write_bytes(content)
        letter = Letter(
            "no", 1.0, 1.0, 1, "talk", b"head", b"" if number else content, len(content) * bool(number)
        )
        Letters(folder).write(f"{number}", letter, file)


@pytest.mark.parametrize("room", [True, False])
def test_each_letter_is_put_and_goes_once_it_is_kept(tmp_path: Path, room: bool) -> None:
    """With its conversation and its content, wherever that lies; without room it stays for the next look."""
    seen = []

    def put(head, content, then, *, conversation, source, size):  # type: ignore[no-untyped-def]
        data = Path(f"/dev/fd/{source}").read_bytes() if source >= 0 else content
        seen.append((head, data, conversation, size))
        if room:
            then(True)
        return room

    written(tmp_path, b"small", b"large")
    asyncio.run(put_again(tmp_path, put))
    assert seen == [(b"head", b"small", "talk", 0), (b"head", b"large", "talk", 5)]
    assert [*names(tmp_path)] == ([] if room else ["0", "1"])


def test_one_that_cannot_be_written_or_read_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And holds up no other; the log names it."""
    kept = []

    def put(head, content, then, **_more):  # type: ignore[no-untyped-def]
        kept.append(content)
        then(content != b"first")
        return True

    written(tmp_path, b"first")
    (tmp_path / "00.letter").write_bytes(b"\xc1")
    asyncio.run(put_again(tmp_path, put))
    assert kept == [b"first"] and [*names(tmp_path)] == ["0", "00"]
    assert "00 cannot be tried again" in caplog.text
