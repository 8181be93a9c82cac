"""A connection: how fast we speak, signs of life, a network that does not read or says too much."""

import asyncio

import pytest

from interfaces.irc.client.talk import STALLED
from interfaces.shared.errors import Unavailable
from interfaces.testing.irc import FakeNetwork
from tests.irc.client.kit import on, until
from tests.runner.virtual import run


def now():
    """The loop's time."""
    return asyncio.get_running_loop().time()


class TestFlood:
    def test_so_many_lines_at_once_and_then_one_after_the_other(self):
        """However fast the application speaks; and nothing overtakes."""

        async def main():
            async with on(joined="#a", rate=0.5, burst=5) as end:
                await asyncio.sleep(100)
                began, times = now(), []
                for number in range(10):
                    await end.send(type="irc.send", target="#a", text=str(number))
                for number in range(10):
                    await end.fake.until(lambda number=number: len(end.fake.spoken) > number, 60)
                    times.append(round(now() - began))
                assert [one.text for one in end.fake.spoken] == [str(number) for number in range(10)]
                assert times == [0, 0, 0, 0, 0, 2, 4, 6, 8, 10]

        run(main())

    def test_a_ping_is_answered_out_of_turn(self):
        """While lines wait."""

        async def main():
            async with on(joined="#a", rate=0.5, burst=1) as end:
                await asyncio.sleep(100)
                for number in range(5):
                    await end.send(type="irc.send", target="#a", text=str(number))
                began = now()
                end.fake.send("PING :x")
                await end.fake.until(lambda: end.fake.pongs)
                assert now() - began < 0.1
                assert len(end.fake.spoken) == 1

        run(main())

    def test_who_says_too_much_waits(self):
        """As soon as so many lines are in the queue."""

        async def main():
            async with on(joined="#a", rate=1.0, burst=1, options={"client_queue": 3}) as end:
                await asyncio.sleep(100)
                times = []
                began = now()
                for number in range(8):
                    await end.send(type="irc.send", target="#a", text=str(number))
                    times.append(round(now() - began))
                assert times == [0, 0, 0, 0, 1, 2, 3, 4]
                await end.fake.until(lambda: len(end.fake.spoken) == 8, 60)

        run(main())

    def test_who_waits_when_it_ends_is_told(self):
        """The connection has ended meanwhile."""

        async def main():
            async with on(joined="#a", rate=0.01, burst=1, options={"client_queue": 1}) as end:
                call = end.desk.calls[0]
                results = []

                async def speak():
                    for number in range(3):
                        event = {"type": "irc.send", "target": "#a", "text": str(number), "id": str(number)}
                        try:
                            await call.send(event)
                        except OSError as error:
                            results.append(type(error).__name__)

                speaking = asyncio.ensure_future(speak())
                await asyncio.sleep(1)
                end.fake.drop()
                await speaking
                assert results == ["PeerGone"] * 2
                (result,) = end.desk.of("irc.result")
                assert result["status"] == "failed"

        run(main())

    def test_many_channels_are_joined_in_turn(self):
        """A few lines at once, the others one after the other."""

        async def main():
            channels = tuple(f"#c{number}" for number in range(40))
            async with on(channels=channels, rate=1.0, burst=2) as end:
                await end.desk.event("irc.connect")
                await end.fake.here(channel="#c0")
                began = now()
                await asyncio.sleep(0.5)
                assert end.fake.peer().nick in end.fake.room("#c9").members
                assert end.fake.room("#c10").members == {}
                await end.fake.until(lambda: end.fake.room("#c39").members, 60)
                assert 5 < now() - began < 8

        run(main())

    def test_ours_and_the_applications_lines_go_in_turn(self):
        """Who joins many channels can be spoken with."""

        async def main():
            channels = tuple(f"#c{number}" for number in range(100))
            async with on(channels=channels, rate=1.0, burst=1) as end:
                await end.fake.here(channel="#c0")
                began = now()
                await end.send(type="irc.send", target="#c0", text="hi")
                await end.fake.until(lambda: end.fake.spoken)
                assert now() - began < 3

        run(main())


class TestLiveness:
    def test_a_network_that_is_quiet_is_asked_and_one_that_is_dead_is_left(self):
        """Any word is a sign of life."""

        async def main():
            async with on(ping_interval=30.0, ping_timeout=20.0) as end:
                await end.desk.event("irc.connect")
                await asyncio.sleep(300)
                assert 9 <= end.fake.lines.count("PING alive") <= 10
                assert end.fake.dialled == 1
                end.fake.faults.no_pong = True
                began = now()
                gone = None
                while gone is None:
                    gone = next(iter(end.desk.of("irc.disconnect")), None)
                    await asyncio.sleep(1)
                assert 20 <= now() - began <= 53
                assert (gone["code"], gone["reason"]) == (1006, "no answer to PING within 20 s")
                end.fake.faults.no_pong = False

        run(main())

    def test_a_loop_that_was_late_is_no_silence(self):
        """The process had stopped for a while: the network has its time all the same."""

        async def main():
            async with on(ping_interval=30.0, ping_timeout=20.0) as end:
                await end.desk.event("irc.connect")
                (home,) = end.networks._homes.values()
                end.fake.faults.no_pong = True
                await asyncio.sleep(45)
                assert end.fake.lines[-1] == "PING alive"
                home.talk.excuse(15.0)
                home.talk.sweep(now() + 15.0)
                assert not home.talk.lost
                end.fake.faults.no_pong = False

        run(main())

    def test_one_that_talks_is_not_asked(self):
        """It lives."""

        async def main():
            async with on(joined="#a", ping_interval=30.0) as end:
                for _ in range(20):
                    end.fake.say("ann", "#a", "x")
                    await asyncio.sleep(20)
                assert "PING alive" not in end.fake.lines

        run(main())

    def test_one_that_does_not_read_is_left(self):
        """What we write has to leave within its time; while it does not, we do not read either."""

        async def main():
            async with on(joined="#a") as end:
                (home,) = end.networks._homes.values()
                talk = home.talk
                talk.pause_writing()
                talk.transport.get_write_buffer_size = lambda: 100_000
                assert talk.held
                await end.send(type="irc.send", target="#a", text="x")
                await asyncio.sleep(STALLED / 2)
                assert not end.fake.spoken
                await asyncio.sleep(STALLED)
                assert talk.lost
                assert (await end.desk.event("irc.disconnect"))["reason"] == "it reads nothing"

        run(main())

    def test_one_that_reads_again_gets_what_waited(self):
        """In order."""

        async def main():
            async with on(joined="#a") as end:
                (home,) = end.networks._homes.values()
                home.talk.pause_writing()
                for number in range(3):
                    await end.send(type="irc.send", target="#a", text=str(number))
                await asyncio.sleep(1)
                assert not end.fake.spoken
                home.talk.resume_writing()
                await end.fake.until(lambda: len(end.fake.spoken) == 3)
                assert not home.talk.held

        run(main())

    def test_one_that_does_not_close_after_quit_is_left(self):
        """The application has said good-bye, and it does not answer."""

        async def main():
            async with on() as end:
                await end.desk.event("irc.connect")
                end.fake.faults.silent = True
                await end.send(type="irc.close")
                await end.send(type="irc.close")
                began = now()
                while not end.desk.of("irc.disconnect"):
                    await asyncio.sleep(1)
                assert STALLED - 1 < now() - began < STALLED + 3
                assert end.fake.lines.count("QUIT") == 1
                end.fake.faults.silent = False

        run(main())


class TestFloods:
    def test_a_burst_of_lines_has_its_turns(self):
        """Others go on meanwhile, and none is lost."""

        async def main():
            async with on(joined="#a") as end:
                end.fake.send("\r\n".join(f":ann!a@h PRIVMSG #a :{number}" for number in range(5000)))
                turns = 0
                while len(end.desk.of("irc.message")) < 5000:
                    await asyncio.sleep(0)
                    turns += 1
                assert turns > 50
                assert [one["text"] for one in end.desk.of("irc.message")] == [str(n) for n in range(5000)]

        run(main())

    def test_what_is_not_kept_is_counted(self):
        """Channels beyond a limit, that a network says we are in."""

        async def main():
            async with on(joined="#a") as end:
                end.fake.send("\r\n".join(f":bot!a@h JOIN #x{number}" for number in range(1010)))
                await until(lambda: end.counted("untracked") == 11)

        run(main())

    @pytest.mark.parametrize(
        "line",
        [
            ":s BATCH +{n} netsplit",
            ":n{n}!a@h JOIN #a",
            ":s CAP bot NEW :batch x{n}",
            ":s 005 bot X{n}=y :are supported",
            ":bot!a@h JOIN #x{n}",
            "@label=x{n} :s ACK",
            ":s CHATHISTORY TARGETS n{n} 2026-11-28T12:00:00.000Z",
            "AUTHENTICATE +{n}",
            ":s 353 bot = #a :m{n}",
            ":s 433 bot n{n} :in use",
        ],
    )
    def test_whatever_it_says_again_and_again(self, line):
        """The connection stands, and what is kept of it is bounded."""

        async def main():
            async with on(joined="#a", options={"client_backlog": 100}) as end:
                for start in range(0, 5000, 1000):
                    end.fake.send("\r\n".join(line.format(n=n) for n in range(start, start + 1000)))
                    end.fake.send(f"PING {start}")
                    await end.fake.until(lambda start=start: str(start) in end.fake.pongs)
                (home,) = end.networks._homes.values()
                assert len(home.voice.backlog) <= 101
                assert end.fake.dialled == 1
                assert len(end.fake.lines) < 3000

        run(main())


def test_a_channel_that_no_line_can_name_is_not_joined_again():
    """A network that puts us into one does not keep us from coming back."""

    async def main():
        async with on(joined="#a") as end:
            end.fake.send(":bot!b@h JOIN ::x")
            end.fake.send(":ann!a@h MODE ::x +k k")
            end.fake.send(":bot!b@h JOIN ::y")
            await end.desk.event("irc.join", 3)
            end.fake.drop()
            await end.desk.event("irc.connect", 2)
            await end.fake.until(lambda: end.fake.dialled == 2)
            assert (await end.result(type="irc.send", target="bot", text="x"))["ok"]

    run(main())


def test_a_message_that_cannot_be_recorded_is_not_said():
    """Who has it said hears why, and what comes behind it goes on."""

    async def broken():
        raise Unavailable("no broker")

    async def main():
        async with on(joined="#a") as end:
            message = {"type": "irc.send", "network": "fake", "target": "#a", "text": "x"}
            with pytest.raises(Unavailable, match="no broker"):
                await end.networks.say("fake", message, broken)
            came = await end.networks.say("fake", {**message, "text": "y"})
            assert came.status == "sent"
            assert [one.text for one in end.fake.spoken] == ["y"]

    run(main())


def test_who_does_not_wait_any_more_has_it_not_said():
    """As far as it was not written yet."""

    async def main():
        async with on(joined="#a", rate=0.1, burst=1) as end:
            message = {"type": "irc.send", "network": "fake", "target": "#a", "text": "x"}
            await asyncio.sleep(100)
            said = [asyncio.ensure_future(end.networks.say("fake", message)) for _ in range(2)]
            await asyncio.sleep(1)
            said[1].cancel()
            await asyncio.sleep(100)
            assert len(end.fake.spoken) == 1
            assert (await said[0]).status == "sent"

    run(main())


def test_too_much_from_anywhere_is_to_come_later():
    """The queue of a connection is bounded."""

    async def main():
        async with on(joined="#a", rate=0.01, burst=1, options={"client_queue": 2}) as end:
            message = {"type": "irc.send", "network": "fake", "target": "#a", "text": "x"}
            waiting = [asyncio.ensure_future(end.networks.say("fake", message)) for _ in range(2)]
            await asyncio.sleep(0)
            came = await end.networks.say("fake", message)
            assert (came.status, came.error) == ("deferred", "2 lines wait for fake")
            assert came.retry_after > 0
            for one in waiting:
                one.cancel()

    run(main())


def test_before_the_welcome_nothing_is_an_event():
    """And what comes in one piece with the end of the registration is."""

    async def main():
        fake = FakeNetwork(caps={})
        async with on(fake=fake) as end:
            await end.desk.event("irc.connect")
            assert [one["type"] for one in end.desk.heard] == ["irc.connect"]
            fake.send(":s NOTICE bot :hello")
            assert (await end.desk.event("irc.message"))["source"]["nick"] == "s"
            await until(lambda: True)

    run(main())


def test_costly_lines_do_not_hold_up_others(monkeypatch):
    """Once a turn has taken its time it ends, however few its lines were; the next goes on where it has ended."""

    async def main():
        async with on() as end:
            await end.desk.event("irc.connect")
            (home,) = end.networks._homes.values()
            monkeypatch.setattr("interfaces.irc.client.talk.SLICE", 0.0)
            home.talk.data_received(b":a NOTICE bot :one\r\n:a NOTICE bot :two\r\n:a NOTICE bot :three\r\n")
            assert home.talk.wire.waiting == 2
            assert home.talk.held
            await until(lambda: home.talk.wire.waiting == 0)

    run(main())
