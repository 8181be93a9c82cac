"""What scopes send."""

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.sms.accounts import Account
from interfaces.sms.sending.post import Post
from interfaces.sms.sending.routes import Routes
from tests.sms.sending.kit import SEND, run

ROUTES = Routes([("a", Account(prefixes=("+41",)))])


def post(layer, routes=ROUTES, region="CH"):
    """One."""
    return Post(layer, region, routes)


def test_it_is_put_on_the_channel():
    """As it was said, with a number of the region, too; to be cancelled as well."""

    async def main():
        layer = LocalChannelLayer()
        said = {**SEND, "to_address": "079 123 45 67"}
        await post(layer)(said)
        assert await layer.receive("sms.send") == said
        assert await post(layer)({"type": "sms.cancel", "id": "m1", "reply_channel": "c"}) is None
        assert (await layer.receive("sms.send"))["type"] == "sms.cancel"

    run(main)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"to_address": "+4915112345678"}, "no account has a prefix"),
        ({"text": ""}, "a text"),
        ({"type": "x"}, "takes"),
    ],
)
def test_it_is_refused_where_nobody_could_send_it(more, why):
    """In the application that says it."""

    async def main():
        with pytest.raises(ApplicationError, match=why):
            await post(LocalChannelLayer())({**SEND, **more})

    run(main)


def test_who_does_not_send_does_not_know_the_ways():
    """Any account may be there elsewhere."""

    async def main():
        layer = LocalChannelLayer()
        await post(layer, None)({**SEND, "to_address": "+4915112345678", "account": "x"})
        assert await layer.receive("sms.send")

    run(main)


def test_a_result_that_cannot_be_heard():
    """It says that nobody knows, with all that a result has."""

    class Closed(LocalChannelLayer):
        """Ends meanwhile."""

        async def receive(self, channel):
            raise Unavailable("closed")

    async def main():
        result = await (await post(Closed())({**SEND, "id": "m1"}))
        assert (result["id"], result["ok"], result["status"], result["final"]) == (
            "m1",
            False,
            "uncertain",
            False,
        )
        assert "closed" in result["error"] and result["provider_ids"] == []

    run(main)
