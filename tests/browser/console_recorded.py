"""What a help desk's console showed one afternoon: a conversation by mail, Slack, text, IRC and browser, and an error."""

from collections.abc import Iterator
from typing import Any

__all__ = ["ANSWERS", "EMPTY", "PYTEST", "STORY", "many"]

NOON = 1795863600.0
EMPTY: dict[str, Any] = {
    "time": NOON, "scope": 1, "protocol": "http", "type": "http.request", "direction": "in", "conversation": "",
    "title": "", "size": 0, "verdict": "", "queued_ms": None, "took_ms": None, "error": "", "event": {},
    "scope_data": None, "wire": None, "traceback": None, "parts": None,
}  # fmt: skip
TICKET = "ticket 4711 of Ada Lovelace"
WIRE = (
    "From: Ada Lovelace <ada@example.com>\r\nTo: help@desk.example\r\nSubject: The printer prints blank pages\r\n"
    "Message-ID: <7f3a@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n"
    "--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSince this morning every page is blank.\r\n--b1--\r\n"
)
HTML = """<style>h1{font:600 18px sans-serif}p{font:14px sans-serif;color:#333}</style><h1>The printer</h1>
<p>Since this morning <b>every page is blank</b>. The toner is new.</p><p style="color:#888">Ada Lovelace, 2nd floor</p>"""
PARTS = [
    {"type": "text/plain", "name": "", "text": "Since this morning every page is blank.\nThe toner is new.\n\nAda"},
    {"type": "text/html", "name": "", "html": HTML, "src": "/api/messages/1/parts/1"},
    {"type": "image/png", "name": "blank-page.png", "size": 48211},
]
MAIL = {
    "type": "email.receive",
    "envelope": {"sender": "ada@example.com", "recipients": ["help@desk.example"], "size": 51840, "utf8": False},
    "authentication": {"spf": "pass", "dkim": [{"domain": "example.com", "result": "pass"}], "dmarc": "pass"},
    "headers": [["from", "Ada Lovelace <ada@example.com>"], ["subject", "The printer prints blank pages"]],
    "content": {"base64": "RnJvbTogQWRhIExvdmVsYWNlIDxhZGFAZXhhbXBsZS5jb20+", "text": WIRE},
    "deadline": 300.0, "more": False, "repeat": None,
}  # fmt: skip
SCOPE = {"type": "email", "asgi": {"version": "3.0"}, "client": ["192.0.2.7", 51022], "extensions": {"tls": {"version": "TLSv1.3"}},
         "headers": [["authorization", "‹redacted›"]]}  # fmt: skip
TRACE = [
    {"file": "/srv/venv/lib/interfaces/shared/session.py", "line": 212, "function": "_run", "code": "await self.app(self.scope, self.receive, self.send)", "own": False},
    {"file": "/srv/venv/lib/interfaces/sms/consumer.py", "line": 88, "function": "__call__", "code": "await self.dispatch(event)", "own": False},
    {"file": "/srv/desk/consumers/texts.py", "line": 41, "function": "received", "code": "ticket = await self.ticket_of(event[\"from\"])", "own": True},
    {"file": "/srv/desk/consumers/texts.py", "line": 58, "function": "ticket_of", "code": "return await Ticket.objects.aget(phone=number)", "own": True},
    {"file": "/srv/venv/lib/django/db/models/query.py", "line": 645, "function": "aget", "code": "return await sync_to_async(self.get)(*args, **kwargs)", "own": False},
    {"file": "/srv/venv/lib/django/db/models/query.py", "line": 632, "function": "get", "code": "raise self.model.DoesNotExist(", "own": False},
]  # fmt: skip
ERROR = "Ticket.DoesNotExist: Ticket matching query does not exist."
# time, scope, protocol, direction, type, conversation, title, verdict, queued, took
ROWS: list[tuple[Any, ...]] = [
    (0.00, 1, "email", "in", "email.receive", TICKET, "ada@example.com: The printer prints blank pages", "accepted", 1.8, 42.6),
    (0.02, 1, "slack", "out", "slack.send", TICKET, "#alerts: New ticket 4711 from Ada Lovelace [Take it] [Close]", "accepted", None, 18.2),
    (0.03, 1, "email", "out", "email.send", TICKET, "ada@example.com: Re: The printer prints blank pages", "accepted", None, 31.9),
    (0.04, 1, "websocket", "out", "websocket.send", TICKET, '{"type": "ticket.new", "number": 4711}', "", None, None),
    (2.11, 2, "http", "in", "http.request", "http:/tickets/4711/", "GET /tickets/4711/", "ended", 0.3, 8.4),
    (2.12, 2, "http", "out", "http.response.start", "http:/tickets/4711/", "200 text/html; charset=utf-8", "", None, None),
    (2.31, 3, "websocket", "in", "websocket.connect", TICKET, "/ws/tickets/4711/", "accepted", 0.2, 1.1),
    (4.87, 4, "slack", "in", "slack.interactive", TICKET, "grace pressed “Take it” in #alerts", "accepted", 0.9, 12.5),
    (4.88, 4, "slack", "out", "slack.update", TICKET, "#alerts: Ticket 4711 is with Grace", "accepted", None, 15.0),
    (4.89, 4, "websocket", "out", "websocket.send", TICKET, '{"type": "ticket.taken", "by": "grace"}', "", None, None),
    (9.40, 5, "sms", "in", "sms.receive", "sms:+15550100/+15550002222", "+15550002222: is anybody there?", "failed", 0.6, 5.2),
    (11.02, 6, "irc", "in", "irc.message", "irc:desk.example/#desk", "linus: the printer on the 2nd floor is on fire again", "accepted", 0.4, 2.2),
    (11.03, 6, "irc", "out", "irc.send", "irc:desk.example/#desk", "#desk: noted on ticket 4711", "", None, None),
    (13.70, 7, "sms", "in", "sms.receive", TICKET, "+15550001111: It works after I turned the tray. Thanks!", "accepted", 0.7, 22.0),
    (13.71, 7, "sms", "out", "sms.send", TICKET, "+15550001111: Glad to hear it. Reply REOPEN if it comes back.", "accepted", None, 64.3),
    (13.72, 7, "slack", "out", "slack.send", TICKET, "#alerts: Ada says it works (ticket 4711)", "accepted", None, 14.1),
    (15.05, 8, "email", "in", "email.receive", "email:81@offers.example", "newsletter@offers.example: 80 % off toner", "rejected", 0.9, 3.3),
    (16.48, 9, "http", "in", "http.request", "http:/tickets/4711/close", "POST /tickets/4711/close", "ended", 0.2, 17.9),
    (16.50, 9, "email", "out", "email.send", TICKET, "ada@example.com: Ticket 4711 is closed", "deferred", None, 204.0),
    (19.26, 10, "websocket", "in", "websocket.receive", TICKET, '{"type": "note", "text": "Tray 2 was empty"}', "running", 0.2, None),
]  # fmt: skip


def _story() -> Iterator[dict[str, Any]]:
    names = ("time", "scope", "protocol", "direction", "type", "conversation", "title", "verdict", "queued_ms", "took_ms")
    for row in ROWS:
        made = dict(zip(names, row, strict=True))
        made["time"] += NOON
        yield made | {"size": 80 + 3 * len(made["title"]), "event": {"type": made["type"], "text": made["title"]}, "scope_data": SCOPE}


STORY = list(_story())
STORY[0] |= {"event": MAIL, "wire": WIRE, "parts": PARTS, "size": 51840}
STORY[10] |= {"traceback": TRACE, "error": ERROR}
PYTEST = '''"""Message {id} of the console, as a test."""

from interfaces.testing import Communicator


async def test_message_{id}():
    """It is accepted."""
    desk = Communicator(application, {{"type": "{protocol}"}})
    await desk.send_input({{"type": "{type}"}})
'''


def many(count: int) -> Iterator[dict[str, Any]]:
    """``count`` messages, 40 conversations."""
    for number in range(count):
        row = STORY[number % len(STORY)]
        yield {**row, "time": NOON + number / 10, "scope": number, "conversation": f"ticket {number % 40}", "title": f"{number}: {row['title']}"}


BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*New ticket 4711* from Ada Lovelace\n>The printer prints blank pages"},
     "fields": [{"type": "mrkdwn", "text": "*Channel*\nmail"}, {"type": "mrkdwn", "text": "*Waiting*\n2 min"}]},
    {"type": "actions", "block_id": "b1", "elements": [
        {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take it"}, "value": "4711", "style": "primary"},
        {"type": "button", "action_id": "close", "text": {"type": "plain_text", "text": "Close"}, "value": "4711", "style": "danger"}]},
]  # fmt: skip
VIEW = {
    "id": "V1", "title": {"type": "plain_text", "text": "Close ticket 4711"}, "submit": {"type": "plain_text", "text": "Close it"},
    "blocks": [
        {"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "What was it?"},
         "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True}},
        {"type": "input", "block_id": "how", "label": {"type": "plain_text", "text": "Tell Ada by"}, "optional": True,
         "element": {"type": "static_select", "action_id": "way", "options": [
             {"value": "mail", "text": {"type": "plain_text", "text": "Mail"}}, {"value": "sms", "text": {"type": "plain_text", "text": "Text"}}]}},
    ],
}  # fmt: skip
DEAD = [{"id": "17-0", "channel": "desk.mail", "type": "email.receive", "error": "OperationalError: database is locked", "time": NOON}]
ANSWERS: dict[str, Any] = {
    "/state": {
        "version": "0.1.0", "app": "desk.asgi:application", "layer": "embedded:", "run": "1",
        "serves": [{"names": ["http", "ws"], "addresses": ["http://127.0.0.1:8000"]}, {"names": ["email"], "addresses": ["127.0.0.1:8025"]},
                   {"names": ["irc"], "addresses": ["127.0.0.1:6667"]}],
        "simulators": ["email", "slack", "sms", "irc", "ws", "http"],
    },
    "/simulate/email": {"sent": [{"from": "help@desk.example", "to": "ada@example.com", "subject": "Re: The printer prints blank pages", "text": "We are looking into it.", "time": NOON}]},
    "/simulate/slack": {
        "team": "Acme", "users": [{"id": "U1", "name": "grace"}, {"id": "U2", "name": "linus"}, {"id": "B1", "name": "help desk", "bot": True}],
        "channels": {
            "alerts": [{"ts": "1795863600.1", "user": "B1", "text": "New ticket", "blocks": BUTTONS},
                       {"ts": "1795863604.2", "user": "U1", "text": "On it. Is this the one on the *2nd floor*?", "thread_ts": "1795863600.1"},
                       {"ts": "1795863613.7", "user": "B1", "text": "Ada says it works (`4711`)"}],
            "general": []},
        "views": [],
    },
    "/simulate/sms": {"ours": ["+15550100"], "phones": {
        "+15550001111": [{"from": "+15550001111", "to": "+15550100", "text": "It works after I turned the tray. Thanks!", "time": NOON, "direction": "in"},
                         {"from": "+15550100", "to": "+15550001111", "text": "Glad to hear it. Reply REOPEN if it comes back.", "time": NOON, "direction": "out"}],
        "+15550002222": [{"from": "+15550002222", "to": "+15550100", "text": "is anybody there?", "time": NOON, "direction": "in"}]}},
    "/simulate/irc": {"clients": [{"nick": "linus", "channels": ["#desk"], "lines": [
        {"direction": "out", "text": ":desk.example 001 linus :Welcome to the desk", "time": NOON}, {"direction": "out", "text": ":linus!l@h JOIN #desk", "time": NOON},
        {"direction": "in", "text": "PRIVMSG #desk :the printer is on fire again", "time": NOON}, {"direction": "out", "text": ":desk!d@h PRIVMSG #desk :noted on ticket 4711", "time": NOON}]}]},
    "/simulate/ws": {"sockets": [{"id": 1, "path": "/ws/tickets/4711/", "state": "open", "lines": [
        {"direction": "in", "text": '{"type": "note", "text": "Tray 2 was empty"}', "time": NOON}, {"direction": "out", "text": '{"type": "ticket.note"}', "time": NOON}]}]},
    "/layer": {"layer": "embedded:", "queues": [{"name": "desk.mail", "depth": 3, "age": 12.5}, {"name": "interfaces.open.http", "depth": 0, "age": 0}],
               "groups": [{"name": "ticket.4711", "members": 2}, {"name": "tickets", "members": 5}],
               "workers": [{"name": "worker-1", "slots": "3/16", "pid": 4120}], "dead": DEAD},
    "POST /simulate/email": {"ok": True, "code": 250, "answer": "2.0.0 Ok: taken as 7f3a"},
    "POST /simulate/http": {"status": 200, "headers": [["content-type", "application/json"]], "body": '{"number": 4711}'},
}  # fmt: skip
