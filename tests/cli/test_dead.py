"""``interfaces dead``: what it shows, and what it puts back."""

import asyncio
import json
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from interfaces.layers.durable import DurableQueues
from interfaces.layers.embedded import Embedded
from interfaces.layers.opening import open_layer
from tests.cli.conftest import Cli


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A broker."""
    with Embedded() as server:
        yield server.url


@pytest.fixture
def layer(url: str, tmp_path: Path) -> str:
    """A layer of this test's own, with a dead letter of the queue ``mail``."""
    mine = f"{url}?prefix={tmp_path.name.replace('_', '-')}"

    async def bury() -> None:
        opened: Any = open_layer(mine)
        queues = DurableQueues(opened.hub(), durability="memory")
        await queues.open()
        await queues.put("mail", {"to": "ann", "raw": b"\0\1"}, id="m1", dedupe_key="k1")
        (item,) = await queues.take(["mail"])
        await queues.dead(item, "mailbox on fire")
        await queues.close()
        await opened.close()

    asyncio.run(bury())
    return mine


def number_of(cli: Cli, layer: str) -> str:
    """The only dead letter's."""
    return str(json.loads(cli("dead", "list", "mail", "--json", "--layer", layer).out)["number"])


def test_queues_and_their_counts(cli: Cli, layer: str) -> None:
    """``list`` alone tells every queue, for people or as JSON."""
    assert cli("dead", "list", "--layer", layer) == (0, "mail  0 items  1 dead\n", "")
    assert json.loads(cli("dead", "list", "--json", "--layer", layer).out) == {
        "queue": "mail", "items": 0, "dead": 1,
    }  # fmt: skip


def test_letters_of_a_queue(cli: Cli, layer: str) -> None:
    """One line each: number, when, how often, which, why."""
    code, out, _ = cli("dead", "list", "mail", "--layer", layer)
    assert code == 0
    assert "1 attempts  m1  'mailbox on fire'" in out


def test_one_letter(cli: Cli, layer: str) -> None:
    """``show`` tells all of it."""
    number = number_of(cli, layer)
    code, out, _ = cli("dead", "show", "mail", number, "--layer", layer)
    assert code == 0
    assert "mailbox on fire" in out
    assert '"to": "ann"' in out
    told = json.loads(cli("dead", "show", "mail", number, "--json", "--layer", layer).out)
    assert (told["dedupe_key"], told["message"]["raw"]) == ("k1", "AAE=")


def test_putting_back(cli: Cli, layer: str) -> None:
    """``retry`` puts one back, or all; what is not there is an error."""
    number = number_of(cli, layer)
    assert cli("dead", "retry", "mail", number, "--layer", layer).out == "1 put back\n"
    assert cli("dead", "list", "--layer", layer).out == "mail  1 items  0 dead\n"
    assert cli("dead", "retry", "mail", "--all", "--layer", layer).out == "0 put back\n"
    code, _, err = cli("dead", "retry", "mail", number, "--layer", layer)
    assert code == 2
    assert "no dead letter" in err
    assert cli("dead", "show", "mail", number, "--layer", layer).code == 2


def test_what_is_wrong_is_told_in_a_line(cli: Cli, layer: str, tmp_path: Path) -> None:
    """No numbers, none that there is, no such queue, no broker, and a layer that keeps none."""
    assert cli("dead", "retry", "mail", "--layer", layer).code == 2
    assert cli("dead", "show", "mail", "x", "--layer", layer) == (
        2,
        "",
        "interfaces: mail has no dead letter x\n",
    )
    assert cli("dead", "list", "mial", "--layer", layer) == (0, "", "interfaces: mial has no dead letters\n")
    assert cli("dead", "list", "--layer", "local:").code == 2
    code, _, err = cli("dead", "list", "--layer", f"unix://{tmp_path}/none.sock")
    assert code == 1
    assert err.startswith("interfaces: ")
    code, _, err = cli("dead", "list")
    assert code == 2
    assert "--layer" in err


def test_a_layer_of_two_brokers(cli: Cli) -> None:
    """Both URLs name the shards: all queues are listed, and each letter is found and put back where it is."""
    with Embedded() as one, Embedded() as two:
        layer = f"{one.url},{two.url}?prefix=cli"
        queues = {crc32(name.encode()) % 2: name for name in ("mail", "post", "chat", "news")}

        async def bury() -> None:
            opened: Any = open_layer(layer)
            durable = DurableQueues(opened.hub(), durability="memory")
            await durable.open()
            for name in queues.values():
                await durable.put(name, {"to": "ann"}, id=f"of-{name}")
                (item,) = await durable.take([name])
                await durable.dead(item, "on fire")
            await durable.close()
            await opened.close()

        asyncio.run(bury())
        listed = cli("dead", "list", "--layer", layer).out.splitlines()
        assert sorted(listed) == sorted(f"{name}  0 items  1 dead" for name in queues.values())
        for name in queues.values():
            number = str(json.loads(cli("dead", "list", name, "--json", "--layer", layer).out)["number"])
            assert f"of-{name}" in cli("dead", "show", name, number, "--layer", layer).out
        first, second = queues.values()
        assert cli("dead", "retry", first, "--all", "--layer", layer).out == "1 put back\n"
        assert sorted(cli("dead", "list", "--layer", layer).out.splitlines()) == sorted(
            [f"{first}  1 items  0 dead", f"{second}  0 items  1 dead"]
        )
