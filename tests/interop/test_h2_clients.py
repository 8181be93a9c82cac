"""HTTP/2 clients of other people against our server, by ALPN over TLS and by prior knowledge without it."""

import asyncio
import re
import ssl
import subprocess

import httpx
import pytest
import trustme

from tests.interop.test_clients import curl, program, run
from tests.process.server import Server

BODY = bytes(range(256)) * 40_000
PARTS = b"".join(b"%d\n" % at for at in range(512))
SIZE = 512 * 65536


@pytest.fixture(scope="module")
def authority():
    """Who signs the certificate."""
    return trustme.CA()


@pytest.fixture(scope="module")
def urls(authority, tmp_path_factory):
    """The same application, without TLS and with it."""
    folder = tmp_path_factory.mktemp("h2")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "cert.pem")
    plain, secure = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("tls")
    app = "tests.interop.apps.h2_app:app"
    with Server(plain, app=app) as one, Server(secure, f"--tls-cert={folder / 'cert.pem'}", app=app) as two:
        yield {
            "http": f"http://127.0.0.1:{one.port}",
            "https": f"https://localhost:{two.port}",
            "ca": folder / "ca.pem",
        }
        for server in (one, two):
            assert "ERROR" not in server.said and "Traceback" not in server.said, server.said


@pytest.fixture(params=["http", "https"])
def base(request, urls):
    """One of the two addresses."""
    return urls[request.param]


@pytest.fixture
def flags(base, urls):
    """What curl needs for it."""
    if base.startswith("https"):
        return ["--http2", "--cacert", urls["ca"]]
    return ["--http2-prior-knowledge"]


def test_curl_gets(base, flags):
    """Several on one connection; a head alone; what it asked with."""
    words = ["-w", " %{http_version} %{num_connects}\n", f"{base}/"]
    assert curl(*flags, *words) == b"2 2 1\n"
    if base.startswith("https"):  # curl 7.88 cannot use a connection again without TLS (its issue 10634)
        assert curl(*flags, *words, f"{base}/") == b"2 2 1\n2 2 0\n"
    assert b"HTTP/2 200" in curl(*flags, "-I", f"{base}/")
    assert curl(*flags, f"{base}/parts") == PARTS


def test_curl_gets_at_once(urls, tmp_path):
    """Ten in parallel over one connection, each larger than the windows."""
    flags = ["--http2", "--cacert", urls["ca"]]
    words = [word for at in range(10) for word in ("-o", tmp_path / str(at), f"{urls['https']}/large")]
    said = curl(
        *flags, "--parallel", "--parallel-max", "10", "-w", "%{size_download} %{http_version}\n", *words
    )
    assert said.split() == [b"%d" % SIZE, b"2"] * 10


def test_curl_uploads(base, flags, tmp_path):
    """10 MB, with and without a length, and with an expectation, to which it waits for our 100."""
    file = tmp_path / "file"
    file.write_bytes(BODY)
    assert curl(*flags, "--data-binary", f"@{file}", f"{base}/read") == b"%d" % len(BODY)
    assert curl(*flags, "-T", "-", f"{base}/read", input=BODY) == b"%d" % len(BODY)
    expect = ["-H", "Expect: 100-continue", "--expect100-timeout", "20", "--max-time", "15", "-v"]
    done = subprocess.run(
        [
            program("curl"),
            "-sS",
            "--noproxy",
            "*",
            *flags,
            *expect,
            "--data-binary",
            f"@{file}",
            f"{base}/read",
        ],
        capture_output=True,
        check=True,
    )
    assert b"< HTTP/2 100" in done.stderr and done.stdout == b"%d" % len(BODY)


def test_curl_sees_hints_and_trailers(base, flags):
    """103 before the answer, trailers behind it."""
    said = curl(*flags, "-i", f"{base}/hints")
    assert re.search(rb"HTTP/2 103 .*style.css.*HTTP/2 200 ", said, re.DOTALL)
    assert b"x-sum: 42" in curl(*flags, "-i", f"{base}/trailers")


def test_clients_that_upgrade(tmp_path):
    """curl and nghttp ask in HTTP/1.1 and are served over HTTP/2; a request with a body is answered as it came."""
    app = "tests.interop.apps.h2_app:app"
    with Server(tmp_path, "--http-h2c-upgrade", app=app) as server:
        base = f"http://127.0.0.1:{server.port}"
        words = ["-w", " %{http_version} %{num_connects}\n", f"{base}/"]
        assert curl("--http2", *words, f"{base}/") == b"2 2 1\n2 2 0\n"
        assert curl("--http2", f"{base}/parts") == PARTS
        assert b"HTTP/2 200" in curl("--http2", "-I", f"{base}/")
        assert curl("--http2", "-d", "abc", "-w", " %{http_version}", f"{base}/read") == b"3 1.1"
        assert curl("-H", "Via: 1.1 p", "--http2", *words) == b"1.1 1.1 1\n"
        said = run(program("nghttp"), "-u", "-n", "-s", "-m", "3", f"{base}/parts").decode()
        assert len(re.findall(r" 200 +\d+[KM]? /parts", said)) == 3


def test_nghttp(base):
    """Ten of each kind at once; a body; what we said of the connection."""
    words = [program("nghttp"), "--no-verify-peer", "-n", "-s", "-m", "10", f"{base}/large", f"{base}/parts"]
    said = run(*words).decode()
    assert len(re.findall(r" 200 +\d+[KM]? /(large|parts)", said)) == 20
    words = [program("nghttp"), "--no-verify-peer", "-v", "-d", "/etc/passwd", f"{base}/read"]
    assert "recv SETTINGS frame" in (found := run(*words).decode()) and ":status: 200" in found


NO_TABLES = ["--header-table-size=0", "--encoder-header-table-size=0"]


@pytest.mark.parametrize("more", [[], ["-d"], ["-w", "10", "-W", "10"], NO_TABLES], ids=str)
def test_h2load(base, more, tmp_path):
    """Some thousand requests over ten connections, not one failed: bodies, small windows, no tables."""
    file = tmp_path / "body"
    file.write_bytes(bytes(10_000))
    more = [*more, file] if more == ["-d"] else more
    said = run(program("h2load"), "-n", "2000", "-c", "10", "-m", "20", *more, f"{base}/").decode()
    assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in said
    large = "/parts" if "-w" in more else "/large"
    said = run(program("h2load"), "-n", "20", "-c", "2", "-m", "10", *more, f"{base}{large}").decode()
    assert "20 succeeded, 0 failed" in said


def test_httpx(urls, authority, base):
    """Fifty at once, with bodies, over one connection: h2 in Python."""
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async def main():
        secure = base.startswith("https")
        client = httpx.AsyncClient(
            base_url=base, http1=secure, http2=True, verify=context, trust_env=False, timeout=30
        )
        async with client:
            # Smaller than the windows: httpcore 1.0 may wait for ever for one that another of its tasks saw open.
            sizes = range(0, 15_000, 300)
            answers = await asyncio.gather(*(client.post("/read", content=BODY[:n]) for n in sizes))
            assert [answer.text for answer in answers] == [str(n) for n in sizes]
            assert {answer.http_version for answer in answers} == {"HTTP/2"}
            assert (await client.post("/read", content=BODY)).text == str(len(BODY))
            large = await client.get("/large")
            assert len(large.content) == SIZE and large.headers["x-version"] == "2"
            async with client.stream("GET", "/parts") as answer:
                assert b"".join([part async for part in answer.aiter_bytes()]) == PARTS

    asyncio.run(main())
