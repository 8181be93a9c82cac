"""One process that serves every protocol: the fakes, and our servers at them, in one event loop."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import interfaces
from interfaces.demo.asgi import application
from interfaces.demo.places import Places
from interfaces.demo.sent import Sent
from interfaces.demo.settings import DESK_ADDRESS, DESK_IRC_NETWORK, DESK_NUMBER, DESK_SLACK_CHANNEL, LAYER
from interfaces.shared.bind import authority
from interfaces.testing.slack.operated import OperatedSlack
from interfaces.testing.sms.operated import OperatedSms

__all__ = ["Demo", "running", "serve"]

NAMES = ("http", "ws", "email", "slack", "sms", "irc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What runs, and where: HOST:PORT each."""

    slack: OperatedSlack
    sms: OperatedSms
    http: str
    email: str
    irc: str
    console: str
    """Its URL; "" is none."""
    sent: Sent


@asynccontextmanager
async def running(where: Places, state: Path) -> AsyncIterator[Demo]:
    """All of it while it is entered. Raises ConfigError for a port that is taken."""
    async with (
        OperatedSlack(port=where.slack) as slack,
        OperatedSms(port=where.sms, numbers=(DESK_NUMBER,)) as sms,
    ):
        slack.world.channel(DESK_SLACK_CHANNEL).name = "desk"
        sent = Sent(state / "sent")
        fakes = {"slack": slack, "sms": sms, "email": sent}
        setattr(application, "simulators", fakes)  # noqa: B010 - where the console looks for them
        options = options_of(where, state, slack, sms)
        async with interfaces.Server(application, *NAMES, **options) as server:
            found = [str(address) for address in server.addresses]
            http, email, irc = found[0], found[1], found[-1]
            sms.webhook, slack.events_url = f"http://{http}/sms/fake", f"http://{http}/slack/events"
            console = next((words.rpartition(" ")[2] for words in server.beside), "")
            yield Demo(slack=slack, sms=sms, http=http, email=email, irc=irc, console=console, sent=sent)


def options_of(where: Places, state: Path, slack: OperatedSlack, sms: OperatedSms) -> dict[str, Any]:
    """The options of ``interfaces serve``: addresses, the accounts at the fakes, and no waiting for their pace."""
    return {
        "layer": LAYER,
        "console": where.console,
        "http_bind": (authority(where.host, where.http),),
        "http_drain_idle": 0.0,
        "ws_drain_spread": 0.0,
        "email_bind": (authority("127.0.0.1", where.email),),
        "email_hostname": DESK_ADDRESS.rpartition("@")[2],
        "email_send": f"file://{state / 'sent'}",
        "slack_api_url": slack.api_url,
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": (slack.signing_secret,),
        "slack_send_channel_interval": 0.0,
        "slack_send_rate": 0.0,
        "sms_accounts": (sms.account(),),
        "irc_bind": (authority("127.0.0.1", where.irc),),
        "irc_network": DESK_IRC_NETWORK,
        "irc_server_name": "desk.example",
    }


async def serve(where: Places, state: Path) -> None:
    """Serve until told to stop; who is told again ends at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def told(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    async with running(where, state) as demo:
        click.echo(welcome(demo))
        await stop.wait()
        click.echo("The desk closes.")


def welcome(demo: Demo) -> str:
    """Where everything is, and what to try."""
    phones, people = f"{demo.sms.api_url}/phones", f"{demo.slack.world.base}/people"
    host, _, port = demo.irc.rpartition(":")
    return f"""\
The help desk is open: http://{demo.http}/
  mail   {demo.email} to {DESK_ADDRESS}; what is answered becomes files in {demo.sent.folder}
  text   {phones}/NUMBER, a fake provider and its phones
  IRC    {demo.irc}, #desk and #ticket-1
  Slack  {people}, a fake one: #desk
  and all that passes: {demo.console or "no console"}
Try this, with the page open:
  {mail_command(demo.email)}
  curl -d 'Where is my parcel?' {phones}/+41790000001
  irssi -c {host} -p {port} -n dan
  curl -d 'press take' {people}/ann"""


def mail_command(where: str) -> str:
    """How a customer writes, with what is installed."""
    if shutil.which("swaks"):
        text = "-h-Subject Printer --body 'It is on fire.'"
        return f"swaks --server {where} --from ada@customer.example --to {DESK_ADDRESS} {text}"
    text = "printf 'Subject: Printer\\n\\nIt is on fire.\\n'"
    envelope = f"--mail-from ada@customer.example --mail-rcpt {DESK_ADDRESS}"
    return f"{text} | curl --crlf -T - smtp://{where} {envelope}"
