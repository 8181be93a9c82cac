"""Mail to the desk: what is refused, and what goes into a ticket."""

from typing import Any

from helpdesk.desk import UnknownTicketError, take
from interfaces.email.consumer import EmailConsumer


class Support(EmailConsumer):
    """Takes what comes to ``support@`` and ``support+<tag>@``."""

    def email_receive(self, message: dict[str, Any]) -> None:
        """A plain function: it runs in a thread, where the database may be asked."""
        try:
            take(message, self.parsed(message), self.scope["url_route"]["kwargs"]["tag"])
        except UnknownTicketError:
            self.reject("There is no such ticket; write to the address without the number", enhanced="5.1.1")
