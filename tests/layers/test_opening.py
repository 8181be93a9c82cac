"""interfaces.layers.opening: which layer a line makes, with which keywords."""

import asyncio
import os
import sys
import types
from pathlib import Path

import pytest

from interfaces.layers import opening
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.opening import open_layer, shared_directory
from interfaces.shared.errors import ConfigError


class Recorder:
    """Stands for RedisChannelLayer: keeps its keywords."""

    def __init__(self, **keywords):
        self.keywords = keywords
        self.closed = False

    async def close(self):
        self.closed = True


@pytest.fixture(name="recorder")
def fixture_recorder(monkeypatch):
    """RedisChannelLayer is a Recorder."""
    monkeypatch.setitem(
        sys.modules, "interfaces.layers.redis", types.SimpleNamespace(RedisChannelLayer=Recorder)
    )


@pytest.fixture(name="runtime")
def fixture_runtime(monkeypatch, tmp_path_factory):
    """A folder of this test's own for what runs."""
    folder = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


def test_local_takes_the_keywords_of_every_layer():
    """Numbers and JSON become what the layer takes; keywords of the call come on top."""
    layer = open_layer('local:?capacity=7&expiry=1.5&channel_capacity={"http.*":3}', group_expiry=9)
    assert isinstance(layer, LocalChannelLayer)
    assert (layer.capacity, layer.expiry, layer.group_expiry) == (7, 1.5, 9)
    assert layer.get_capacity("http.request") == 3


def test_a_broker_gets_its_own_keys_and_the_layer_the_rest(recorder):
    """The host's keys stay in its URL; the layer's are taken out, with their types."""
    layer = open_layer(
        "rediss://u:p@h:1/2?prefix=x&capacity=5&ssl_ca_certs=/ca.pem&timeout=0.5&signing_keys=a,b&db=3",
        expiry=4,
    )
    assert layer.keywords == {
        "hosts": ["rediss://u:p@h:1/2?ssl_ca_certs=%2Fca.pem&db=3"],
        "prefix": "x", "capacity": 5, "timeout": 0.5, "signing_keys": ("a", "b"), "expiry": 4,
    }  # fmt: skip
    shards = open_layer("redis://a,redis+sentinel://b,c/m?prefix=x,unix:///s?db=1").keywords
    assert shards == {"hosts": ["redis://a", "redis+sentinel://b,c/m", "unix:///s?db=1"], "prefix": "x"}
    for url in ("redis://h", "unix:///run/s", "valkey://h", "redis+sentinel://a,b:1/m"):
        assert open_layer(url).keywords == {"hosts": [url]}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis", "expected one of"),
        ("redi://h", "did you mean redis:?"),
        ("embeded:", "did you mean embedded:?"),
        ("redis://h?prefx=x", "did you mean prefix?"),
        ("redis://h?ssl_ca_cert=x", "did you mean ssl_ca_certs?"),
        ("local:?prefix=x", "unknown keyword 'prefix'"),
        ("local:x", "nothing may follow"),
        ("local:?capacity=x", "capacity=x: expected"),
        ("local:?channel_capacity=x", "channel_capacity=x"),
        ("embedded:a b", "letters, digits"),
        ("embedded:.hidden", "letters, digits"),
        ("embedded:?fsync=true", "needs a directory"),
        ("embedded:,redis://a", "no shard beside others"),
        ("local:,redis://a", "nothing may follow"),
    ],
)
def test_what_cannot_be_is_a_configuration_mistake(recorder, url, words):
    """One line, with the nearest good word."""
    with pytest.raises(ConfigError) as caught:
        open_layer(url)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_extra_is_named(monkeypatch):
    """Without hiredis: the pip command; another missing module is no excuse."""
    for missing, error in (("hiredis", ConfigError), ("nothing", ModuleNotFoundError)):

        def absent(_module, missing=missing):
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

        monkeypatch.setattr(opening.importlib, "import_module", absent)
        with pytest.raises(error, match=r"\[redis\]" if error is ConfigError else missing):
            open_layer("redis://h")


def test_the_embedded_server_is_shared_by_name_and_ends_with_the_last(recorder, runtime):
    """Two layers of one name have one server; each close leaves it; after the last it is gone."""

    async def main():
        one, two = open_layer("embedded:demo?capacity=3"), open_layer("embedded:demo")
        socket = runtime / f"interfaces-{os.getuid()}-demo/valkey.sock"
        assert one.keywords == {"hosts": [f"unix://{socket}"], "capacity": 3}
        assert two.keywords == {"hosts": [f"unix://{socket}"]}
        await one.close()
        assert one.closed
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(b"PING\r\n")
        assert await reader.readline() == b"+PONG\r\n"
        await two.close()
        assert await reader.read() == b""  # the server ended
        writer.close()
        await writer.wait_closed()

    asyncio.run(main())


def test_a_directory_keeps_what_the_server_held(recorder, tmp_path):
    """embedded:/directory is append-only; fsync makes that every write."""

    async def said(url, command):
        layer = open_layer(url)
        path = layer.keywords["hosts"][0].removeprefix("unix://")
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(command + b"\r\nCONFIG GET appendfsync\r\nQUIT\r\n")
        reply = await reader.read()
        writer.close()
        await writer.wait_closed()
        await layer.close()
        return reply

    place = tmp_path / "d"
    assert b"everysec" in asyncio.run(said(f"embedded:{place}", b"SET k v"))
    assert asyncio.run(said(f"embedded:{place}?fsync=true", b"GET k")).startswith(b"$1\r\nv\r\n*2")


def test_a_directory_may_be_called_anything(tmp_path):
    """What has a meaning in a URL has none in the path of a server that was found."""
    place = tmp_path / "50% of?,unix:#"
    layer = open_layer(f"embedded:{place}".replace("%", "%25").replace("?", "%3F"))

    async def main():
        await layer.send("work", {"n": 1})
        assert await layer.receive("work") == {"n": 1}
        await layer.close()

    asyncio.run(main())
    assert (place / "appendonlydir").is_dir()


def test_a_layer_that_cannot_be_made_leaves_no_server(monkeypatch, runtime):
    """The server is left again when the layer refuses its keywords."""

    def refuse(**_keywords):
        raise ConfigError("no")

    monkeypatch.setitem(
        sys.modules, "interfaces.layers.redis", types.SimpleNamespace(RedisChannelLayer=refuse)
    )
    with pytest.raises(ConfigError, match=r"^no$"):
        open_layer("embedded:x")
    from interfaces.layers.embedded import Embedded

    Embedded(shared_directory("x")).join()  # returns, so it has ended


def test_places(monkeypatch, tmp_path):
    """One a user and working directory; XDG_RUNTIME_DIR when it can be used, else the temporary folder."""
    monkeypatch.chdir(tmp_path)
    here = shared_directory("", {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert here.parent == tmp_path and here.name.startswith(f"interfaces-{os.getuid()}-at-")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert shared_directory("", {"XDG_RUNTIME_DIR": str(tmp_path)}) != here
    for bad in ("", "relative", str(tmp_path / "none")):
        assert shared_directory("n", {"XDG_RUNTIME_DIR": bad}).parent == Path(opening.tempfile.gettempdir())
