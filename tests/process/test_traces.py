"""One trace over two processes and a broker, as a collector would see it."""

import http.client
import json
import sys
from pathlib import Path

from interfaces.layers.embedded import Embedded
from tests.process.server import Server, until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
PYTHON = [sys.executable, "-m", "interfaces"]
APP = '''
from interfaces.workers.message import Channel
from interfaces.workers.routing import Routing, route


def order(message):
    """A mail for each request."""
    Channel("email.send").send({"to": ["a@example.net"], "from_address": "b@example.org", "text": "Thanks."})
    message.reply_channel.send({"status": 200, "content": "ordered"})


application = Routing([route("http.request", order)])
'''


def spans(file: Path) -> dict[str, dict]:
    """Name → span, as the console exporter has written them."""
    found, at, text = {}, 0, file.read_text() if file.exists() else ""
    while (at := text.find("{", at)) >= 0:
        try:
            span, at = json.JSONDecoder().raw_decode(text, at)
        except ValueError:
            break
        found[span["name"]] = span
    return found


def test_one_trace_id_from_the_edge_to_the_outbox_over_two_processes(tmp_path: Path) -> None:
    """The container continues the request's trace, the worker the container's, the container's outbox the worker's."""
    (tmp_path / "traced_app.py").write_text(APP)
    env = {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    places = [tmp_path / name for name in ("container", "worker")]
    for place in places:
        place.mkdir()
    edge, inner = (place / "spans" for place in places)
    with Embedded() as broker:
        layer = ["--layer", broker.url, "--trace"]
        served = ["serve", "http", "email", "--http-bind", "127.0.0.1:0", "--email-bind", "127.0.0.1:0"]
        commands = (
            [*PYTHON, *served, "--email-send", "memory:traces", "--no-access-log", *layer],
            [*PYTHON, "worker", "--app", "traced_app:application", "--app-dir", str(tmp_path), *layer],
        )
        shells = [["sh", "-c", 'exec "$@" > spans', "sh", *command] for command in commands]
        with Server(places[0], command=shells[0], env=env) as container:
            port = int(container.wait_for(r"http on 127\.0\.0\.1:(\d+)")[1])
            with Server(places[1], command=shells[1], env=env) as worker:
                worker.wait_for("process, pid")
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", "/", headers={"traceparent": PARENT})
                assert connection.getresponse().read() == b"ordered"
                connection.close()
                until(lambda: {"GET", "send email.send"} <= spans(edge).keys() and spans(inner))
    first, last = spans(edge)["GET"], spans(edge)["send email.send"]
    between = spans(inner)["process http.request"]
    assert {span["context"]["trace_id"] for span in (first, between, last)} == {f"0x{TRACE}"}
    assert first["parent_id"] == "0xb7ad6b7169203331"
    assert between["parent_id"] == first["context"]["span_id"]
    assert last["parent_id"] == between["context"]["span_id"]
