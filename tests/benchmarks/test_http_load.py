"""What load tools print, read back; and answers that are no answers, told before a server is measured."""

import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tests.tools.loading import load

http_load = load("benchmarks/lib/http_load.py")

WRK = """Running 2s test @ http://127.0.0.1:8000/
  1 threads and 64 connections
  Latency Distribution
     50%  512.00us
     75%    1.10ms
     90%    1.50ms
     99%    2.50ms
  84210 requests in 2.00s, 12.34MB read
Requests/sec:  42105.00
"""


def test_what_wrk_prints_is_read():
    """Requests, seconds, and two percentiles in microseconds, whatever unit wrk chose."""
    assert http_load._read_wrk(WRK) == http_load.Figures(84210, 2.0, 512.0, 2500.0, "")


@pytest.mark.parametrize(
    ("text", "micros"), [("512.00us", 512), ("1.5ms", 1500), ("2s", 2e6), ("1.00m", 6e7)]
)
def test_units_of_wrk(text, micros):
    """All that it uses, from microseconds to minutes."""
    assert http_load._us(text) == micros


@pytest.mark.parametrize("text", ["", "-nan", "us"])
def test_no_number_is_no_time(text):
    """wrk prints such a thing where nothing was measured; it is no failure."""
    assert http_load._us(text) == 0.0


def test_socket_errors_are_a_note_and_refusals_an_error():
    """A few dropped connections stand beside the figures; other answers than 2xx are no measurement."""
    dropped = WRK + "  Socket errors: connect 0, read 3, write 0, timeout 0\n"
    assert http_load._read_wrk(dropped).note == "Socket errors: connect 0, read 3, write 0, timeout 0"
    with pytest.raises(RuntimeError, match="Non-2xx or 3xx responses: 84210"):
        http_load._read_wrk(WRK + "  Non-2xx or 3xx responses: 84210\n")
    with pytest.raises(RuntimeError, match="measured nothing"):
        http_load._read_wrk("unable to connect to 127.0.0.1:8000 Connection refused\n")


def test_a_run_without_percentiles_has_none():
    """A latency that wrk did not print is None, and not zero."""
    found = http_load._read_wrk("10 requests in 100.00ms, 1KB read")
    assert (found.n, found.secs, found.p50_us, found.p99_us) == (10, 0.1, None, None)


@pytest.fixture
def log(tmp_path):
    """The times of h2load: start, status, microseconds."""
    path = tmp_path / "h2load.log"
    path.write_text("".join(f"1700000000\t200\t{micros}\n" for micros in range(100, 0, -1)) + "cut")
    return path


def test_what_h2load_prints_is_read(log):
    """The times come from its log, in any order; a line that was cut short does not count."""
    out = "requests: 120 total, 120 started, 100 done, 100 succeeded, 0 failed, 0 errored"
    assert http_load._read_h2load(out, log, 2) == http_load.Figures(100, 2, 51, 100, "")


def test_h2load_tells_what_failed(log, tmp_path):
    """A few failures are a note; none that succeeded is no measurement; an empty log has no times."""
    empty = tmp_path / "empty"
    empty.touch()
    some = "100 done, 90 succeeded, 10 failed"
    assert http_load._read_h2load(some, log, 2).note == "10 failed"
    assert http_load._read_h2load(some, empty, 2) == http_load.Figures(90, 2, note="10 failed")
    for nothing in ("", "100 done, 0 succeeded, 100 failed"):
        with pytest.raises(RuntimeError, match="measured nothing"):
            http_load._read_h2load(nothing, log, 2)


@contextmanager
def answering(*answers):
    """The port of a server that gives one answer a connection, and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(10)
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()


def answer(size, status="200 OK"):
    """An answer of so many bytes."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size


@pytest.mark.parametrize("path", ["/", "/10k", "/stream", "/django"])
def test_a_right_answer_is_let_through(path):
    """Each path has a size that its answer must have."""
    with answering(answer(http_load.SIZES[path])) as port:
        http_load.check(None, SimpleNamespace(port=port), http_load.Test("wrk", path))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer(11), "wrong answer: 200, 11 bytes"),
        (answer(12, "503 Service Unavailable"), "wrong answer: 503, 12 bytes"),
        (b"", "no answer: RemoteDisconnected"),
        (b"SSH-2.0-OpenSSH\r\n", "no answer: BadStatusLine"),
    ],
)
def test_a_wrong_answer_is_not_measured(reply, said):
    """A server that answers fast but wrongly would look good in a table."""
    with answering(reply) as port, pytest.raises(RuntimeError, match=said):
        http_load.check(None, SimpleNamespace(port=port), http_load.Test("wrk"))


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("Application protocol: http/1.1\nstatus codes: 16 2xx\n(192) data", "no HTTP/2"),
        ("Application protocol: h2\nstatus codes: 15 2xx\n(192) data", "no HTTP/2"),
        ("Application protocol: h2c\nstatus codes: 16 2xx\ntraffic: (191) data", "wrong answers"),
        ("Application protocol: h2c\nstatus codes: 16 2xx\n", "wrong answers"),
    ],
)
def test_http2_is_checked_by_what_h2load_saw(monkeypatch, tmp_path, out, said):
    """The protocol, sixteen answers, and all their bytes."""
    kit, right = SimpleNamespace(load_cpu=None, workdir=tmp_path), "16 2xx\ntraffic: 1KB (192) data"
    monkeypatch.setattr(http_load, "run_tool", lambda *_: f"Application protocol: h2c\n{right}")
    http_load.check(kit, SimpleNamespace(port=1), http_load.Test("h2load"))
    monkeypatch.setattr(http_load, "run_tool", lambda *_: out)
    with pytest.raises(RuntimeError, match=said):
        http_load.check(kit, SimpleNamespace(port=1), http_load.Test("h2load"))


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """The words that tools are started with; a kit whose folder is empty."""
    words = []

    def run_tool(argv, cpu, timeout):
        words.extend(map(str, argv))
        if argv[0] == "h2load":
            (tmp_path / "h2load.log").write_text("1\t200\t30\n")
            return "5 done, 5 succeeded, 0 failed"
        return WRK if argv[0] == "wrk" else '{"n": 7, "secs": 2.0, "p50_us": 10.5, "p99_us": 99}'

    monkeypatch.setattr(http_load, "run_tool", run_tool)
    return words, SimpleNamespace(load_cpu=0, workdir=tmp_path, log=lambda name: tmp_path / f"{name}.log")


SERVER = SimpleNamespace(port=8000)


def test_a_test_of_wrk_names_its_script_and_scheme(asked):
    """Scripts stand in the folder of the load; TLS is https."""
    words, kit = asked
    assert http_load.run(kit, SERVER, http_load.TESTS["browser"], 3).n == 84210
    assert words[-1] == "http://127.0.0.1:8000/"
    assert words[-2].endswith("/load/browser.lua")
    assert "-d3s" in words
    http_load.run(kit, SERVER, http_load.TESTS["tls"], 3)
    assert words[-1] == "https://127.0.0.1:8000/"


def test_an_upload_of_h2load_has_a_body(asked, tmp_path):
    """Ten kilobytes, as the echo's answer is expected to have."""
    words, kit = asked
    assert http_load.run(kit, SERVER, http_load.TESTS["h2tlspost10k"], 3).p50_us == 30
    body = tmp_path / "body10k"
    assert words[words.index("-d") + 1] == str(body)
    assert body.stat().st_size == http_load.SIZES["/echo"]


def test_websockets_are_told_size_and_kind(asked):
    """And their figures are read from the one line that the tool prints."""
    words, kit = asked
    found = http_load.run(kit, SERVER, http_load.TESTS["ws8k"], 3)
    assert found == http_load.Figures(7, 2.0, 10.5, 99.0)
    assert words[1:] == ["8000", "/ws", "64", "8192", "3", "bin"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [(b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused"), (b"HTTP/1.1 101 Switching Pro", "cut short")],
)
def test_a_websocket_that_is_none(reply, said):
    """A handshake that fails is told; idle memory of refusals would be flattering."""
    with answering(reply) as port, pytest.raises(RuntimeError, match=said):
        http_load._websocket(port)
