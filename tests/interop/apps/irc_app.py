"""What one member of a channel says, all others read; "!roll" is answered by us."""

from interfaces.irc.consumer import IrcConsumer

ACCOUNTS = {"ada": "pässword"}


class Lobby(IrcConsumer):
    """One client of the gateway."""

    relay_messages = True

    async def command_roll(self, message):
        """Roll a die."""
        await self.reply(message, "a four")


def fits(account, password):
    """Who may log in by SASL."""
    return ACCOUNTS.get(account) == password


application = Lobby.as_asgi()
