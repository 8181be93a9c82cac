"""What people see who install the app: plain pages that load nothing and run nothing. Pure."""

from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

__all__ = ["FAILURES", "Page", "failed", "installed", "redirect", "refused"]

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy",
     b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)  # fmt: skip
_AGAIN = "Begin again where the app is installed."
FAILURES = {
    "access_denied": (403, "You have not allowed it, so nothing was installed."),
    "invalid_browser": (
        400,
        "This browser has not begun the installation, or it keeps no cookies. " + _AGAIN,
    ),
    "invalid_state": (400, "This link was not made here, or in another browser. " + _AGAIN),
    "expired_state": (400, "This took too long. " + _AGAIN),
    "used_state": (400, "This link was used already. If the app is not there: " + _AGAIN.lower()),
    "missing_code": (400, "Slack has sent no code. " + _AGAIN),
    "invalid_code": (400, "Slack does not know this code. " + _AGAIN),
    "code_already_used": (400, "This link was used already. If the app is not there: " + _AGAIN.lower()),
    "slack_refuses": (400, "Slack does not allow it."),
    "slack_away": (503, "Slack cannot be reached now. Try again in a minute."),
    "store_away": (503, "It could not be kept. Try again in a minute."),
    "busy": (503, "Too many are installing it now. Try again in a minute."),
}
"""Why it failed: the status, and what is said."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def redirect(url: str, *headers: tuple[bytes, bytes]) -> Page:
    """Elsewhere. ``url`` is ASCII as of :func:`urllib.parse.urlencode`, or an option's."""
    place = quote(url, safe="%/:?#[]@!$&'()*+,;=~")
    return Page(302, b"", ((b"location", place.encode()), *headers))


def installed(app_id: str | None, team_id: str | None, team: str | None, *, success_url: str = "") -> Page:
    """It worked; with a link that opens the app in Slack."""
    if success_url:
        return redirect(success_url)
    words = urlencode({"team": team_id, "id": app_id}) if team_id and app_id else ""
    client = f"slack://app?{words}" if words else "slack://open"
    browser = f"https://app.slack.com/client/{quote(team_id or '', safe='')}"
    name = f" in {escape(team[:100])}" if team else ""
    return _page(
        200,
        "Installed",
        f"The app is installed{name}.",
        f'<a href="{escape(client)}">Open Slack</a>, or <a href="{escape(browser)}">Slack in the browser</a>.',
    )


def failed(word: str, *, install: str, failure_url: str = "", detail: str = "") -> Page:
    """It did not; ``word`` is of FAILURES, ``install`` the path where to begin again, ``detail`` a word of Slack's."""
    status, text = FAILURES[word]
    if failure_url:
        return redirect(_with_error(failure_url, detail or word))
    said = f" ({escape(detail[:100])})" if detail else ""
    page = _page(
        status, "Not installed", f"{escape(text)}{said}", f'<a href="{escape(install)}">Begin again</a>'
    )
    wait = ((b"retry-after", b"30"),) if status == 503 else ()
    return Page(page.status, page.body, (*page.headers, *wait))


def refused(status: int, text: str, *headers: tuple[bytes, bytes]) -> Page:
    """No request that a browser makes here."""
    page = _page(status, text)
    return Page(page.status, page.body, (*page.headers, *headers))


def _with_error(url: str, word: str) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("error", word)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _page(status: int, title: str, *lines: str) -> Page:
    """``lines`` are HTML already."""
    body = "".join(f"<p>{line}</p>\n" for line in lines)
    html = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<h1>{escape(title)}</h1>\n{body}</html>\n'
    )
    return Page(status, html.encode(), ((b"content-type", b"text/html; charset=utf-8"),))
