"""examples/chat-2016 on a server without its code and two workers: two browsers talk while a worker is replaced."""

import re
import signal
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from interfaces.layers.embedded import Embedded
from tests.examples.test_chat_2016 import migrated, procfile
from tests.process.server import Server, until


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """The server, the workers, and a function that starts another."""
    directory = tmp_path_factory.mktemp("chat")
    env = migrated(directory)
    with Embedded() as broker, ExitStack() as stack:
        env["REDIS_URL"] = broker.url
        workers = []

        def start(name):
            folder = directory / f"{name}{len(workers)}"
            folder.mkdir()
            server = stack.enter_context(Server(folder, command=procfile(name, broker.url), env=env))
            if name == "worker":
                workers.append(server)
                server.wait_for("process, pid")
            return server

        start("worker")
        start("worker")
        web = start("web")
        until(lambda: web.get("/lobby/")[0] == 200)
        yield web, workers, start


@pytest.fixture
def visit(chromium, chat):
    """A function that opens a browser of its own in a room; complaints of the page fail the test."""
    contexts, complaints = [], []

    def open_page(room, name):
        context = chromium.new_context()
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("websocket", lambda socket: socket.on("close", lambda _: complaints.append("closed")))
        page.goto(f"http://127.0.0.1:{chat[0].port}/{room}/")
        expect(page).to_have_title(room)
        page.get_by_placeholder("your name").fill(name)
        page.wait_for_function("socket.readyState === WebSocket.OPEN")
        return page

    yield open_page
    assert complaints == []
    for context in contexts:
        context.close()


def say(page, text):
    """Type a message, and send it."""
    page.get_by_placeholder("say something").fill(text)
    page.get_by_role("button", name="Say").click()


def lines(*said):
    """What the page shows: the time, who, and what, in order."""
    return [re.compile(rf"^\d\d:\d\d {re.escape(line)}$") for line in said]


def test_two_browsers_talk_whatever_becomes_of_the_workers(chat, visit):
    """Each sees what the other says, once and in order; one worker ends, another is killed, no socket closes."""
    _, workers, start = chat
    ada, bob = visit("talk", "Ada"), visit("talk", "Bob")
    said = []

    def heard(page, name, text):
        say(page, text)
        said.append(f"{name}: {text}")
        for each in (ada, bob):
            expect(each.locator("#lines li")).to_have_text(lines(*said))

    heard(ada, "Ada", "Hello Bob")
    heard(bob, "Bob", "Hello <b>Ada</b>")
    start("worker")
    workers[0].signal(signal.SIGTERM)
    assert workers[0].ended() == 0
    heard(ada, "Ada", "still here?")
    workers[1].process.kill()
    heard(bob, "Bob", "still here")
    late = visit("talk", "Eve")
    expect(late.locator("#lines li")).to_have_text(lines(*said))


def test_rooms_are_apart(visit):
    """What is said in one is not shown in the other."""
    ada, bob = visit("one", "Ada"), visit("two", "Bob")
    say(ada, "in one")
    expect(ada.locator("#lines li")).to_have_count(1)
    say(bob, "in two")
    expect(bob.locator("#lines li")).to_have_text(lines("Bob: in two"))
