"""Pages for agents."""

from django import forms
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header

from helpdesk import desk
from helpdesk.models import Attachment, Ticket

PAGE = 100


class AnswerForm(forms.Form):
    """What an agent writes."""

    text = forms.CharField(widget=forms.Textarea, max_length=50_000)


@staff_member_required
def tickets(request: HttpRequest) -> HttpResponse:
    """The latest ones."""
    return render(request, "helpdesk/tickets.html", {"tickets": Ticket.objects.order_by("-pk")[:PAGE]})


@staff_member_required
def ticket(request: HttpRequest, number: int) -> HttpResponse:
    """One with its thread, and a place to answer."""
    found = get_object_or_404(Ticket, pk=number)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        desk.answer(found, request.user.get_username(), form.cleaned_data["text"])
        return redirect("ticket", number=number)
    entries = found.entries.prefetch_related("attachments")
    return render(request, "helpdesk/ticket.html", {"ticket": found, "entries": entries, "form": form})


@staff_member_required
def attachment(request: HttpRequest, number: int) -> HttpResponse:
    """A file as a file: whatever its sender says it is, no browser shows it."""
    found = get_object_or_404(Attachment, pk=number)
    headers = {
        "Content-Disposition": content_disposition_header(True, found.filename),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return HttpResponse(bytes(found.content), content_type="application/octet-stream", headers=headers)
