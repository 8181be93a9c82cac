"""A Web API of Slack that knows one workspace: who a bot's token is of is all that servers ask it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["web_api"]


class WebApi(BaseHTTPRequestHandler):
    """Answers auth.test, whatever it is asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Who the bot is."""
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        said = {
            "ok": True, "url": "https://bench.slack.com/", "team": "Bench", "user": "bench", "team_id": "T0BENCH01",
            "user_id": "U0BOT", "bot_id": "B0BOT", "app_id": "A0BENCH01", "is_enterprise_install": False,
        }  # fmt: skip
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Nothing."""


@contextmanager
def web_api() -> Iterator[str]:
    """The URL of a Slack that answers who a token is of."""
    with ThreadingHTTPServer(("127.0.0.1", 0), WebApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/api/"
        finally:
            server.shutdown()
