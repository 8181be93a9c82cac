"""The console's page on the console itself: what a browser sees of an application that is served with ``--console``."""

import sys

import pytest
from playwright.sync_api import expect

from tests.process.server import Server

APP = """
async def application(scope, receive, send):
    if scope["type"] == "email":
        await receive()
        return await send({"type": "email.accept"})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": "heard " + event["text"]})
        return None
    if scope["type"] == "lifespan":
        raise ValueError("none")
    if scope["path"] == "/boom":
        raise KeyError("ticket")
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""


@pytest.fixture
def page(chromium, tmp_path):
    """The console of a small application; what the page complains of fails the test."""
    (tmp_path / "desk.py").write_text(APP)
    words = "serve http ws email --app desk:application"
    places = [f"--{name}=127.0.0.1:0" for name in ("http-bind", "email-bind", "console")]
    command = [sys.executable, "-m", "interfaces", *words.split(), *places]
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    complaints = []
    with Server(tmp_path, command=command) as server:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: (
                complaints.append(line.text)
                if line.type == "error" and "Blocked script" not in line.text
                else None
            ),
        )
        page.goto(server.wait_for(r"console on (\S+)")[1])
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        yield page
        context.close()
    assert complaints == []


def row(page, text):
    """The first row of the time line that has this text."""
    return page.locator("#messages .row").filter(has_text=text).first


def tab(page, name):
    """A tab, of the inspector or of the drawer."""
    return page.get_by_role("tab", name=name, exact=True)


def test_simulators_reach_the_application_and_all_is_seen(page):
    """A mail, a request that fails, a socket: each is a row with its verdict; the inspector has parts and frames."""
    tab(page, "Mail").click()
    page.get_by_label("Subject").fill("Blank pages")
    page.locator("#drawer-email textarea[name=text]").fill("All of them.")
    page.get_by_role("button", name="HTML").click()
    page.locator("#drawer-email textarea[name=html]").fill("<p style='color: red'>All</p>")
    page.locator("#mail-files").set_input_files(
        [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"abc"}]
    )
    page.locator("#drawer-email").get_by_role("button", name="Send").click()
    expect(page.locator("#drawer-email output")).to_contain_text("250")
    expect(row(page, "Blank pages").locator(".verdict")).to_have_text("accepted")
    row(page, "Blank pages").click()
    tab(page, "Parts").click()
    expect(page.locator("#inspect-parts")).to_contain_text("All of them.")
    expect(page.locator("#inspect-parts")).to_contain_text("a.txt")
    expect(page.frame_locator("iframe.mail").locator("p")).to_have_css("color", "rgb(255, 0, 0)")

    tab(page, "HTTP").click()
    page.locator("#drawer-http").get_by_label("Path").fill("/boom")
    page.locator("#drawer-http").get_by_role("button", name="Send").click()
    expect(page.locator(".answer-box")).to_contain_text("500")
    row(page, "GET /boom").click()
    tab(page, "Traceback").click()
    expect(page.locator(".frame.own .code")).to_have_text(['raise KeyError("ticket")'])

    tab(page, "WebSocket").click()
    page.locator("#drawer-ws").get_by_label("Path").fill("/talk")
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_label("Text to send").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-ws .irc")).to_have_text(["hello", "heard hello"])
    expect(row(page, "heard hello")).to_be_visible()


def test_replay_edit_and_chaos(page):
    """A message given again is a new row; an edited one is another request; what chaos drops is not answered 200."""
    tab(page, "HTTP").click()
    ask = page.locator("#drawer-http").get_by_role("button", name="Send")
    ask.click()
    expect(page.locator(".answer-box")).to_contain_text("hello")
    row(page, "GET /").click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#messages .row").filter(has_text="GET /")).to_have_count(2)
    tab(page, "Test").click()
    expect(page.locator("#inspect-test .code")).to_contain_text("from desk import application")
    tab(page, "Chaos").click()
    page.get_by_label("Drop").fill("1")
    expect(page.locator("#banner")).to_contain_text("drop 100 %")
    tab(page, "HTTP").click()
    ask.click()
    expect(page.locator(".answer-box .verdict")).to_have_text("503")
    page.locator("#banner").get_by_role("button", name="Turn all off").click()
    ask.click()
    expect(page.locator(".answer-box .verdict")).to_have_text("200")
