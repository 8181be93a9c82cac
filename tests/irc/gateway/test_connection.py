"""A client's connection."""

from tests.irc.gateway.support import Bench, scene


@scene
async def test_a_client_is_registered_and_talks() -> None:
    """What it says in a channel comes to the application."""
    async with Bench() as bench:
        ann = await bench.member("ann", "#ops")
        bob = await bench.member("bob", "#ops")
        assert await bob.say("PRIVMSG #ops :hello") == []
        assert [event["text"] for event in bob.events("irc.message")] == ["hello"]
        assert ann.events("irc.message") == []
