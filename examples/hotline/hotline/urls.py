"""One address."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from hotline.models import Appointment


def appointments(request: HttpRequest) -> HttpResponse:
    """For a display at the desk: what is to come, and whom to call."""
    found = Appointment.objects.values("id", "name", "phone", "at", "state")
    return JsonResponse({"appointments": list(found[:100])})


urlpatterns = [path("", appointments)]
