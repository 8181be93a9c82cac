"""``manage.py interfaces_mail list|show|replay|ask``: the log of mail, for people and scripts."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from interfaces.django.mail_limits import ASKED_AFTER, PENDING, REPLAYED, SECONDS
from interfaces.django.mail_models import ReceivedMail, ReceivedState
from interfaces.django.mail_replay import ContentMissingError, replay
from interfaces.django.mail_rows import source
from interfaces.django.sent_mail import ask
from interfaces.django.settings import application_path, seconds_of
from interfaces.runner.application import load
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.strand import shutdown
from interfaces.workers.settings import layer_of

__all__ = ["Command"]

SHOWN = 50
"""Messages that are listed, unless told."""


class Command(BaseCommand):
    """Looks at the mail that `log_mail` has logged, and gives it to the application once more."""

    help = "Lists, shows and replays the mail of the log, and asks about what was sent."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word, and what goes with it."""
        words = parser.add_subparsers(dest="word", required=True)
        listing = words.add_parser("list", help="one message a line, the latest first")
        listing.add_argument("--state", choices=ReceivedState.values)
        listing.add_argument("--to", metavar="ADDRESS", help="of the envelope")
        listing.add_argument("--limit", type=int, default=SHOWN, metavar="N")
        listing.add_argument("--json", action="store_true", help="one JSON value a line")
        show = words.add_parser("show", help="the message as it came")
        show.add_argument("id", type=int)
        show.add_argument("--output", metavar="FILE", help="a new file that its bytes go to")
        again = words.add_parser("replay", help="give messages to the application once more")
        again.add_argument(
            "id", type=int, nargs="*", help="none: those that are pending, and have been for a while"
        )
        again.add_argument("--failed", action="store_true", help="those that failed, too")
        again.add_argument(
            "--older",
            type=seconds_of,
            default=PENDING,
            metavar="SECONDS",
            help="that they came before at least",
        )
        again.add_argument(
            "--again",
            action="store_true",
            help="have their effect once more, also where the inbox knows them",
        )
        asking = words.add_parser(
            "ask", help="ask what became of sent mail that is pending, where the result was lost"
        )
        asking.add_argument(
            "--older",
            type=seconds_of,
            default=ASKED_AFTER,
            metavar="SECONDS",
            help="that it was sent before at least",
        )
        for one in (listing, show, again, asking):
            one.add_argument(
                "--database", metavar="ALIAS", help="key of DATABASES, unless that of the router"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; ends with 2 for a wrong configuration, and 1 when a message could not be replayed."""
        using = options["database"]
        rows = ReceivedMail.objects.using(using) if using else ReceivedMail.objects.all()
        getattr(self, options["word"])(rows, options)

    def list(self, rows: Any, options: dict[str, Any]) -> None:
        """The latest ones."""
        if options["state"]:
            rows = rows.filter(state=options["state"])
        if options["to"]:
            rows = rows.filter(to_address=options["to"])
        for row in rows[: max(0, options["limit"])]:
            came = row.received_at.isoformat(timespec="seconds")
            said = {
                "id": row.pk, "received_at": came, "state": row.state, "attempts": row.attempts,
                "from_address": row.from_address, "to_address": row.to_address, "subject": row.subject,
                "reply": row.reply, "error": row.error,
            }  # fmt: skip
            if options["json"]:
                self.stdout.write(json.dumps(said))
                continue
            sender = row.from_address or "<>"
            self.stdout.write(
                f"{row.pk}  {came}  {row.state:9}  {sender} to {row.to_address}  {visible(row.subject)}"
            )

    def show(self, rows: Any, options: dict[str, Any]) -> None:
        """As text, without what a terminal takes for its own; to a file as it is."""
        file = source(_one(rows, options["id"]).content)
        if file is None:
            raise CommandError(f"{options['id']}: its content is not kept, or not whole")
        with file:
            if options["output"]:
                try:
                    with Path(options["output"]).open("xb") as out:
                        shutil.copyfileobj(file, out)
                except OSError as error:
                    raise CommandError(f"--output {options['output']}: {error.strerror}") from None
                return
            for text in file:
                self.stdout.write(visible(text.decode("utf-8", "replace").rstrip("\r\n")))

    def ask(self, rows: Any, options: dict[str, Any]) -> None:
        """The sender tells again what it knows."""
        count = ask(options["older"], using=options["database"])
        self.stdout.write(f"asked about {count}")

    def replay(self, rows: Any, options: dict[str, Any]) -> None:
        """One after another, the oldest first."""
        if options["id"]:
            chosen = [_one(rows, number).pk for number in options["id"]]
        else:
            states = [ReceivedState.PENDING, *([ReceivedState.FAILED] if options["failed"] else [])]
            before = timezone.now() - timedelta(seconds=options["older"])
            found = rows.filter(state__in=states, received_at__lt=before).order_by("received_at")
            chosen = [*found.values_list("pk", flat=True)[:REPLAYED]]
        try:
            application = load(application_path(), ".")
            failed = asyncio.run(self._replayed(rows, chosen, application, again=options["again"]))
        except (ConfigError, ApplicationError) as error:
            raise CommandError(str(error), returncode=2 if isinstance(error, ConfigError) else 1) from None
        finally:
            shutdown()
        if failed:
            raise CommandError(f"{failed} of {len(chosen)} could not be replayed")

    async def _replayed(
        self, rows: Any, numbers: Sequence[int], application: Application, *, again: bool
    ) -> int:
        """Replay them, with one content in memory at a time; how many could not be."""
        failed = 0
        try:
            for number in numbers:
                failed += not await self._replayed_one(rows, number, application, again=again)
        finally:
            layer: Any = layer_of() if numbers else None
            if hasattr(layer, "hub"):
                await layer.close()
        return failed

    async def _replayed_one(self, rows: Any, number: int, application: Application, *, again: bool) -> bool:
        """Replay one; whether that could be done."""
        row = await rows.select_related("content").filter(pk=number).afirst()
        if row is None:  # pruned meanwhile
            return True
        try:
            said = await replay(row, application, again=again, seconds=SECONDS)
        except (ContentMissingError, OSError) as error:
            self.stderr.write(f"{row.pk}: {error}")
            return False
        self.stdout.write(f"{row.pk}: {said.kind} {visible(said.detail.get('text', ''))}".rstrip())
        return True


def _one(rows: Any, number: int) -> ReceivedMail:
    found: ReceivedMail | None = rows.filter(pk=number).first()
    if found is None:
        raise CommandError(f"there is no mail {number} in the log")
    return found


def visible(text: str) -> str:
    """``text`` in one line, with nothing that a terminal takes for a command."""
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in text)
