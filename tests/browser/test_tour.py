"""The tour of the demo: a mail by swaks, irssi, a browser, a button in Slack, a text by curl; one conversation of all.

``INTERFACES_DEMO_PICTURES=docs/images ./dev test tests/browser/test_tour.py`` takes the pictures of the documentation.
"""

import json
import os
import re
import sqlite3
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.demo.server import page_of, whole
from tests.interop import irc_clients
from tests.interop.mail import program, run
from tests.process.server import until

ADA, PHONE = "ada@customer.example", "+41790000001"
PICTURES = os.environ.get("INTERFACES_DEMO_PICTURES", "")


class Demo:
    """The demo that runs, by what it has said: its addresses, its files, and its console."""

    def __init__(self, said, state):
        self.state = state
        self.page = page_of(said)
        self.mail = re.search(r"mail +(\S+) to", said)[1]
        self.phones = re.search(r"text +(\S+)/NUMBER", said)[1]
        self.irc = int(re.search(r"IRC +\S+:(\d+),", said)[1])
        self.console = re.search(r"all that passes: (\S+)", said)[1]

    def messages(self, slug):
        """(side, name, text) of all that was said in a room, as the database has it."""
        rows = (
            "SELECT side, name, text FROM demo_message JOIN demo_room ON room_id = demo_room.id"
            " WHERE slug = ? ORDER BY number"
        )
        with sqlite3.connect(self.state / "desk.sqlite3") as database:
            found = database.execute(rows, (slug,)).fetchall()
        database.close()
        return found

    def letters(self):
        """Mail that customers got."""
        return [path.read_text() for path in sorted(self.state.glob("sent/*.eml"))]

    def asked(self, path):
        """What the console's API says."""
        with urllib.request.urlopen(f"{self.console}/api{path}", timeout=10) as answer:
            return json.load(answer)


@pytest.fixture
def demo(tmp_path):
    """The demo, with its console."""
    state = tmp_path / "state"
    with whole(state, console="127.0.0.1:0") as said:
        yield Demo(said, state)


@pytest.fixture
def shown(chromium):
    """A function that opens a page; complaints of a page fail the test."""
    complaints = []
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)  # five programs share the machine with other tests

    def open_page(url, **size):
        page = context.new_page()
        if size:
            page.set_viewport_size(size)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    expect.set_options(timeout=5_000)
    context.close()
    assert complaints == []


def picture(page, name):
    """Take one for the documentation, where somebody asks for it."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def said(page):
    """What stands in the room."""
    return page.locator("#log .message .text")


def test_the_tour(demo, shown, tmp_path, monkeypatch):
    """Whoever says something, wherever, is heard by all: in the database, in the browser and on the console."""
    swaks, curl, irssi = program("swaks"), program("curl"), program("irssi")
    assert irssi
    monkeypatch.setattr(irc_clients, "IRSSI", irc_clients.IRSSI.replace("#lobby", "#desk"))
    page = shown(f"http://{demo.page}/")
    page.get_by_label("Your name").fill("Bea")
    page.get_by_role("button", name="Join the room").click()
    expect(page.get_by_text("Connected")).to_be_visible()

    # A customer writes a mail: the desk hears of it, and opens the ticket.
    run(swaks, "--server", demo.mail, "--from", ADA, "--to", "support@desk.example",
        "--header", "Subject: Printer", "--body", "It is on fire.")  # fmt: skip
    expect(said(page)).to_have_text([f"New: #1 Printer, from {ADA}. It is in #ticket-1."])
    page.get_by_role("link", name="ticket-1").click()
    expect(said(page)).to_have_text(["It is on fire."])
    expect(page.locator("#ticket")).to_contain_text(f"Printer {ADA} · open")
    page.get_by_label("Message", exact=True).fill("Is there a red light?")
    page.keyboard.press("Enter")
    (confirmed, answered) = until(lambda: len(demo.letters()) == 2 and sorted(demo.letters(), key=len))
    assert "Is there a red light?" in answered + confirmed
    tag = re.search(r"#(1-[0-9a-f]{8})", answered + confirmed)[1]

    # On IRC somebody reads all of it, and says something.
    with irc_clients.Irssi(tmp_path / "irssi", demo.irc, "dan") as client:
        client.shows("has joined")
        client.write("/join #ticket-1")
        for line in ("ada_customer_example> It is on fire.", "Bea> Is there a red light?"):
            client.shows(line)
        client.write("/msg -ours #ticket-1 Have you unplugged it?")
        expect(said(page).last).to_have_text("Have you unplugged it?")
        expect(page.locator("#people .name")).to_have_text(["Bea", "dan"])

        # In Slack Ann presses the button of the alert, on the console.
        console = shown(demo.console, width=1440, height=1000)
        console.get_by_role("tab", name="Slack", exact=True).click()
        console.get_by_role("button", name="Take", exact=True).click()
        expect(page.locator("#ticket")).to_contain_text("taken by ann")
        client.shows("Desk> ann has taken it.")

        # The customer texts from now on, and is answered so.
        run(curl, "-sfd", f"#{tag} It is out now.", f"{demo.phones}/{PHONE}")
        client.shows("It is out now.")
        page.get_by_label("Message", exact=True).fill("Good. Never use that socket again.")
        page.keyboard.press("Enter")
        until(lambda: "Never use" in run(curl, "-sf", f"{demo.phones}/{PHONE}"))
        client.quit()

    conversation = [
        ("email", ADA[:32], "It is on fire."),
        ("web", "Bea", "Is there a red light?"),
        ("irc", "dan", "Have you unplugged it?"),
        ("desk", "Desk", "ann has taken it."),
        ("sms", PHONE, "It is out now."),
        ("web", "Bea", "Good. Never use that socket again."),
    ]
    assert demo.messages("ticket-1") == conversation
    expect(said(page)).to_have_text([text for _, _, text in conversation])
    picture(page, "demo-ticket")
    (one,) = [one for one in demo.asked("/conversations") if one["conversation"] == "ticket-1"]
    assert {*one["protocols"]} == {"email", "http", "irc", "slack", "sms", "websocket"}
    noted = {one["type"] for one in demo.asked("/messages?conversation=ticket-1&limit=500")["messages"]}
    assert noted >= {"email.receive", "irc.message", "slack.action", "sms.receive", "websocket.receive"}
    assert noted >= {"email.send", "irc.deliver", "slack.send", "slack.update", "sms.send", "websocket.send"}
    console.get_by_title("ticket-1", exact=True).click()
    console.locator("#messages .row").filter(has_text="→ +41445556677").click()
    expect(console.locator("#inspector .tree").first).to_contain_text("It is out now.")
    expect(console.get_by_role("log")).to_contain_text("taken by ann")
    picture(console, "demo-console")
