"""``interfaces receive-mail``: a message on stdin, for pipe(8) of Postfix, a .forward, and all who call programs.

It goes to a running server by LMTP, or to an application that is run for it. Nothing is lost: the exit code is 0 only
when each recipient was accepted, and 75 ("try again", EX_TEMPFAIL) whenever there is any doubt, a mistake in the
options included; the words that go into a bounce are on stdout, behind an enhanced code, as Postfix reads them.
"""

import asyncio
import os
import re
import smtplib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click

from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["exit_code", "lines_of", "receive_mail", "send"]

Result = tuple[str, int, str]
"""A recipient, the code of the reply and its text, which begins with an enhanced code."""

OK, DATAERR, NOUSER, UNAVAILABLE, TEMPFAIL, NOPERM = 0, 65, 67, 69, 75, 77
"""Of sysexits(3)."""
PIECE = 65_536
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3} ?")
_CODES = {"5.1": NOUSER, "5.6": DATAERR, "5.3": DATAERR, "5.7": NOPERM}
_SENDER, _RECIPIENTS = "SENDER", ("ORIGINAL_RECIPIENT", "RECIPIENT")
"""Variables that Postfix' local(8), Exim and others set."""


class _Lmtp(smtplib.LMTP):
    """The client, with a reply a recipient."""

    def say(self, words: str) -> tuple[int, str]:
        """Send a command; code and text of the reply."""
        self.putcmd(words)
        return self.heard()

    def heard(self) -> tuple[int, str]:
        """The next reply."""
        code, text = self.getreply()
        return code, " ".join(text.decode("utf-8", "replace").split())


def send(
    where: str, sender: str, recipients: Sequence[str], message: IO[bytes], timeout: float
) -> list[Result]:
    """Deliver by LMTP to ``where``, HOST:PORT or unix:PATH; what became of each recipient.

    Raises OSError or SMTPException when nothing is known of them all.
    """
    host, port = _address(where)
    client = _Lmtp(timeout=timeout)
    try:
        _expect(client.connect(host, port))
        return _delivered(client, sender, recipients, message)
    finally:
        client.close()


def _address(where: str) -> tuple[str, int]:
    if where.startswith("unix:"):
        return str(Path(where.removeprefix("unix:")).absolute()), 0
    host, _, port = where.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--server {where}: write HOST:PORT or unix:PATH")
    return host.strip("[]"), int(port)


def _delivered(client: _Lmtp, sender: str, recipients: Sequence[str], message: IO[bytes]) -> list[Result]:
    ascii_ = "".join((sender, *recipients)).isascii()
    client.command_encoding = "ascii" if ascii_ else "utf-8"
    _expect(client.say("LHLO localhost"))
    code, text = _sure(client.say(f"MAIL FROM:<{sender}>{'' if ascii_ else ' SMTPUTF8'}"))
    if code // 100 != 2:
        return [(one, code, text) for one in recipients]
    found = {one: _sure(client.say(f"RCPT TO:<{one}>")) for one in dict.fromkeys(recipients)}
    there = [one for one, (code, _) in found.items() if code // 100 == 2]
    if there:
        _expect(client.say("DATA"), 354)
        for piece in lines_of(message):
            client.send(piece)
        client.send(b".\r\n")
        for one in there:
            found[one] = client.heard()
    try:
        client.putcmd("QUIT")  # so that it knows that we have heard: the same mail once more is meant
    except (OSError, smtplib.SMTPException):
        pass
    return [(one, *found[one]) for one in recipients]


def _expect(reply: tuple[int, Any], code: int = 0) -> None:
    """SMTPException when a reply is not as expected; without ``code``: 2xx. Who says no here is the wrong server."""
    if reply[0] != code if code else reply[0] // 100 != 2:
        raise smtplib.SMTPException(f"the server says {reply[0]} {reply[1]}")


def _sure(reply: tuple[int, str]) -> tuple[int, str]:
    """The reply. SMTPException for one that refuses not the mail but how we talk: TLS is asked for, or a login."""
    code, text = reply
    if code // 100 == 5 and code // 10 != 55 and not text.startswith("5.1."):
        raise smtplib.SMTPException(f"the server says {code} {text}")
    return reply


def lines_of(message: IO[bytes]) -> Iterator[bytes]:
    """The message as DATA has it: lines end in CRLF, a dot in front is doubled; without the "From " line of an mbox.

    A CR alone ends a line, as an LF alone does. Where a piece ends has no influence.
    """
    piece, held, fresh = message.readline(PIECE), b"", True
    if piece.startswith(b"From "):
        piece = message.read(PIECE)
    while piece:
        piece = held + piece
        held = b"\r" if piece.endswith(b"\r") else b""  # an LF may follow
        lines = piece[: len(piece) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = lines.replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
        if lines:
            yield b"." + lines if fresh and lines.startswith(b".") else lines
            fresh = lines.endswith(b"\n")
        piece = message.read(PIECE)
    if held or not fresh:
        yield b"\r\n"


def exit_code(results: Sequence[Result]) -> tuple[int, str]:
    """The exit code, and the words for it: one that is deferred has all tried again, one refused makes it a bounce."""
    told = [(code, _worded(one, code, text)) for one, code, text in results]
    for code, words in told:
        if code // 100 not in (2, 5):
            return TEMPFAIL, words if words.startswith("4.") else f"4.3.0 {words}"
    refused = [words for code, words in told if code // 100 == 5]
    if not refused:
        return OK, ""
    code = _CODES.get(refused[0][:3], UNAVAILABLE) if len(refused) == len(told) else UNAVAILABLE
    return code, "; ".join([refused[0], *(_ENHANCED.sub("", words, count=1) for words in refused[1:])])


def _worded(recipient: str, code: int, text: str) -> str:
    found = _ENHANCED.match(text)
    enhanced = found[0].strip() if found else {2: "2.0.0", 5: "5.0.0"}.get(code // 100, "4.0.0")
    return f"{enhanced} <{recipient}>: {_ENHANCED.sub('', text, count=1) or code}"


def _ran(app: str, app_dir: str, config: str | None, deliver: Callable[[str], list[Result]]) -> list[Result]:
    """Run the application, have ``deliver(where)`` talk to it, and end it."""
    from interfaces.cli.serve import application_of  # noqa: PLC0415 - none of this is loaded to talk to a server
    from interfaces.runner.plan import make_plan  # noqa: PLC0415
    from interfaces.runner.process import serving_of  # noqa: PLC0415
    from interfaces.runner.sources import Environment, Given, read_table  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="receive-mail-") as folder:
        where = f"unix:{folder}/lmtp"
        mine = {
            "app": app,
            "app_dir": app_dir,
            "ops_bind": "",
            "proxy_protocol": False,
            "email.lmtp_bind": (where,),
            "email.tls": "off",
        }
        none: dict[str, Any] = {
            f"email.{name}": () for name in ("bind", "submission_bind", "webhooks", "maildir")
        }
        table = read_table(Path(config) if config else None)
        plan = make_plan(("email",), Given(mine | none), Environment(os.environ), *([table] if table else []))
        application = application_of(plan.options)
        _log()

        async def run() -> list[Result]:
            async with serving_of(application, plan.chosen, plan.options):
                return await asyncio.to_thread(deliver, where)

        return asyncio.run(run())


def _log() -> None:
    """Logs go to syslog: what a program says into a pipe goes into the bounce."""
    logging: Any = import_module("logging.handlers")
    logger = import_module("logging").getLogger("interfaces")
    try:
        handler = logging.SysLogHandler("/dev/log", logging.SysLogHandler.LOG_MAIL)
    except OSError:
        handler = import_module("logging").NullHandler()
    handler.handleError = lambda _record: None  # no syslog: its traceback would be a part of the bounce
    logger.addHandler(handler)
    logger.propagate = False


def _null(sender: str) -> str:
    """The sender; "" for what stands for nobody."""
    return "" if sender in ("<>", "MAILER-DAEMON") else sender.removeprefix("<").removesuffix(">")


class _Careful(click.Command):
    """Ends with 75 whatever is wrong with its own arguments: any other code would have the message bounce."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*arguments, **named)
        except click.UsageError as error:
            raise click.exceptions.Exit(_end(TEMPFAIL, f"4.3.5 {error.format_message()}")) from error


def _end(code: int, words: str) -> int:
    """Say what goes into the bounce, in one line."""
    if words:
        try:
            sys.stdout.write(" ".join(words.split())[:500] + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            pass
    return code


@click.command("receive-mail", cls=_Careful)
@click.option(
    "-f", "--from", "sender", metavar="ADDRESS", help="sender of the envelope; <> for none [$SENDER]"
)
@click.option(
    "--server", metavar="WHERE", default="127.0.0.1:8024", show_default=True,
    help="LMTP of a running server: HOST:PORT or unix:PATH",
)  # fmt: skip
@click.option("--app", metavar="MODULE:ATTRIBUTE", help="run this application instead of asking a server")
@click.option("--app-dir", metavar="DIRECTORY", default=".", help="directory to import it from")
@click.option("--config", metavar="FILE", help="with --app: interfaces.toml, or a file of that shape")
@click.option(
    "--timeout", type=float, default=300.0, show_default=True, help="seconds to wait for each reply"
)
@click.argument("recipients", nargs=-1, metavar="[RECIPIENT]...")
def receive_mail(sender: str | None, recipients: tuple[str, ...], **how: Any) -> int:
    """Deliver the message on stdin, for Postfix' pipe(8) and .forward.

    Ends with 0 when every recipient was accepted, with 75 for "try again" and whenever anything is in doubt, and with
    65, 67, 69 or 77 when it was refused. Without a RECIPIENT: $ORIGINAL_RECIPIENT or $RECIPIENT.
    """
    try:
        names = recipients or tuple(filter(None, map(os.environ.get, _RECIPIENTS)))[:1]
        if not names:
            raise ConfigError("name a recipient")
        said = _null(os.environ.get(_SENDER, "") if sender is None else sender)
        if any(not one.isprintable() or "<" in one or ">" in one for one in (said, *names)):
            return _end(DATAERR, "5.1.3 a character that no address has")

        def deliver(where: str) -> list[Result]:
            return send(where, said, names, sys.stdin.buffer, how["timeout"])

        app: str | None = how["app"]
        results = _ran(app, how["app_dir"], how["config"], deliver) if app else deliver(how["server"])
        return _end(*exit_code(results))
    except (ConfigError, ApplicationError) as error:
        return _end(TEMPFAIL, f"4.3.5 {error}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, the message is not lost by it
        return _end(TEMPFAIL, f"4.3.0 {type(error).__name__}: {error}")
