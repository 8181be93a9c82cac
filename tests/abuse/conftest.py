"""One server for most of these tests: abuse must not harm what comes after it."""

import pytest

from tests.abuse.server import Abused


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """The server itself; no test uses it up."""
    with Abused(tmp_path_factory.mktemp("abuse")) as server:
        yield server


@pytest.fixture
def server(shared):
    """A server with short deadlines: afterwards it still runs, answers, and has logged no traceback."""
    said = len(shared.said)
    yield shared
    assert shared.process.poll() is None, shared.said[said:]
    assert shared.polite() < 1
    assert "Traceback" not in shared.said[said:], shared.said[said:]
