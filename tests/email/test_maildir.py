"""interfaces.email.maildir: what comes into a Maildir is delivered, and never lost by whoever is killed."""

import asyncio
import io
import os
import threading
import time

import pytest

from interfaces.email.intake import Intake
from interfaces.email.maildir import FIRST, LEASE, LONGEST, RENEW, Box, Watch, envelope, watched
from interfaces.shared.errors import ConfigError
from tests.email.harness import Bench, scene

MESSAGE = b"Return-Path: <me@a.example>\nDelivered-To: you@b.example\nSubject: one\n\nText\n"


@pytest.fixture
def folder(tmp_path):
    """An empty Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def put(folder, name="1.a", content=MESSAGE):
    """A new message, from last year."""
    file = folder / "new" / name
    file.write_bytes(content)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def there(folder):
    """The names in each folder, without tokens and times."""
    found = {}
    for place in ("new", "taken", "later", "cur", ".Rejected/cur"):
        if names := sorted(path.name for path in (folder / place).iterdir()):
            found[place] = [name.rpartition("~")[2] for name in names]
    return found


def test_what_is_no_maildir_is_a_mistake(tmp_path):
    """One line; also where no folder can be made."""
    with pytest.raises(ConfigError, match="this is no Maildir, which has new/, cur/ and tmp/"):
        Box(str(tmp_path))
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    (tmp_path / "taken").touch()
    with pytest.raises(ConfigError, match="File exists"):
        Box(str(tmp_path))


def test_a_message_is_in_one_place(folder):
    """New, taken, and then where its verdict says; its own time stays."""
    box = Box(str(folder))
    for number, (step, place) in enumerate({
        lambda one: box.accepted(one, remove=False): {"cur": ["1.a:2,S"]},
        lambda one: box.accepted(one, remove=True): {},
        box.refused: {".Rejected/cur": ["1.a:2,"]},
        lambda one: box.deferred(one, 5, 1): {"later": ["1.a"]},
    }.items()):  # fmt: skip
        put(folder)
        (taken,) = box.take(10)
        assert (taken.name, taken.attempts) == ("1.a", 0) and there(folder) == {"taken": ["1.a"]}, number
        assert taken.path.stat().st_mtime == 1_700_000_000
        assert step(taken)
        assert there(folder) == place
        assert not step(taken)  # it is not ours any more
        for path in (*folder.glob("*/*"), *folder.glob(".Rejected/cur/*")):
            if path.is_file():
                path.unlink()


def test_flags_are_kept_and_names_that_are_there_are_not_written_over(folder):
    """Whoever put a flag on it meant it; two messages may have one name."""
    box = Box(str(folder))
    put(folder, "1.a:2,F")
    assert box.accepted(box.take(1)[0], remove=False)
    for _ in range(2):
        put(folder, "1.a:2,F")
        assert box.accepted(box.take(1)[0], remove=False)
        put(folder, "2.b")
        assert box.refused(box.take(1)[0])
    names = [path.name for path in (folder / "cur").iterdir()]
    assert len(names) == 3 and all(name.endswith(":2,FS") for name in names)
    assert len(list((folder / ".Rejected/cur").iterdir())) == 2


def test_two_of_one_name_do_not_meet(folder):
    """A second one comes while the first is taken, and while it is put off."""
    box = Box(str(folder))
    put(folder, content=b"first")
    (first,) = box.take(1)
    put(folder, content=b"second")
    (second,) = box.take(1)
    assert box.deferred(first, 0, 1) and box.deferred(second, 0, 1)
    again = box.take(10)
    assert sorted(one.path.read_bytes() for one in again) == [b"first", b"second"]
    assert [one.attempts for one in again] == [1, 1]


def test_what_is_put_off_comes_when_it_is_due(folder):
    """Not before, and before what is new; its name and its attempts are kept, whatever the name has."""
    clock = [1_000_000.0]
    box = Box(str(folder), lambda: clock[0])
    put(folder, "1~2~x:2,F")
    box.deferred(box.take(1)[0], 100, 7)
    put(folder, "new")
    clock[0] += 99
    assert [one.name for one in box.take(10)] == ["new"]
    clock[0] += 1
    put(folder, "newer")
    assert [(one.name, one.attempts) for one in box.take(10)] == [("1~2~x:2,F", 7), ("newer", 0)]


def test_several_who_share_it_take_each_message_once(folder):
    """Threads stand for containers: each has a box of its own."""
    names = {f"{n}.x" for n in range(300)}
    for name in names:
        put(folder, name)
    boxes = [Box(str(folder)) for _ in range(4)]
    taken, errors = [], []

    def work(box):
        try:
            while found := box.take(7):
                taken.extend(one.name for one in found)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[box]) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and sorted(taken) == sorted(names)


def test_what_a_dead_one_had_taken_comes_back(folder):
    """After its lease, not before; what is renewed stays; the application may have seen it, so that was an attempt."""
    dead, other = Box(str(folder)), Box(str(folder), lambda: time.time() + LEASE + 1)
    put(folder)
    (taken,) = dead.take(1)
    assert Box(str(folder)).recover(()) == 0
    assert other.recover({taken.path}) == 0 and there(folder) == {"taken": ["1.a"]}
    assert other.recover(()) == 1 and there(folder) == {"later": ["1.a"]}
    assert not dead.accepted(taken, remove=True)
    (again,) = other.take(1)
    assert again.attempts == 1 and again.path.stat().st_mtime == 1_700_000_000


def test_renewing_sets_the_time_that_leases_are_told_by(folder):
    """And leaves the message's own; what has gone meanwhile is nobody's."""
    box = Box(str(folder))
    put(folder)
    (taken,) = box.take(1)
    before = taken.path.stat()
    while time.time_ns() <= before.st_ctime_ns + 20_000_000:  # the file system's clock has steps
        pass
    box.renew(taken)
    after = taken.path.stat()
    assert after.st_ctime_ns > before.st_ctime_ns and after.st_mtime_ns == before.st_mtime_ns
    box.accepted(taken, remove=True)
    box.renew(taken)
    assert RENEW * 3 < LEASE


def test_strangers_in_the_folders_are_left_alone(folder):
    """Whatever else lies there; a name that is too long does not hold the others up."""
    box = Box(str(folder))
    for place in ("taken", "later", "new"):
        (folder / place / ".hidden").touch()
    for name in ("x", "1~x", "1~y~z", "9~", "~~~"):
        (folder / "later" / name).touch()
        (folder / "taken" / name).touch()
    put(folder, "n" * 250)
    told = set()
    for _ in range(2):
        with pytest.raises(OSError, match="too long") as caught:
            box.take(3)
        told.add(str(caught.value))
    assert len(told) == 1
    put(folder, "fine")
    assert [one.name for one in box.take(3)] == ["fine"]
    assert (
        Box(str(folder), lambda: time.time() + 1000).recover(()) == 2
    )  # "fine", and what looks like a claim


def test_what_is_no_file_is_left_alone(folder):
    """A link may lead to what its owner may not read, a pipe has no end; names with other digits are none of ours."""
    box = Box(str(folder))
    (folder / "secret").write_bytes(MESSAGE)
    (folder / "new" / "link").symlink_to(folder / "secret")
    (folder / "new" / "folder").mkdir()
    os.mkfifo(folder / "new" / "pipe")
    for name in ("\u00b2~1~t~name", "1~\u00b2~t~name"):
        (folder / "later" / name).touch()
    put(folder, "fine")
    assert [one.name for one in box.take(9)] == ["fine"]
    assert there(folder)["new"] == ["folder", "link", "pipe"]


@pytest.mark.parametrize(
    ("header", "sender", "recipients"),
    [
        (b"Return-Path: <a@x>\nDelivered-To: b@y\nX-Original-To: c@z\n", "a@x", ["b@y"]),
        (b"Return-Path: <>\r\nX-Original-To: <c@z>\r\n", "", ["c@z"]),
        (b'From: "A, B" <a@x>\nDelivered-To: b@y\nDelivered-To: older@y\n', "a@x", ["b@y"]),
        (b"From: " + b"(" * 70_000 + b"\n", "", []),
        (b"", "", []),
    ],
)
def test_the_envelope_is_in_the_header(header, sender, recipients):
    """As the program that delivered it has put it there."""
    file = io.BytesIO(header + b"\nReturn-Path: <body@x>\nDelivered-To: body@x\n")
    said = envelope(file, "")
    assert said == (sender, recipients) and file.tell() == 0
    assert envelope(file, "set@b.example")[1] == ["set@b.example"]


class Desk:
    """A watch on a Maildir, whose application says ``word`` of each message."""

    def __init__(self, bench, folder, word="email.accept", box=None):
        self.word, self.events, self.scopes, self.told = word, [], [], []
        bench.service.app = self
        self.box = box or Box(str(folder))
        self.watch = Watch(self.box, Intake(bench.service), self.told.append)

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        self.events.append(await receive())
        if isinstance(self.word, asyncio.Event):
            await self.word.wait()
        else:
            await send({"type": self.word})

    async def turn(self):
        """One look, to the end of all that it begins."""
        more = await self.watch.turn()
        while self.watch.running:
            await asyncio.wait(self.watch.running)
        return more


@scene
async def test_a_message_is_delivered(folder):
    """As any other: the scope says how it came, its lines end in CRLF, the attempt is counted."""
    async with Bench() as bench:
        desk = Desk(bench, folder)
        put(folder)
        assert not await desk.turn()
        (event,), (scope,) = desk.events, desk.scopes
        assert scope["protocol"] == "maildir" and scope["client"] is None and event["attempt"] == 1
        assert (event["from"], event["to"]) == ("me@a.example", ["you@b.example"])
        assert event["body"].endswith(b"Subject: one\r\n\r\nText\r\n")
        assert there(folder) == {"cur": ["1.a:2,S"]}


@pytest.mark.parametrize(
    ("word", "options", "place"),
    [
        ("email.accept", {"maildir_accepted": "remove"}, {}),
        ("email.discard", {}, {"cur": ["1.a:2,S"]}),
        ("email.reject", {}, {".Rejected/cur": ["1.a:2,"]}),
        ("email.defer", {}, {"later": ["1.a"]}),
        ("nonsense", {}, {"later": ["1.a"]}),
    ],
)
@scene
async def test_a_verdict_is_a_place(folder, word, options, place):
    """Accepted, refused, put off."""
    async with Bench(**options) as bench:
        desk = Desk(bench, folder, word)
        put(folder)
        await desk.turn()
        assert there(folder) == place


@scene
async def test_who_has_no_recipient_is_refused(folder):
    """And told in the log; the option names one."""
    async with Bench() as bench:
        desk = Desk(bench, folder)
        put(folder, content=b"Subject: x\n\n")
        await desk.turn()
        assert there(folder) == {".Rejected/cur": ["1.a:2,"]} and bench.counted("email.maildir_rejected") == 1
    async with Bench(maildir_to="me@b.example") as bench:
        desk = Desk(bench, folder)
        put(folder, content=b"Subject: x\n\n")
        await desk.turn()
        assert desk.events[0]["to"] == ["me@b.example"]


@scene
async def test_what_is_deferred_waits_longer_each_time(folder):
    """From half a minute to an hour; the attempts are in the event."""
    clock = [time.time()]
    async with Bench() as bench:
        desk = Desk(bench, folder, "email.defer", Box(str(folder), lambda: clock[0]))
        put(folder)
        waits = []
        for _ in range(9):
            await desk.turn()
            ((due, *_),) = [path.name.split("~") for path in (folder / "later").iterdir()]
            waits.append(int(due) - int(clock[0]))
            clock[0] = int(due)
        assert waits == [FIRST * 2**n for n in range(7)] + [LONGEST, LONGEST]
        assert [event["attempt"] for event in desk.events] == list(range(1, 10))


@scene
async def test_few_at_once(folder):
    """As many as the option says; the others wait in new/."""
    async with Bench(maildir_at_once=2) as bench:
        desk = Desk(bench, folder, asyncio.Event())
        for number in range(5):
            put(folder, f"{number}.a", MESSAGE + b"%d\n" % number)
        assert await desk.watch.turn()
        while len(desk.events) < 2:
            await asyncio.sleep(0.001)
        assert await desk.watch.turn() and len(desk.watch.running) == 2
        assert len(there(folder)["new"]) == 3
        desk.word.set()
        assert await desk.turn() and await desk.turn() and not await desk.turn()
        assert len(there(folder)["cur"]) == 5


@scene
async def test_a_lease_that_was_lost_is_told(folder):
    """Another process may have delivered it too: counted, and nothing of it is put anywhere twice."""
    async with Bench() as bench:
        desk = Desk(bench, folder, asyncio.Event())
        put(folder)
        await desk.watch.turn()
        while not desk.events:
            await asyncio.sleep(0.001)
        assert Box(str(folder), lambda: time.time() + LEASE + 1).recover(()) == 1
        desk.word.set()
        await desk.turn()
        assert bench.counted("email.maildir_lost") == 1 and there(folder) == {"later": ["1.a"]}


@scene
async def test_a_folder_that_cannot_be_read(folder):
    """Is told, and looked at again."""
    async with Bench(maildir_interval=0.01) as bench:
        desk = Desk(bench, folder)
        put(folder)
        (folder / "new").rename(folder / "away")
        running = asyncio.ensure_future(desk.watch.run())
        while not desk.told:
            await asyncio.sleep(0.001)
        assert isinstance(desk.told[0], FileNotFoundError)
        (folder / "away").rename(folder / "new")
        while "cur" not in there(folder):
            await asyncio.sleep(0.001)
        running.cancel()
        assert desk.told[-1] is None


@scene
async def test_what_nobody_expects_is_told_and_looked_at_again(folder, monkeypatch, caplog):
    """An error that is no disk's neither ends the watch nor keeps a message."""
    async with Bench(maildir_interval=0.01) as bench:
        desk = Desk(bench, folder)
        take, deliver, wrong = (
            desk.watch.box.take,
            desk.watch.intake.deliver,
            [KeyError("look"), KeyError("give")],
        )

        def taken(most):
            if len(wrong) == 2:
                raise wrong.pop(0)
            return take(most)

        async def delivered(*arguments, **named):
            if wrong:
                raise wrong.pop(0)
            return await deliver(*arguments, **named)

        monkeypatch.setattr(desk.watch.box, "take", taken)
        monkeypatch.setattr(desk.watch.intake, "deliver", delivered)
        put(folder)
        running = asyncio.ensure_future(desk.watch.run())
        while "later" not in there(folder):
            await asyncio.sleep(0.001)
        running.cancel()
        assert isinstance(desk.told[0], KeyError) and desk.told[-1] is None
        assert [one.exc_info[0] for one in caplog.records if one.exc_info] == [KeyError, KeyError]


@scene
async def test_a_server_that_stops_takes_nothing_more(folder):
    """What it had begun is put back, due at once."""
    async with Bench(maildir=(str(folder),), maildir_interval=0.01) as bench:
        bench.service.app = app = Desk(bench, folder)
        app.word = asyncio.Event()
        put(folder)
        told = []
        bench.context.on_ready = lambda name, ok, why: told.append((name, ok))
        async with watched(bench.service, bench.context):
            while not app.events:
                await asyncio.sleep(0.001)
            bench.service.draining = True
            put(folder, "2.b")
            for session in list(bench.service.sessions):
                session.cancel()
        assert there(folder) == {"new": ["2.b"], "later": ["1.a"]}
        (name,) = [path.name for path in (folder / "later").iterdir()]
        assert int(name.split("~")[0]) <= time.time() and name.split("~")[1] == "1"
        assert (f"email maildir {folder}", True) in told


@scene
async def test_the_same_file_twice_is_two_messages(folder):
    """Whoever put it there twice means it."""
    async with Bench() as bench:
        desk = Desk(bench, folder)
        put(folder, "1.a")
        put(folder, "2.b")
        await desk.turn()
        assert len(desk.events) == 2 and desk.events[0]["dedupe_key"] == desk.events[1]["dedupe_key"]
