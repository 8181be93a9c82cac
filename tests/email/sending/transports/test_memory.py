"""Mail that is kept for tests."""

import pytest

from interfaces.email.sending.transports.memory import BOXES, KEPT, Memory
from tests.email.sending.transports.peer import MAIL
from tests.http_ws.harness import scene


@scene
async def test_it_is_kept_by_name() -> None:
    """A bounded number, and only what was committed."""

    async def refuse() -> None:
        raise LookupError

    way = Memory("test_memory")
    with pytest.raises(LookupError):
        await way.send(MAIL, refuse)
    for _ in range(KEPT + 1):
        (found,) = await way.send(MAIL)
    await way.close()
    assert found.status == "accepted"
    assert BOXES["test_memory"] is Memory("test_memory").sent
    assert len(way.sent) == KEPT and way.sent[0] is MAIL
