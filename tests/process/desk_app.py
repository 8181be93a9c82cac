"""A desk that answers mail, as a consumer and as functions."""

from interfaces.email.consumer import EmailConsumer
from interfaces.email.sending.threads import reply
from interfaces.workers.message import Channel
from interfaces.workers.routing import Routing, route


class Desk(EmailConsumer):
    """Answers, and waits for the result."""

    async def email_receive(self, message):
        """Refuses what it cannot answer."""
        result = await self.reply(message, text="We have it.", wait=20)
        if not result["ok"]:
            await self.reject(result["error"])


def desk(message):
    """Answers by the channel, from where that takes it."""
    Channel("email.send").send(reply(message.content, text="We have it."))


class Later(EmailConsumer):
    """Answers, and does not wait."""

    async def email_receive(self, message):
        """Takes all."""
        await self.reply(message, text="We have it.")


later = Later.as_asgi()
consumer = Desk.as_asgi()
functions = Routing([route("email.receive", desk)])
