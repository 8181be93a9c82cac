"""The bot: who hears what. Plain functions run in threads, where the database may be asked."""

from typing import Any

from interfaces.slack.consumer import SlackConsumer
from opsbot import deploys
from opsbot.blocks import REASON, card, home, modal
from opsbot.models import Deployment

Event = dict[str, Any]


class Teller(SlackConsumer):
    """Says in a deployment's thread how far it has come."""

    def tell(self, one: Deployment) -> None:
        """Change its message, and say it in the thread: once, however often this is done."""
        self.update(channel=one.channel, ts=one.ts, **card(one))
        self.say(one.said, one.channel, thread_ts=one.ts, dedupe_key=f"opsbot {one.pk} {one.state}")


class Ask(SlackConsumer):
    """``/deploy``, and the modal that it opens."""

    async def command_deploy(self, message: Event) -> None:
        """Open the modal; Slack gives three seconds for that."""
        await self.open_view(modal(message["text"].strip()[:100], message["channel"]))

    def view_deploy(self, message: Event) -> None:
        """Write it down, and ask the channel."""
        values = message["values"]
        reason = (values["reason"] or "").strip()
        if len(reason) < REASON:
            self.errors({"reason": f"Say why, in {REASON} characters or more."})
            return
        service, environment, channel = values["service"], values["environment"], message["private_metadata"]
        one = deploys.ask(service, environment, reason, message["user"], channel)
        self.ack()  # it is kept, and the modal closes; what follows may take longer
        result = self.say(channel=channel, wait=60, dedupe_key=f"opsbot {one.pk}", **card(one))
        Deployment.objects.filter(pk=one.pk, ts="").update(ts=result.get("ts", ""))


class Decide(Teller):
    """The buttons, and :+1: or :-1: under the message."""

    def slack_action(self, message: Event) -> None:
        """A button."""
        found = self.scope["url_route"]["kwargs"]
        one = Deployment.objects.filter(pk=found["number"]).first()
        if one is None:
            return
        one.ts = one.ts or message["message"]["ts"]
        one.save(update_fields=["ts"])
        if not self.decided(one, message["user"], approve=found["word"] == "approve"):
            words = f"<@{one.decided_by}> has decided it already: {one.state}."
            self.respond(words, response_type="ephemeral", replace_original=False)

    def event_reaction_added(self, message: Event) -> None:
        """A reaction, if it is one of the two, under one of ours."""
        name, item = message["event"]["reaction"], message["event"]["item"]
        one = Deployment.objects.filter(channel=message["channel"], ts=item.get("ts")).first()
        if one is not None and name in ("+1", "thumbsup", "-1", "thumbsdown"):
            self.decided(one, message["user"], approve=name in ("+1", "thumbsup"))

    def decided(self, one: Deployment, user: str, *, approve: bool) -> bool:
        """Decide, and tell."""
        if not deploys.decide(one, user, approve=approve):
            return False
        self.tell(one)
        return True


class Talk(Teller):
    """Answers in the thread of a deployment."""

    def slack_message(self, message: Event) -> None:
        """Version, then yes or no; all other messages are passed over."""
        thread = message["thread_ts"]
        one = thread and Deployment.objects.filter(channel=message["channel"], ts=thread).first()
        problem = deploys.hear(message, one) if one else None
        if problem:
            self.reply(message, problem)
        elif problem is not None:
            self.react("eyes")
            self.tell(one)


class Status(SlackConsumer):
    """``@opsbot status``."""

    def slack_event(self, message: Event) -> None:
        """What is not at its end."""
        ended = (Deployment.State.DONE, Deployment.State.REJECTED, Deployment.State.CANCELLED)
        lines = [f"{one}: {one.state}" for one in Deployment.objects.exclude(state__in=ended)[:20]]
        self.reply(message, "\n".join(lines) or "Nothing is on its way.")


class Home(SlackConsumer):
    """The App Home."""

    def event_app_home_opened(self, message: Event) -> None:
        """The latest ones."""
        if message["event"].get("tab") == "home":
            self.publish_view(home(Deployment.objects.all()[:20]))
