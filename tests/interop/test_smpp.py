"""SMPP with software of other people: node's smpp and Kannel's drive_smpp as SMSCs, smpplib bound to our gateway."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from smpplib import client as smpplib_client
from smpplib import consts, gsm

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Bind
from interfaces.sms.smpp import binds
from tests.interop.mail import program
from tests.process.server import ROOT
from tests.sms.harness import OURS, THEIRS, Desk
from tests.sms.smpp.kit import outgoing, until
from tests.sms.smpp.systems import gate

KANNEL = f"{ROOT}/build/unpacked/usr/lib/kannel/test:/usr/lib/kannel/test"
"""Where Debian has drive_smpp, and ./dev has unpacked it."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The npm package smpp."""
    found = os.environ.get("NODE_SMPP", "")
    if found:
        return found
    folder = tmp_path_factory.mktemp("npm")
    words = [
        program("npm"),
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(folder),
        "smpp@0.6.0-rc.4",
    ]
    if subprocess.run(words, capture_output=True, timeout=120, check=False).returncode:
        missing("the npm package smpp cannot be installed")
    return str(folder / "node_modules")


def missing(what):
    """With CI=true an error."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


class Node:
    """The SMSC of smsc.js, and what it tells."""

    def __init__(self, modules):
        self.words = [program("node"), str(Path(__file__).with_name("smsc.js")), modules]
        self.told = []

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(*self.words, stdout=asyncio.subprocess.PIPE)
        self.reading = asyncio.ensure_future(self._read())
        await until(lambda: self.told, 30)
        self.port = self.told[0]["port"]
        return self

    async def _read(self):
        async for line in self.process.stdout:
            self.told.append(json.loads(line))

    async def __aexit__(self, *_):
        self.process.kill()
        await self.process.wait()
        await self.reading

    def all(self, key):
        """What it told under this key."""
        return [one[key] for one in self.told if key in one]


def texts(desk):
    """What came."""
    return [one["text"] for one in desk.heard if one["type"] == "sms.receive"]


def test_node_as_smsc(modules):
    """Texts in each coding, payloads, data_sm, submits with receipts in the other spelling, unbind."""

    async def main():
        async with Node(modules) as node:
            desk = Desk(binds=(Bind(name="op", url=f"smpp://me:secret@127.0.0.1:{node.port}"),))
            desk.context.drain = 1.0
            async with binds(desk.service, desk.context) as found:
                await until(lambda: found.standing("op"))
                await until(lambda: len(node.all("answered")) == 5)
                assert {one["status"] for one in node.told if "answered" in one} == {0}
                assert sorted(texts(desk)) == sorted(["plain ä €", "日 😀", "x" * 400, "data"])
                sent = await found.submit("op", outgoing("hällo €", validity=3600))
                assert sent.provider_ids == ("abc",)
                long = await found.submit("op", outgoing("日" * 100, encoding="ucs2"))
                assert len(long.provider_ids) == 2
                await until(lambda: len([one for one in desk.heard if one["type"] == "sms.status"]) == 3)
                statuses = [one for one in desk.heard if one["type"] == "sms.status"]
                assert {one["provider_id"] for one in statuses} == {"abc", *long.provider_ids}
                assert {one["status"] for one in statuses} == {"delivered"}
                assert {(one["from_address"], one["to_address"]) for one in statuses} == {(OURS, THEIRS)}
            await until(lambda: node.all("unbound"))
            first, *parts = node.all("submitted")
            assert first["message"] == "hällo €"
            assert "".join(part["message"] for part in parts) == "日" * 100
            assert all(part["udh"] for part in parts)

    asyncio.run(main())


def test_node_refuses_a_password(modules):
    """It is the operator's to mend."""

    async def main():
        async with Node(modules) as node:
            desk = Desk(binds=(Bind(name="op", url=f"smpp://me:wrong@127.0.0.1:{node.port}"),))
            with pytest.raises(ConfigError, match="ESME_RINVPASWD"):
                async with binds(desk.service, desk.context):
                    pass

    asyncio.run(main())


def test_kannels_drive_smpp(tmp_path):
    """A hundred messages that it delivers, all with one id, and one that it takes; it knows no transceiver."""
    drive = shutil.which("drive_smpp", path=KANNEL) or shutil.which("drive_smpp")
    if drive is None:
        missing("drive_smpp is not installed: Debian's kannel-extras")

    async def main():
        async def box(reader, _writer):
            await reader.read()

        listening = await asyncio.start_server(box, "127.0.0.1", 0)
        here = listening.sockets[0].getsockname()[1]
        free = await asyncio.start_server(box, "127.0.0.1", 0)
        port = free.sockets[0].getsockname()[1]
        free.close()
        await free.wait_closed()
        config = tmp_path / "drive.conf"
        config.write_text(
            f"group = core\nadmin-port = 1\nsmsbox-port = {here}\nadmin-password = x\n\n"
            f"group = smsc\nsmsc = smpp\nsmsc-id = s\nhost = 127.0.0.1\nport = {port}\nsystem-type = x\n"
            "smsc-username = a\nsmsc-password = b\n\ngroup = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = 2\n"
        )
        log = tmp_path / "log"
        words = [drive, "-v", "4", "-l", str(log), "-p", str(port), "-m", "100", "-c", str(config)]
        process = await asyncio.create_subprocess_exec(*words, cwd=tmp_path, stdout=-3, stderr=-3)
        try:
            url = f"smpp://a:b@127.0.0.1:{port}"
            desk = Desk(
                binds=(Bind(name="in", url=url, kind="receiver"), Bind(name="out", url=url, kind="transmitter")),
            )  # fmt: skip
            desk.context.drain = 1.0
            async with binds(desk.service, desk.context) as found:
                assert found.names == ["out"]
                await until(lambda: found.standing("out"), 20)
                await until(lambda: len(texts(desk)) == 100, 30)
                assert len(set(texts(desk))) == 100
                assert (await found.submit("out", outgoing())).state == "sent"
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            listening.close()

    asyncio.run(main())


class Client:
    """smpplib's client, bound to our gateway; it blocks, so it runs in a thread."""

    def __init__(self, port):
        self.got = []
        self.client = smpplib_client.Client("127.0.0.1", port, allow_unknown_opt_params=True, timeout=10)
        self.client.set_message_received_handler(lambda pdu: self.got.append(pdu))  # noqa: PLW0108 - by its name
        self.ids = []
        self.client.set_message_sent_handler(lambda pdu: self.ids.append(pdu.message_id))

    def talk(self, text):
        """Submit ``text``, wait for the responses and a receipt for each of its parts."""
        client = self.client
        client.connect()
        client.bind_transceiver(system_id="shop", password="secret")
        parts, coding, udhi = gsm.make_parts(text)
        for part in parts:
            client.send_message(
                source_addr_ton=1, source_addr_npi=1, source_addr="41790000001", dest_addr_ton=1, dest_addr_npi=1,
                destination_addr="41445556677", short_message=part, data_coding=coding, esm_class=udhi,
                registered_delivery=True,
            )  # fmt: skip
        while len(self.got) < len(parts):
            client.read_once()
        client.unbind()
        client.disconnect()
        return len(parts)


@pytest.mark.parametrize("text", ["hello", "hä € [x]" * 30, "日本 😀" * 40])
def test_smpplib_binds_to_our_gateway(text):
    """Its texts are whole here, and each part has its receipt."""

    async def main():
        async with gate() as (desk, port):
            client = Client(port)
            parts = await asyncio.to_thread(client.talk, text)
            (event,) = desk.heard
            assert (event["text"], event["segments"]) == (text, parts)
            assert (event["from_address"], event["to_address"]) == (THEIRS, OURS)
            assert len(set(client.ids)) == parts
            assert {pdu.receipted_message_id for pdu in client.got} == set(client.ids)
            assert {pdu.message_state for pdu in client.got} == {consts.SMPP_MESSAGE_STATE_DELIVERED}

    asyncio.run(main())
