"""The number: what people text, and what became of what was sent.

Plain functions run in threads, where the database may be asked.
"""

from typing import Any

from hotline import book
from interfaces.sms.consumer import SmsConsumer

Event = dict[str, Any]


class Hotline(SmsConsumer):
    """Hears answers to reminders. That nobody is sent anything who has said STOP is the sender's work."""

    def sms_receive(self, message: Event) -> None:
        """C confirms, M 15:00 moves; all else is told how it is done."""
        self.reply(book.hear(message))

    def keyword_stop(self, message: Event) -> None:
        """They get this, and no more; somebody calls them from now on."""
        book.call(message)
        self.reply("You get no more messages from us; we call you. START brings them back.")

    def keyword_start(self, message: Event) -> None:
        """They are reminded again, from the next appointment on."""
        self.reply("You get reminders again.")

    def keyword_help(self, message: Event) -> None:
        """Who this is."""
        self.reply(f"This is the surgery of Dr. Who. {book.HELP} STOP ends the messages.")

    def sms_status(self, message: Event) -> None:
        """A reminder that does not arrive has somebody call."""
        if message["final"] and message["status"] not in ("delivered", "read"):
            book.lost(message)
