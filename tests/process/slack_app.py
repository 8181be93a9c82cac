"""A bot for the tests of ways and styles: one consumer, whichever way events come and wherever it runs."""

from interfaces.slack.consumer import SlackConsumer
from interfaces.workers.message import Channel
from interfaces.workers.routing import Routing, route

MODAL = {
    "type": "modal",
    "callback_id": "feedback",
    "title": {"type": "plain_text", "text": "Feedback"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Words"},
            "element": {"type": "plain_text_input", "action_id": "said"},
        },
        {
            "type": "input",
            "block_id": "where",
            "label": {"type": "plain_text", "text": "Where"},
            "element": {"type": "external_select", "action_id": "town"},
        },
    ],
}
BUTTONS = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "value": "7",
                "text": {"type": "plain_text", "text": "Approve"},
            }
        ],
    }
]


class Bot(SlackConsumer):
    """Each handler says something that the fake can see."""

    async def slack_message(self, message):
        """Answers in the thread; "fail" fails the first time; "ask" shows a button; "who" waits for a result."""
        text = message["text"]
        if text == "fail" and message["attempt"] == 1:
            raise ValueError("on purpose")
        if text == "ask":
            await self.say("Approve?", blocks=BUTTONS)
        elif text == "who":
            result = await self.call_method("auth.test")
            await self.reply(message, f"I am {result['response']['user_id']}")
        else:
            await self.reply(message, f"{text}, attempt {message['attempt']}")

    def command_deploy(self, message):
        """A plain function, on a thread."""
        self.ack(f"Deploying {message['text']}")
        self.say(f"Deployed {message['text']}")

    async def command_form(self, message):
        """Opens a modal."""
        await self.open_view(MODAL)

    async def command_broken(self, message):
        """Fails before it acknowledges."""
        raise ValueError("on purpose")

    async def view_feedback(self, message):
        """Refuses what is too short."""
        said = message["values"]["said"]
        if len(said) < 3:
            await self.errors({"words": "Too short"})
        else:
            await self.ack()
            await self.say(f"{message['user']}: {said}", channel="C1")

    async def options_town(self, message):
        """What can be chosen."""
        await self.options([one for one in ("Bern", "Berlin", "Rom") if one.startswith(message["value"])])

    async def action_approve(self, message):
        """Changes the message."""
        await self.update(f"Approved {message['value']}", blocks=[])

    async def event_reaction_added(self, message):
        """An event that is no message."""
        await self.say(f"Thanks for {message['event']['reaction']}")


def answered(message):
    """In event style: by the channel that is sent from anywhere."""
    said = {"type": "slack.send", "channel": message["channel"], "text": f"{message['text']}, event style"}
    Channel("slack.send").send({**said, "thread_ts": message["ts"], "team_id": message["team_id"]})


bot = Bot.as_asgi()
functions = Routing([route("slack.message", answered, text="^hello")])
