"""The rows of the log of received mail: written before the application is called, and again when it has decided.

A message has a row a recipient, found by sender, recipient and digest, so a repeat is another attempt of the same
row. Its content is kept once: in the database or, larger than LARGE, in the storage that the setting
``INTERFACES["MAIL_STORAGE"]`` names. Without one, of a message larger than MOST only the beginning is kept, and it
cannot be replayed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import router, transaction
from django.db.models import F
from django.utils import timezone

from interfaces.django import mail_limits as limits
from interfaces.django.inbox import fitting
from interfaces.django.mail_models import ADDRESS, MailContent, ReceivedMail, ReceivedState
from interfaces.django.settings import mail_storage
from interfaces.email.body import opened
from interfaces.shared.delivery import Verdict

__all__ = ["begin", "keys_of", "line", "remove", "settle", "source"]

_KEPT = (
    "protocol", "transaction_id", "client", "server", "client_name", "helo", "tls", "auth", "conversation",
    "mail_from", "mail_params", "rcpt_to",
)  # fmt: skip
"""What of a scope is kept for a replay."""
_STATES = {"accept": ReceivedState.DELIVERED, "reject": ReceivedState.BOUNCED, "defer": ReceivedState.FAILED}


def line(value: object, most: int) -> str:
    """``value`` as a text that any database takes, of at most ``most`` characters."""
    text = str(value or "").replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode()[:most]


def keys_of(event: Mapping[str, Any]) -> list[str]:
    """What each recipient of an ``email.receive`` is known by in the log."""
    return [fitting(f"{event['from_address']} {one} {event['digest']}", 255) for one in event["to"]]


def begin(
    scope: Mapping[str, Any], event: Mapping[str, Any], *, whole: bool = True, using: str | None = None
) -> list[int]:
    """Write down that the application is called now; gives the rows, in the order of the recipients.

    ``whole``: the event has all of the content; else none of it is kept.
    OSError when the content cannot be read or kept, and what the database raises: then the message must not be taken.
    """
    using = using or router.db_for_write(ReceivedMail)
    keys = keys_of(event)
    with transaction.atomic(using=using):
        rows = ReceivedMail.objects.using(using).filter(dedupe_key__in=keys).order_by()
        found = dict(rows.values_list("dedupe_key", "pk"))
        bare = [*rows.filter(content=None).values_list("pk", flat=True)] if found else []
        missing = [at for at, key in enumerate(keys) if key not in found]
        if missing or bare:
            content = _kept(event, using, whole=whole)
            made = [_row(scope, event, at, (keys[at], content)) for at in missing]
            # another process may be about to write the same
            ReceivedMail.objects.using(using).bulk_create(made, ignore_conflicts=True)
            if bare:
                rows.filter(pk__in=bare).update(content=content)
        if found:
            rows.filter(pk__in=found.values()).update(
                state=ReceivedState.PENDING, attempts=F("attempts") + 1, error="", decided_at=None
            )
        if missing:
            found = dict(rows.values_list("dedupe_key", "pk"))
    return [found[key] for key in keys]


def settle(
    rows: Sequence[int], verdicts: Sequence[Verdict], error: str = "", *, using: str | None = None
) -> None:
    """Write down what was decided, for each of ``rows``."""
    using = using or router.db_for_write(ReceivedMail)
    same: dict[tuple[str, str], list[int]] = {}
    for row, said in zip(rows, verdicts, strict=True):
        same.setdefault((_STATES[said.kind], reply_of(said)), []).append(row)
    with transaction.atomic(using=using):
        for (state, reply), numbers in same.items():
            ReceivedMail.objects.using(using).filter(pk__in=numbers).update(
                state=state, reply=reply, error=line(error, limits.ERROR), decided_at=timezone.now()
            )


def reply_of(said: Verdict) -> str:
    """The reply that says a verdict."""
    usual = {
        "accept": (250, "2.0.0", "Ok"),
        "reject": (550, "5.7.1", "Refused"),
        "defer": (451, "4.3.0", "Try again later"),
    }
    code, enhanced, text = usual[said.kind]
    detail = said.detail
    return line(
        f"{detail.get('code', code)} {detail.get('enhanced', enhanced)} {detail.get('text', text)}", 600
    )


def source(content: MailContent | None) -> IO[bytes] | None:
    """The message as a file, to be closed; None when it is not kept, or not whole."""
    if content is None or content.cut:
        return None
    if content.file:
        opened_file: IO[bytes] = _storage().open(content.file)
        return opened_file
    return BytesIO(bytes(content.data or b""))


def remove(contents: Iterable[MailContent]) -> None:
    """Delete what is kept of messages; their rows stay."""
    for content in contents:
        if content.file:
            _storage().delete(content.file)
        content.delete()


def _storage() -> Storage:
    return storages[mail_storage() or "default"]


def _kept(event: Mapping[str, Any], using: str, *, whole: bool) -> MailContent:
    """The content, written where it belongs. A storage's file is left over when the transaction is taken back."""
    size: int = event["size"]
    name = mail_storage()
    content = MailContent(size=size)
    with opened(event) as file:
        if not whole:
            content.cut, content.data = True, b""
        elif name and size > limits.LARGE:
            wanted = f"mail/{event['digest'][:2]}/{event['digest']}.eml"
            content.file = storages[name].save(wanted, File(file))
        else:
            content.cut = size > limits.MOST
            content.data = file.read(limits.LARGE if content.cut else limits.MOST)
    content.save(using=using)
    return content


def _clean(value: Any) -> Any:
    """``value`` as JSON that any database takes."""
    if isinstance(value, Mapping):
        return {line(key, limits.ERROR): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else line(value, limits.ERROR)


def _row(
    scope: Mapping[str, Any], event: Mapping[str, Any], at: int, what: tuple[str, MailContent]
) -> ReceivedMail:
    """The row of one recipient; ``what``: its key, and the content."""
    received = datetime.fromtimestamp(event["received_at"], UTC)
    key, content = what
    envelope = {name: scope[name] for name in _KEPT if name in scope} | {"rcpt_to": [scope["rcpt_to"][at]]}
    envelope |= {name: event[name] for name in ("authentication",) if name in event}
    return ReceivedMail(
        dedupe_key=key,
        envelope=_clean(envelope),
        from_address=line(event["from_address"], ADDRESS),
        to_address=line(event["to"][at], ADDRESS),
        subject=line(event["subject"], 500),
        message_id=line(event["message_id"], 255),
        kind=event["kind"],
        digest=event["digest"],
        size=event["size"],
        content=content,
        received_at=received,
    )
