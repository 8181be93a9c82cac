"""The page behind a link: it shows who would be bound to whom, and binds when a logged-in user confirms.

It redirects nowhere but to the login, may not be framed, and is not cached. A template ``interfaces/link.html`` of the
project takes the place of ours; it has ``state`` ("ask", "done" or "refused"), ``reason``, ``link`` (protocol, account,
label) and ``user``.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import Context, Engine, TemplateDoesNotExist, loader
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from interfaces.django.linking import LinkError, bind, read, refusal

__all__ = ["follow"]

TEMPLATE = "interfaces/link.html"
_LOCKED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # the address is a secret, and Django's check of a POST wants to know it
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Link an account</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}</style>
<h1>Link an account</h1>
{% if state == "refused" %}
<p role="alert">{{ reason }}</p>
{% else %}
<dl>
<dt>Account</dt><dd>{% if link.label %}<b>{{ link.label }}</b>, {% endif %}{{ link.account }} ({{ link.protocol }})</dd>
<dt>User of this site</dt><dd><b>{{ user.get_username }}</b></dd>
</dl>
{% if state == "done" %}
<p role="status">They are linked. You may close this page.</p>
{% else %}
<p>Whoever has this account can act as {{ user.get_username }} then. Go on only if it is yours, and
if you have asked for this link yourself just now.</p>
<form method="post">
<input type="hidden" name="csrfmiddlewaretoken" value="{{ csrf_token }}">
<button>Link them</button>
</form>
{% endif %}
{% endif %}
</html>
"""


@never_cache
@xframe_options_deny
@csrf_protect
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what would happen; POST does it. 400, 409 or 410 for a link that cannot be followed."""
    try:
        link = read(token)
        if request.method == "POST":
            bind(link, request.user)
            return _page(request, {"state": "done", "link": link})
        refused = refusal(link, request.user)
        if refused is not None:
            raise refused
    except LinkError as error:
        return _page(request, {"state": "refused", "reason": str(error)}, error.status)
    return _page(request, {"state": "ask", "link": link})


def _page(request: HttpRequest, words: Mapping[str, Any], status: int = 200) -> HttpResponse:
    words = {**words, "user": request.user}
    try:
        content = loader.render_to_string(TEMPLATE, words, request)
    except TemplateDoesNotExist:
        template = Engine().from_string(_PAGE)
        content = template.render(Context({**words, "csrf_token": get_token(request)}))
    return HttpResponse(content, status=status, headers=_LOCKED)
