"""What all clients of a gateway share."""

import asyncio

from tests.irc.gateway.support import Bench, scene


@scene
async def test_portions_of_work_take_turns() -> None:
    """One in each turn of the loop, whoever else has some; one that fails holds up none of the others."""
    async with Bench() as bench:
        done: list[int] = []
        failed: list[object] = []
        bench.gateway.loop.set_exception_handler(lambda _loop, said: failed.append(said["exception"]))

        def fail() -> None:
            raise RuntimeError

        bench.gateway.in_turn(lambda: done.append(1))
        bench.gateway.in_turn(fail)
        bench.gateway.in_turn(lambda: done.append(2))
        seen = []
        for _ in range(4):
            await asyncio.sleep(0)
            seen.append([*done])
        assert seen == [[1], [1], [1, 2], [1, 2]] and len(failed) == 1
        bench.gateway.in_turn(lambda: done.append(3))
        await asyncio.sleep(0)
        assert done == [1, 2, 3]
