"""A browser's requests over HTTP/2: pages, bodies, streams, many at once."""

import pytest
import trustme

from tests.process.server import Server

MANY = """base => Promise.all([...Array(50).keys()].map(async at => {
  const body = "x".repeat(at * 10000)
  const answer = await fetch(base + "/read", {method: "POST", body})
  return [await answer.text() == body.length, answer.headers.get("x-version")]
}))"""
LARGE = """async base => {
  const answer = await fetch(base + "/large")
  let size = 0
  for (const reader = answer.body.getReader();;) {
    const {done, value} = await reader.read()
    if (done) return size
    size += value.length
  }
}"""
STREAM = """async base => {
  let at = 0
  const body = new ReadableStream({pull(control) {
    if (at++ < 100) control.enqueue(new Uint8Array(100000)); else control.close()
  }})
  return (await fetch(base + "/read", {method: "POST", body, duplex: "half"})).text()
}"""
ABORT = """async base => {
  for (let at = 0; at < 20; at++) {
    const control = new AbortController()
    const answer = await fetch(base + "/large", {signal: control.signal})
    control.abort()
  }
  return performance.getEntriesByType("resource").map(entry => entry.nextHopProtocol)
}"""


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """A page of our server, over TLS with a certificate that nobody knows."""
    folder = tmp_path_factory.mktemp("tls")
    chain = trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem
    chain.write_to_path(str(folder / "cert.pem"))
    with Server(folder, f"--tls-cert={folder / 'cert.pem'}", app="tests.interop.apps.h2_app:app") as server:
        context = chromium.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"https://localhost:{server.port}/")
        yield page
        context.close()
        assert "ERROR" not in server.said and "Traceback" not in server.said, server.said


@pytest.fixture
def base(page):
    """Where it is."""
    return page.url.rstrip("/")


def test_the_page(page):
    """It came over HTTP/2."""
    assert page.text_content("body") == "2"


def test_many_bodies_at_once(page, base):
    """Fifty posts of up to half a megabyte."""
    assert page.evaluate(MANY, base) == [[True, "2"]] * 50


def test_a_large_download(page, base):
    """32 MiB, read as they come."""
    assert page.evaluate(LARGE, base) == 512 * 65536


def test_an_upload_that_is_a_stream(page, base):
    """10 MB of unknown size: what browsers do over HTTP/2 alone."""
    assert page.evaluate(STREAM, base) == "10000000"


def test_downloads_that_are_given_up(page, base):
    """Twenty in a row: the connection goes on."""
    assert set(page.evaluate(ABORT, base)) == {"h2"}
    assert page.evaluate(LARGE, base) == 512 * 65536
