"""The admin's log of mail in a real browser: what a stranger's HTML would like to do, it cannot."""

import threading
from contextlib import ExitStack
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.examples.test_helpdesk import ADA, DESK, Desk

HOSTILE = """<h1>Sale</h1>
<script>top.document.title = "owned"; document.title = "owned"; fetch("{0}fetch")</script>
<svg onload="fetch('{0}svg')"></svg><img src="{0}image" onerror="fetch('{0}error')">
<meta http-equiv="refresh" content="0; url={0}refresh"><link rel="stylesheet" href="{0}style.css">
<style>@import "{0}import.css"; h1 {{ background: url({0}background); color: red }}</style>
<iframe src="{0}frame"></iframe><object data="{0}object"></object><embed src="{0}embed">
<video src="{0}video" autoplay></video>
<form action="{0}form" id="f"><input name="a" autofocus onfocus="this.form.submit()"><button>Win</button></form>
<a href="javascript:fetch('{0}link')" id="script">script</a> <a href="/admin/logout/" target="_top" id="top">top</a>
<base href="{0}">"""


@pytest.fixture
def tracker():
    """A server of the stranger's: its address, and what it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def test_html_of_strangers_does_nothing(chromium, tracker, tmp_path):
    """No script, no picture, no form, no way out of its frame: on the page of the mail, and opened by itself."""
    address, asked = tracker
    with ExitStack() as stack:
        desk = Desk(tmp_path, stack)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = (
            ADA,
            DESK,
            "<script>document.title = 'ow' + 'ned'</script>",
        )
        mail.set_content("text")
        mail.add_alternative(HOSTILE.format(address), subtype="html")
        desk.deliver(mail, DESK)
        context = stack.enter_context(chromium.new_context())
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("dialog", lambda _: asked.append("dialog"))
        own = f"http://127.0.0.1:{desk.http}"
        page.goto(f"{own}/admin/login/?next=/admin/interfaces/receivedmail/")
        page.get_by_label("Username").fill("agent")
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name="Log in").click()
        page.locator("#result_list tbody th a").click()
        frame = page.frame_locator('iframe[title="HTML"]')
        expect(frame.get_by_role("heading", name="Sale")).to_be_visible()
        assert frame.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(255, 0, 0)"
        frame.get_by_role("button", name="Win").click()
        frame.locator("#script").click()
        frame.locator("#top").click()
        expect(frame.get_by_role("heading", name="Sale")).to_be_visible()
        shown = page.url
        assert "/change/" in shown and "owned" not in page.title()
        page.goto(f"{shown.removesuffix('change/')}html/")
        expect(page.get_by_role("heading", name="Sale")).to_be_visible()
        page.get_by_role("button", name="Win").click()
        assert page.url.endswith("/html/") and page.title() != "owned"
        page.goto(f"{own}/admin/")
        expect(page.get_by_text("Received mail")).to_be_visible()
        assert asked == []
