"""One message over an open connection, in SMTP or LMTP, with what became of it for each recipient.

Until the end of the content is sent nothing has happened, whatever fails: "deferred". From then on only the peer's
answer tells; without one it is "uncertain". What the peer refuses is its word: 4xx "deferred", 5xx "failed".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interfaces.email.sending.outgoing import LOCKED, TOO_MANY, Commit, Outgoing, Result, Status, results
from interfaces.email.sending.transports.line import Line, Lost
from interfaces.email.sending.transports.wire_client import (
    Garbled,
    Reply,
    impossible,
    mail_from,
    rcpt_to,
    stuffed,
)

__all__ = ["OURS", "Dialogue", "Times", "of_reply"]

OURS = LOCKED | {421}
"""Refusals of the connection or of our credentials, not of the message: somebody is to mend that, it is tried again."""
PIECE = 256 * 1024
"""Octets of the content that have a time of their own."""
END = b".\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds that a peer may take (RFC 5321 §4.5.3.2 asks for five minutes, and ten at the end)."""

    connect: float = 30.0
    """For a connection with TLS."""
    command: float = 300.0
    """For the reply to a command, and for some of the content to be read."""
    end: float = 600.0
    """For the reply to the whole message."""


@dataclass(slots=True)
class Dialogue:
    """Speaks for one message; ``clean``: the connection can be used for another one behind it."""

    line: Line
    offered: Mapping[str, str]
    times: Times
    lmtp: bool = False
    clean: bool = False
    spoken: bool = False
    """Whether the peer has answered anything."""

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """As :meth:`Transport.send`."""
        wrong = impossible(mail, self.offered)
        if wrong is not None:
            self.clean = True
            code, enhanced, text = wrong
            return results(mail.recipients, "failed", text, code, enhanced)
        found: dict[str, Result] = {}
        try:
            taken = await self._envelope(mail, found)
            if taken and await self._data(taken, found):
                await self._content(mail, commit)
                await self._answers(taken, found)
        except (Lost, Garbled) as error:
            self.clean = False
            for one in mail.recipients:
                found.setdefault(one, Result(one, "deferred", text=str(error)))
        return [found[one] for one in mail.recipients]

    async def _envelope(self, mail: Outgoing, found: dict[str, Result]) -> list[str]:
        """Those whom the peer takes it for."""
        commands = [mail_from(mail, self.offered)]
        commands += [rcpt_to(one, mail, self.offered) for one in mail.recipients]
        sender, *others = await self._asked(commands)
        if not sender.good:
            for one in mail.recipients:
                found[one] = of_reply(one, sender)
        for one, reply in zip(mail.recipients, others, strict=bool(others)):
            if sender.good and not reply.good:
                found[one] = of_reply(one, reply)
        taken = [one for one in mail.recipients if one not in found]
        self.clean = not taken and not any(reply.code == 421 for reply in (sender, *others))
        return taken

    async def _asked(self, commands: Sequence[bytes]) -> list[Reply]:
        """The replies. All are sent at once where the peer allows that (RFC 2920); else none after a refused MAIL."""
        seconds = self.times.command
        if "PIPELINING" in self.offered:
            await self.line.write(b"".join(commands), seconds)
            found = []
            for _ in commands:
                found.append(await self.line.reply(seconds))
                self.spoken = True
            return found
        found = [await self.line.ask(commands[0], seconds)]
        self.spoken = True
        if found[0].good:
            found += [await self.line.ask(command, seconds) for command in commands[1:]]
        return found

    async def _data(self, taken: Sequence[str], found: dict[str, Result]) -> bool:
        """Whether the peer wants the content."""
        reply = await self.line.ask(b"DATA\r\n", self.times.command)
        if reply.code == 354:
            return True
        for one in taken:
            found[one] = of_reply(one, reply)
            if reply.good:  # to a question that nobody asked
                found[one] = Result(
                    one, "deferred", reply.code, reply.enhanced, f"instead of 354: {reply.text}"
                )
        self.clean = not reply.good and reply.code != 421
        return False

    async def _content(self, mail: Outgoing, commit: Commit | None) -> None:
        """All of it but the end, then ``commit``."""
        try:
            content = stuffed(mail.content)
            for at in range(0, len(content), PIECE):
                await self.line.write(content[at : at + PIECE], self.times.command)
            if commit is not None:
                await commit()
        except BaseException:
            self.line.close()  # before anything could end it
            raise
        self.line.check()
        if not self.line.idle:
            self.line.close()
            raise Lost(f"the peer answered in the middle of the content: {self.line.unasked}")

    async def _answers(self, taken: Sequence[str], found: dict[str, Result]) -> None:
        """The end of the content, and the peer's word on it: one for all, or in LMTP one for each."""
        try:
            await self.line.write(END, self.times.command)
            if self.lmtp:
                for one in taken:
                    found[one] = of_reply(one, await self.line.reply(self.times.end))
            else:
                reply = await self.line.reply(self.times.end)
                found.update({one: of_reply(one, reply) for one in taken})
        except (Lost, Garbled) as error:
            for one in taken:
                found.setdefault(
                    one, Result(one, "uncertain", text=f"{error}, after the whole message was sent")
                )
            raise
        self.clean = not any(found[one].code == 421 for one in taken)


def of_reply(recipient: str, reply: Reply) -> Result:
    """What a reply means for a recipient. One that is no answer to the question is no acceptance."""
    if reply.good:
        return Result(recipient, "accepted", reply.code, reply.enhanced, reply.text)
    later = reply.code < 500 or reply.code in OURS or reply.enhanced in TOO_MANY
    status: Status = "deferred" if later else "failed"
    return Result(recipient, status, reply.code, reply.enhanced, reply.text)
