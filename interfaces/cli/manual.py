"""What ``--help`` says of each command beside its options: a paragraph, examples, exit codes. One standard for all.

The reference page of the command line is made from it as well; a test parses every example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc

import click

__all__ = ["PAGES", "Page", "dressed"]

_WELL, _MISTAKE = "all is well", "a mistake in what was asked for, told in one line"
_BROKER = "the broker is not there"
_SERVED = {
    0: "told to stop, and all that was in flight has been finished",
    1: "the application failed, an interface ended by itself, or a second signal cut it short",
    2: _MISTAKE,
    130: "interrupted before it served",
}
_LETTERS = {0: _WELL, 1: _BROKER, 2: _MISTAKE}
_SPOOL = {0: _WELL, 2: "no spool, no such message, " + _MISTAKE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is said of a command: ``more`` follows its summary; of an example the words behind "interfaces"."""

    short: str = ""
    """In a list of commands."""
    more: str = ""
    examples: tuple[tuple[str, str], ...]
    exits: Mapping[int, str]


PAGES: Mapping[str, Page] = {
    "": Page(
        more="Options come from flags, variables, interfaces.toml and defaults, in this order. COMMAND --help "
        "tells of each.",
        examples=(
            ("serve http ws --app proj.asgi:application", "serve an application"),
            ("init http ws --app proj.asgi:application", "write interfaces.toml, with every option"),
            ("doctor", "explain what is wrong"),
            ("demo", "try all protocols, without accounts"),
        ),
        exits={0: _WELL, 1: "something failed", 2: _MISTAKE},
    ),
    "serve": Page(
        short="serve an application over the named interfaces",
        more="Serves until SIGTERM or SIGINT, then finishes what is in flight for --drain seconds; a second signal "
        "stops at once. SIGHUP reads the certificates again. With several --workers a process supervises "
        "them, and replaces one that ends.",
        examples=(
            ("serve http ws --app proj.asgi:application", "at 127.0.0.1:8000"),
            (
                "serve http --app proj:app --bind 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --workers 4",
                "for others",
            ),
            (
                "serve email --app proj.asgi:application --email-hostname mx.example.org",
                "mail, at 127.0.0.1:8025",
            ),
            ("serve http ws --layer redis://redis", "a container without an application: workers run it"),
        ),
        exits=_SERVED,
    ),
    "worker": Page(
        short="run the application for interface containers",
        more="A worker listens nowhere and holds no connection of a client: it may be replaced at any time. It "
        "takes as many scopes as --concurrency says.",
        examples=(
            ("worker --app proj.asgi:application --layer redis://redis", "for all containers on that layer"),
            ("worker --app proj.asgi:application --layer redis://redis --only email", "for mail alone"),
            (
                "worker --app proj.asgi:application --connect unix:/run/relay",
                "for one container, without a broker",
            ),
        ),
        exits=_SERVED,
    ),
    "check": Page(
        short="say whether serve would start",
        more="Nothing is served. Told are the options that were given and where each came from, the routes that "
        "are missing, and every address that can be listened on.",
        examples=(
            ("check http ws --app proj.asgi:application", "before a deployment"),
            ("check http ws --config interfaces.toml", "what a file says"),
        ),
        exits={0: "serve would start", 2: "it would not: why is told in one line"},
    ),
    "doctor": Page(
        short="explain what is wrong, why, and how to mend it",
        examples=(
            ("doctor", "what interfaces.toml names"),
            ("doctor http email --app proj.asgi:application --layer redis://redis", "what is named"),
            ("doctor http --host example.org --tls-cert cert.pem --json", "for machines"),
        ),
        exits={0: "nothing is wrong, warnings or not", 1: "something is"},
    ),
    "routes": Page(
        short="print the scope types and routes of an application",
        examples=(
            ("routes --app proj.asgi:application", "a line a route"),
            ("routes --app proj.asgi:application --json", "for machines"),
        ),
        exits={0: _WELL, 1: "importing the application failed", 2: _MISTAKE},
    ),
    "init": Page(
        short="write interfaces.toml with every option",
        examples=(
            ("init http ws --app proj.asgi:application", "interfaces.toml, with the application in it"),
            ("init email --email-hostname mx.example.org --output mail.toml", "another file"),
            ("init irc --output -", "to the standard output"),
        ),
        exits={0: _WELL, 2: "the file is there, " + _MISTAKE},
    ),
    "config": Page(
        short="show what the options are, and why",
        more="They come from flags, variables, interfaces.toml and defaults, the first one given wins.",
        examples=(("config show http --origin", "every option, and where it came from"),),
        exits={0: _WELL, 2: _MISTAKE},
    ),
    "config show": Page(
        short="every option with its value, as TOML",
        more="The output is TOML that says the same, so it can be kept as interfaces.toml; but secrets, which are "
        "masked.",
        examples=(
            ("config show http ws", "as TOML"),
            ("config show http ws --origin", "each with the flag, variable or file that it came from"),
        ),
        exits={0: _WELL, 2: _MISTAKE},
    ),
    "status": Page(
        short="show what a running process does",
        more="It asks the operations port, which a process has with --ops-bind: what is ready and what is not, "
        "where it listens, how many scopes run, what waits, and how fast.",
        examples=(
            ("status", "the process that interfaces.toml describes"),
            ("status --json", "for machines"),
        ),
        exits={0: "it is ready", 1: "it is not, or does not answer", 2: _MISTAKE},
    ),
    "top": Page(
        short="the same, refreshed until Ctrl+C",
        more="It asks the operations port, which a process has with --ops-bind. Where the output is no "
        "terminal, one screen follows the other.",
        examples=(("top", "until Ctrl+C"), ("top --once", "one screen")),
        exits={0: _WELL, 1: "it does not answer", 2: _MISTAKE},
    ),
    "drain": Page(
        short="have a process finish what is in flight, and end",
        more="The process says no to new work, finishes what is in flight, and ends as it does on SIGTERM. It "
        "is asked by its operations port, or with --pid by that signal.",
        examples=(("drain --timeout 60", "wait a minute at most"), ("drain --pid 4711", "by a signal")),
        exits={0: "it has ended", 1: "it has not ended in time, or does not answer", 2: _MISTAKE},
    ),
    "send": Page(
        short="send a message to a channel: a mail, a text …",
        more="What is sent waits at the broker until a process that serves that protocol takes it.",
        examples=(
            (
                'send email.send \'{"to": ["ada@example.net"], "subject": "Hi", "text": "Hello."}\' --layer redis://redis',
                "a mail",
            ),
            (
                'send sms.send \'{"to": "+41791234567", "text": "Hello."}\' --layer redis://redis --wait 30',
                "a text, and its result",
            ),
        ),
        exits={
            0: "it is kept, or with --wait: it was sent",
            1: "no broker, no room, no result, or a bad one",
            2: _MISTAKE,
        },
    ),
    "tail": Page(
        short="follow what passes, by the development console",
        more="It asks the console that serve --console, dev and demo open. A line has the time, the direction, "
        "the type, a title, and what became of it where that is bad. With --wait it is for scripts: it "
        "ends at the first that fits.",
        examples=(("tail", "all that passes"), ("tail --protocol email", "mail alone")),
        exits={0: _WELL, 1: "no console answers, or nothing has come in time", 2: _MISTAKE},
    ),
    "dead": Page(
        short="dead letters of a broker: list, show, try again",
        more="A delivery, or a message to be sent, becomes a dead letter at the broker after its last attempt.",
        examples=(("dead list --layer redis://redis", "all queues, with their counts"),),
        exits=_LETTERS,
    ),
    "dead list": Page(
        short="every queue, or the dead letters of one",
        more="Without QUEUE a line a queue: its name, how many wait, how many were given up. With it a line a "
        "letter: its number, when it died, its attempts, its id and why.",
        examples=(
            ("dead list --layer redis://redis", "every queue, with its counts"),
            ("dead list email.send --layer redis://redis --json", "the letters of one, for machines"),
        ),
        exits=_LETTERS,
    ),
    "dead show": Page(
        short="one dead letter, and the message",
        more="NUMBER is that of list. The message is shown as JSON, bytes as base64; one that is sealed with a "
        "key that is not given stays closed.",
        examples=(("dead show email.send 1700000000000-0 --layer redis://redis", "one, as list names it"),),
        exits=_LETTERS,
    ),
    "dead retry": Page(
        short="put dead letters back into their queue",
        more="They are tried as new ones are, with all their attempts. What was sent before under the same "
        "dedupe_key is not sent again.",
        examples=(
            ("dead retry email.send 1700000000000-0 --layer redis://redis", "one"),
            ("dead retry email.send --all --layer redis://redis", "all that are there now"),
        ),
        exits=_LETTERS,
    ),
    "spool": Page(
        short="what a spool has given up: list, show, try again",
        more="A spool is a folder in which one process keeps what it has accepted, or is to send, without a "
        "broker.",
        examples=(("spool list /var/spool/interfaces", "what was given up"),),
        exits=_SPOOL,
    ),
    "spool list": Page(
        short="what was given up, the oldest first",
        more="A line has the letter's name, when it died, its attempts, its size and why.",
        examples=(("spool list /var/spool/interfaces --json", "for machines"),),
        exits=_SPOOL,
    ),
    "spool show": Page(
        short="one, with its reason; or its content",
        more="NUMBER is the name that list shows. Shown is what the spool knows of it, as JSON.",
        examples=(("spool show /var/spool/interfaces 0/12 --content", "the message itself, as it came"),),
        exits=_SPOOL,
    ),
    "spool retry": Page(
        short="have messages tried again, as if new",
        more="The server that has the spool takes them up within seconds; one that does not run does so when "
        "it starts.",
        examples=(("spool retry /var/spool/interfaces --all", "all that are there"),),
        exits=_SPOOL,
    ),
    "spool drop": Page(
        short="throw messages away for good",
        more="Nothing is left of them. Name them as list does, or all that are there now with --all.",
        examples=(("spool drop /var/spool/interfaces 0/12", "one, for good"),),
        exits=_SPOOL,
    ),
    "receive-mail": Page(
        short="deliver the message on stdin, for a mail server",
        more="A mail server reads the exit codes (sysexits): with any but these it would bounce the message.",
        examples=(
            (
                "receive-mail --server unix:/run/interfaces/lmtp ada@example.org",
                "to a running server, by LMTP",
            ),
            ("receive-mail --app proj.asgi:application", "to the application, for $ORIGINAL_RECIPIENT"),
        ),
        exits={
            0: "each recipient was accepted",
            65: "refused for its content",
            67: "refused for its address",
            69: "refused for anything else, or by some recipients",
            75: "to be tried again, or in doubt",
            77: "refused by a policy",
        },
    ),
    "demo": Page(
        short="try all protocols, without accounts",
        more="One process serves all protocols to one application: no account, token or broker is needed. It "
        "says where each listens, and what to try; the console shows every message.",
        examples=(
            ("demo", "at 127.0.0.1:8000"),
            ("demo --port-base 0 --fresh", "at any free ports, with nothing kept"),
        ),
        exits={0: _WELL, 1: "something failed", 2: _MISTAKE},
    ),
    "dev": Page(
        short="serve for development, and restart on changes",
        more="For development, and not for others: it says much, and restarts often. Options are those of "
        "serve.",
        examples=(
            ("dev --app proj.asgi:application", "http and ws"),
            ("dev http email --app proj.asgi:application", "others"),
        ),
        exits=_SERVED,
    ),
    "completion": Page(
        short="print the script for completion in a shell",
        examples=(
            ("completion bash", "into ~/.local/share/bash-completion/completions/interfaces"),
            ("completion zsh", "into _interfaces, in a folder of $fpath"),
            ("completion fish", "into ~/.config/fish/completions/interfaces.fish"),
        ),
        exits={0: _WELL, 2: _MISTAKE},
    ),
}
"""By the words behind "interfaces"."""


def dressed(command: click.Command, path: str) -> click.Command:
    """``command``, whose help says what its page says, and so those of a group's commands."""
    page = PAGES.get(path)
    if page is not None and getattr(command, "page", None) is not page:
        command.page = page  # type: ignore[attr-defined]
        command.short_help = page.short or None
        if page.more:
            command.help = f"{cleandoc(command.help or '')}\n\n{page.more}"
        command.epilog = "\n\n".join(filter(None, [command.epilog, *_said(page)]))
    if isinstance(command, click.Group) and path:
        for name, inner in command.commands.items():
            dressed(inner, f"{path} {name}")
    return command


def _said(page: Page) -> Iterator[str]:
    """Its examples and exit codes, in lines that click does not wrap."""
    yield "\n".join(
        ["\b", "Examples:", *(f"  interfaces {words}\n      {what}" for words, what in page.examples)]
    )
    yield "\n".join(["\b", "Exit codes:", *(f"  {code:<4} {what}" for code, what in page.exits.items())])
