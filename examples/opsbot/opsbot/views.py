"""For programs: what was deployed, and where the pipeline says that it is done."""

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import interfaces.django
from opsbot.blocks import card
from opsbot.models import Deployment


def deployments(request: HttpRequest) -> HttpResponse:
    """The latest ones."""
    found = Deployment.objects.values("id", "service", "version", "environment", "state", "channel", "ts")
    return JsonResponse({"deployments": list(found[:100])})


@csrf_exempt
@require_POST
def finished(request: HttpRequest, number: int) -> HttpResponse:
    """It is out: the thread hears of it when the transaction commits."""
    if not constant_time_compare(request.headers.get("X-Deploy-Key", ""), settings.DEPLOY_KEY):
        return HttpResponse(status=403)
    with transaction.atomic():
        one = get_object_or_404(Deployment, pk=number, state=Deployment.State.ROLLING)
        one.state = Deployment.State.DONE
        one.save()
        where = {"channel": one.channel}
        interfaces.django.send("slack.send", {"type": "slack.update", **where, "ts": one.ts, **card(one)})
        interfaces.django.send(
            "slack.send",
            {
                "type": "slack.send",
                **where,
                "thread_ts": one.ts,
                "text": one.said,
                "dedupe_key": f"opsbot {one.pk} {one.state}",
            },
        )
    return HttpResponse(status=204)
