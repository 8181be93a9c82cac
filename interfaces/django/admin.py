"""The log of mail in Django's admin, where that is installed: see what came, take its files, replay it; and Slack.

What strangers wrote is shown as text. HTML is shown in a frame without scripts, forms, an origin and anything from
elsewhere; files are given out as files, whatever they say that they are.
"""

from collections.abc import Callable
from typing import IO, Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import content_disposition_header
from django.utils.module_loading import import_string

from interfaces.django.account_admin import AccountAdmin
from interfaces.django.mail_limits import ADMIN_REPLAYED, ADMIN_SECONDS, SHOWN
from interfaces.django.mail_models import ReceivedMail, SentMail
from interfaces.django.mail_replay import ContentMissingError, replay
from interfaces.django.mail_rows import source
from interfaces.django.slack_models import SlackInstallation
from interfaces.django.sms_admin import OptOutAdmin
from interfaces.email.mime import MimeError, Parsed

__all__ = ["AccountAdmin", "OptOutAdmin", "ReceivedMailAdmin", "SentMailAdmin", "SlackInstallationAdmin"]

FRAME = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_LOCKED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_NOT_KEPT = "Its content is not kept, or not whole."


class ReadOnly(admin.ModelAdmin):
    """Rows that the log writes, and nobody else."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody; who has the permission may replay."""
        return False


@admin.register(ReceivedMail)
class ReceivedMailAdmin(ReadOnly):
    """What came in, and what became of it."""

    list_display = ("received_at", "state", "from_address", "to_address", "subject", "attempts", "reply")
    list_filter = ("state", "kind", "received_at")
    search_fields = ("from_address", "to_address", "subject", "message_id", "digest")
    actions = ("replay_mail",)
    fieldsets = (
        (None, {"fields": ("state", "reply", "error", "attempts", "received_at", "decided_at")}),
        ("Envelope", {"fields": ("from_address", "to_address", "envelope", "dedupe_key")}),
        (
            "Message",
            {"fields": ("subject", "message_id", "kind", "size", "files", "text", "html", "headers")},
        ),
    )
    readonly_fields = ("files", "text", "html", "headers")

    def get_urls(self) -> list[Any]:
        """Those of the content, before the admin's own."""
        pages = (
            ("source", "<int:number>/source/", self.source_view),
            ("html", "<int:number>/html/", self.html_view),
            ("attachment", "<int:number>/attachments/<int:place>/", self.attachment_view),
        )
        own = [path(to, self._guarded(view), name=_name(word)) for word, to, view in pages]
        return [*own, *super().get_urls()]

    def _guarded(self, view: Callable[..., HttpResponse]) -> Any:
        """``view`` of a row, for those who may see it."""

        def guarded(request: HttpRequest, number: int, **kwargs: int) -> HttpResponse:
            row = self.get_queryset(request).filter(pk=number).select_related("content").first()
            if not self.has_view_permission(request, row):
                raise PermissionDenied
            if row is None:
                raise Http404
            return view(row, **kwargs)

        return self.admin_site.admin_view(guarded)

    # --- what a message says ----------------------------------------------------------------------

    @admin.display(description="text")
    def text(self, row: ReceivedMail) -> str:
        """Its plain text, else that of its HTML."""
        return _block(row, lambda parsed: parsed.text)

    @admin.display(description="header")
    def headers(self, row: ReceivedMail) -> str:
        """All fields as they came."""
        return _block(row, _fields)

    @admin.display(description="HTML")
    def html(self, row: ReceivedMail) -> str:
        """In a frame of its own."""
        parsed = _parsed(row)
        if not _said(parsed, lambda one: one.html):
            return "–"
        address = reverse(f"admin:{_name('html')}", args=[row.pk])
        style = "width:100%;height:30em;border:1px solid #888;background:#fff"
        return _html(
            '<iframe sandbox="" referrerpolicy="no-referrer" title="HTML" src="{}" style="{}"></iframe>',
            address,
            style,
        )

    @admin.display(description="files")
    def files(self, row: ReceivedMail) -> str:
        """The message as it came, and what is attached."""
        if row.content is None or row.content.cut:
            return _NOT_KEPT
        links = [(reverse(f"admin:{_name('source')}", args=[row.pk]), "the message as it came")]
        found = _parsed(row)
        for place, one in enumerate(_attachments(found)):
            links.append((reverse(f"admin:{_name('attachment')}", args=[row.pk, place]), one.filename))
        listed: str = format_html_join("", '<a href="{}" download>{}</a><br>', links)
        return listed

    def source_view(self, row: ReceivedMail) -> HttpResponse:
        """The message as a file."""
        file = source(row.content)
        if file is None:
            raise Http404(_NOT_KEPT)
        with file:
            return _file(file.read(), f"{row.digest[:16]}.eml")

    def html_view(self, row: ReceivedMail) -> HttpResponse:
        """Its HTML as it came, which may do nothing."""
        shown = _said(_parsed(row), lambda one: one.html)[:SHOWN]
        locked = {**_LOCKED, "Content-Security-Policy": FRAME, "X-Frame-Options": "SAMEORIGIN"}
        return HttpResponse(shown, content_type="text/html; charset=utf-8", headers=locked)

    def attachment_view(self, row: ReceivedMail, place: int) -> HttpResponse:
        """One of its files."""
        found = _attachments(_parsed(row))
        if place >= len(found):
            raise Http404
        return _file(found[place].content, found[place].filename)

    # --- replay -----------------------------------------------------------------------------------

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may change rows of the log, if there were anything to change."""
        allowed: bool = request.user.has_perm("interfaces.change_receivedmail")
        return allowed

    @admin.action(description="Replay: give it to the application once more", permissions=["replay"])
    def replay_mail(self, request: HttpRequest, queryset: Any) -> None:
        """One after another, the oldest first; a consumer with the inbox does nothing twice."""
        numbers = [*queryset.order_by("received_at").values_list("pk", flat=True)[: ADMIN_REPLAYED + 1]]
        application = import_string(settings.ASGI_APPLICATION)
        for number in numbers[:ADMIN_REPLAYED]:
            row = queryset.select_related("content").get(pk=number)
            try:
                said = async_to_sync(replay)(row, application, seconds=ADMIN_SECONDS)
            except (ContentMissingError, OSError) as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.log_change(request, row, f"Replayed: {said.kind}")
                self.message_user(request, f"{row}: {said.kind}")
        if len(numbers) > ADMIN_REPLAYED:
            self.message_user(
                request,
                f"Only {ADMIN_REPLAYED} at once; manage.py interfaces_mail takes more.",
                messages.WARNING,
            )


@admin.register(SentMail)
class SentMailAdmin(ReadOnly):
    """What was sent, and what became of it."""

    list_display = ("created_at", "state", "from_address", "recipients", "subject", "reply")
    list_filter = ("state", "created_at")
    search_fields = ("recipients", "from_address", "subject", "message_id", "send_id")


@admin.register(SlackInstallation)
class SlackInstallationAdmin(ReadOnly):
    """Where Slack's app is installed. Its tokens are not shown; who deletes a row forgets them."""

    list_display = ("team_name", "enterprise_name", "user_id", "bot_user_id", "installed_at", "expires_at")
    list_filter = ("is_enterprise_install", "installed_at")
    search_fields = ("team_id", "team_name", "enterprise_id", "enterprise_name", "user_id")
    exclude = ("sealed",)


def _name(word: str) -> str:
    return f"interfaces_receivedmail_{word}"


def _html(form: str, *values: Any) -> str:
    made: str = format_html(form, *values)
    return made


def _parsed(row: ReceivedMail) -> Parsed | str:
    """The message, read once a page; or why it cannot be."""
    found: Parsed | str | None = getattr(row, "parsed_message", None)
    if found is None:
        try:
            file = source(row.content)
        except OSError as error:
            found = f"Its content cannot be read: {error}"
        else:
            found = _NOT_KEPT if file is None else _read(file)
        row.parsed_message = found
    return found


def _read(file: IO[bytes]) -> Parsed | str:
    try:
        with file:
            return Parsed.of(file.read())
    except MimeError as error:
        return f"It cannot be taken apart: {error}"


def _said(parsed: Parsed | str, get: Callable[[Parsed], str]) -> str:
    """What the message says; "" when that cannot be read."""
    try:
        return "" if isinstance(parsed, str) else get(parsed)
    except MimeError:
        return ""


def _attachments(parsed: Parsed | str) -> list[Any]:
    try:
        return [] if isinstance(parsed, str) else parsed.attachments
    except MimeError:
        return []


def _fields(parsed: Parsed) -> str:
    lines = (b"%b: %b" % field for field in parsed.headers.fields)
    return b"\n".join(lines).decode("utf-8", "replace")


def _block(row: ReceivedMail, get: Callable[[Parsed], str]) -> str:
    """A text as text."""
    parsed = _parsed(row)
    if isinstance(parsed, str):
        return parsed
    shown = _said(parsed, get)[:SHOWN]
    return _html('<pre style="white-space:pre-wrap;margin:0">{}</pre>', shown)


def _file(content: bytes, name: str) -> HttpResponse:
    """A download, and nothing that a browser shows."""
    headers = {
        **_LOCKED,
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
