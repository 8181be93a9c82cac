"""Two browsers talk in the demo chat."""

import re
import smtplib

import pytest
from playwright.sync_api import expect

from tests.demo.server import demo, mail_of, page_of, start, stop, visitor, whole

HOSTILE = (
    """<img src=x onerror="document.title='owned'"><script>document.title="owned"</script>&lt;b&gt;'"`${1}"""
)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a demo for the tests of this file has said."""
    with whole(tmp_path_factory.mktemp("demo")) as told:
        yield told


@pytest.fixture
def where(told):
    """HOST:PORT of its pages."""
    return page_of(told)


@pytest.fixture
def join(chromium, request):
    """A function that opens a browser of its own and joins a room; complaints of the page fail the test."""
    contexts, complaints = [], []
    own_room = request.node.name.replace("_", "-")[:32].strip("-")

    def open_page(where, name, room=own_room, **options):
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(f"http://{where}/r/{room}/")
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Join the room").click()
        expect(page.get_by_text("Connected")).to_be_visible()
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def say(page, text):
    """Type a message, and Enter."""
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")


def said(page):
    """The messages that are shown, on their way or arrived."""
    return page.locator("#log .message .text")


def people(page):
    """The names of those who are there."""
    return page.locator("#people .name")


def test_two_browsers_talk(where, join):
    """Each sees the other come, and what the other says, once and in order."""
    ada = join(where, "Ada")
    expect(people(ada)).to_have_text(["Ada"])
    bob = join(where, "Bob")
    for page in (ada, bob):
        expect(people(page)).to_have_text(["Ada", "Bob"])
    expect(ada.get_by_text("Bob joined")).to_be_visible()
    say(ada, "Hello Bob")
    expect(said(bob)).to_have_text(["Hello Bob"])
    say(bob, "Hello Ada")
    say(bob, "How are you?")
    for page in (ada, bob):
        expect(said(page)).to_have_text(["Hello Bob", "Hello Ada", "How are you?"])
    expect(ada.locator(".mine .text")).to_have_text(["Hello Bob"])
    expect(ada.locator(".waiting")).to_have_count(0)


def test_one_leaves_and_the_other_sees_it(where, join):
    """The list gets shorter, and a line says who went."""
    ada, bob = join(where, "Ada"), join(where, "Bob")
    expect(people(ada)).to_have_text(["Ada", "Bob"])
    bob.close()
    expect(people(ada)).to_have_text(["Ada"])
    expect(ada.get_by_text("Bob left")).to_be_visible()


def test_a_reload_keeps_history_and_name(where, join):
    """After a reload the room looks as before, and nobody is asked for a name again."""
    page = join(where, "Ada")
    say(page, "first")
    say(page, "second")
    expect(page.locator(".waiting")).to_have_count(0)
    page.reload()
    expect(said(page)).to_have_text(["first", "second"])
    expect(page.locator("#me-name")).to_have_text("Ada")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(people(page)).to_have_text(["Ada"])


def test_hostile_text_is_text(where, join):
    """Markup in messages and names is shown letter by letter: nothing of it runs or becomes an element."""
    ada, eve = join(where, "Ada"), join(where, "<b onclick=1>Eve</b>")
    say(eve, HOSTILE)
    for page in (ada, eve):
        expect(said(page)).to_have_text([HOSTILE])
        expect(page.locator("#log img, #log script, #log [onclick], #people b")).to_have_count(0)
        expect(page).to_have_title(re.compile("^(?!owned)"))
    expect(people(ada)).to_have_text(["<b onclick=1>Eve</b>", "Ada"])


def test_lines_are_kept(where, join):
    """Shift and Enter start a new line, which is shown; Enter alone sends nothing but what was typed."""
    page = join(where, "Ada")
    field = page.get_by_label("Message", exact=True)
    field.press("Enter")
    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.press("Enter")
    expect(said(page)).to_have_count(1)
    assert said(page).inner_text() == "one\ntwo"
    expect(field).to_have_value("")


def test_a_name_that_is_not_taken_can_be_mended(where, join):
    """The server's reason is shown in the dialog, the name can be changed, and the others see it."""
    ada, bob = join(where, "Ada"), join(where, "Bob")
    bob.get_by_role("button", name="You are Bob").click()
    bob.get_by_label("Your name").fill("Bob\u202e")
    bob.get_by_role("button", name="Join the room").click()
    expect(bob.get_by_role("alert")).to_contain_text("printable")
    bob.get_by_label("Your name").fill("Rob")
    bob.get_by_role("button", name="Join the room").click()
    expect(people(ada)).to_have_text(["Ada", "Rob"])


def test_earlier_messages_come_on_demand(where, join):
    """The latest fifty are there at once, the others by a button, in order and without losing one's place."""
    room = "test-earlier"
    for part in range(7):
        with visitor(where, "bob", room) as (put, get):
            for number in range(part * 20, part * 20 + 20):
                put(type="say", key=f"key-{number:04}", text=f"line {number}")
                get("message")
    page = join(where, "Ada", room)
    expect(said(page)).to_have_text([f"line {number}" for number in range(90, 140)])
    expect(said(page).last).to_be_in_viewport()
    for begin in (40, 0):
        page.get_by_role("button", name="Earlier messages").click()
        expect(said(page)).to_have_text([f"line {number}" for number in range(begin, 140)])
    expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()


def test_rooms_are_apart(where, join):
    """Another room is opened by its name, has a history of its own, and is listed."""
    page = join(where, "Ada")
    say(page, "only here")
    expect(page.locator(".waiting")).to_have_count(0)
    page.get_by_label("Open another room").fill("Side Room!")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("#side-room")
    expect(page.get_by_text("Nobody has said anything")).to_be_visible()
    expect(page.get_by_role("link", name="test-rooms-are-apart")).to_be_visible()
    expect(said(page)).to_have_count(0)


def test_it_comes_back_after_the_server_was_away(tmp_path, join):
    """What is said meanwhile is sent when the server is back, and what others said is caught up with."""
    process, told = start(tmp_path)
    where = page_of(told)
    page = join(where, "Ada", "room")
    say(page, "before")
    expect(page.locator(".waiting")).to_have_count(0)
    assert stop(process)[0] == 0
    expect(page.locator("#state")).to_have_attribute("data-state", "offline")
    say(page, "meanwhile")
    expect(page.locator(".waiting")).to_have_count(1)
    with demo(tmp_path, port=where.rpartition(":")[2]) as where, visitor(where, "bob", "room"):
        expect(page.get_by_text("Connected")).to_be_visible()
        expect(said(page)).to_have_text(["before", "meanwhile"])
        expect(page.locator(".waiting")).to_have_count(0)
        expect(people(page)).to_have_text(["Ada", "bob"])
    page.context.close()
    # The browser itself notes each attempt that failed.
    page.complaints[:] = [line for line in page.complaints if "WebSocket connection" not in line]


def test_a_phone_has_room_for_it(where, join):
    """Nothing is wider than a small screen; rooms and people are behind a button."""
    page = join(where, "Ada", viewport={"width": 360, "height": 640}, has_touch=True)
    say(page, "w" * 200)
    expect(page.locator(".waiting")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.getElementById('scroll').scrollWidth") <= 360
    expect(page.get_by_label("Message", exact=True)).to_be_in_viewport()
    expect(people(page)).to_be_hidden()
    page.get_by_role("button", name="Rooms and people").click()
    expect(people(page)).to_have_text(["Ada"])
    page.keyboard.press("Escape")
    expect(people(page)).to_be_hidden()


def test_a_ticket_is_seen_taken_and_closed(told, where, join):
    """It comes up in the list of rooms while one looks; its bar says how it stands, to all who are in the room.

    What a customer writes is text, wherever it is shown; and who has said it by which way stands beside it.
    """
    desk = join(where, "Bea", "desk")
    with smtplib.SMTP(*mail_of(told), timeout=10) as client:
        mail = f"From: {HOSTILE[:20]} <eve@customer.example>\nSubject: {HOSTILE[:50]}\n\n{HOSTILE}\n"
        client.sendmail("eve@customer.example", ["support@desk.example"], mail)
    link = desk.get_by_role("link", name="ticket-1")
    expect(link.locator("small")).to_have_text(HOSTILE[:50])
    link.click()
    expect(said(desk)).to_have_text([HOSTILE])
    expect(desk.locator("#log .side-of")).to_have_text(["by mail"])
    ben = join(where, "Ben", "ticket-1")
    for page in (desk, ben):
        expect(page.locator("#ticket-subject")).to_have_text(HOSTILE[:50])
        expect(page.locator("#ticket img, #log img, #rooms img")).to_have_count(0)
    desk.get_by_role("button", name="Take").click()
    for page in (desk, ben):
        expect(page.locator("#ticket-about")).to_have_text("eve@customer.example · taken by Bea")
        expect(page.get_by_role("button", name="Take")).to_be_hidden()
    ben.get_by_role("button", name="Close").click()
    for page in (desk, ben):
        expect(said(page).last).to_have_text("Ben has closed it.")
        expect(page.get_by_role("button", name="Close")).to_be_hidden()
    desk.get_by_label("Open another room").fill("desk")
    desk.get_by_role("button", name="Open", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("#desk")
    expect(desk.locator("#ticket")).to_be_hidden()
    expect(desk.get_by_role("link", name="ticket-1")).to_have_count(0)
