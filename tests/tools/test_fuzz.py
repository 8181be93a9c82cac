"""The fuzzer finds what is there, and its targets hold for a few inputs; ./dev fuzz has more time."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.webhooks.posted import Posted
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Answer
from tests.tools.loading import ROOT, load

TARGETS = sorted(path.stem for path in (ROOT / "fuzz").glob("*.py"))
fuzz = load("tools/fuzz.py")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_seeds_and_some_more(name: str) -> None:
    """No target is broken, and none finds something at once; what is random here is always the same."""
    fuzzer = fuzz.Fuzzer(fuzz.load(name), seed=1)
    assert [found for found in (fuzzer.step() for _ in range(300)) if found is not None] == []


def test_a_fault_is_found() -> None:
    """The fuzzer gets from a seed to a fault that is some changes away."""

    def one(data: bytes) -> None:
        assert b"\r\r" not in data

    fuzzer = fuzz.Fuzzer(SimpleNamespace(one=one, SEEDS=[b"a\r\nb"]), seed=1)
    assert any(fuzzer.step() is not None for _ in range(2000))


def test_every_wire_has_a_target() -> None:
    """A wire_*.py would go unfuzzed without a target of its name, or of that of a wire which is made of it."""
    wires = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("interfaces/*/wire_*.py")}
    fuzzed = {name for name in wires if name in TARGETS}
    while (
        parts := {name for name in wires if any(f".{name} import" in wires[one] for one in fuzzed)} - fuzzed
    ):
        fuzzed |= parts
    assert {*wires} - fuzzed == set()


# --- a target that would not notice a broken wire is none --------------------------------------------------


class Wrapped:
    """Another object, of which some things are different."""

    def __init__(self, inner: Any, **different: Any) -> None:
        self._inner, self._different = inner, different

    def __getattr__(self, name: str) -> Any:
        return self._different[name] if name in self._different else getattr(self._inner, name)


def loses(method: str, *, below: int) -> Callable[[Any], Any]:
    """A wire that loses what comes in small pieces."""

    def broken(original: Any) -> Any:
        def made(*args: Any, **named: Any) -> Any:
            wire = original(*args, **named)

            def feed(data: bytes) -> Any:
                found = getattr(wire, method)(data)
                if not isinstance(found, bytes):
                    found = [*found]
                return found[:0] if len(data) < below else found

            return Wrapped(wire, **{method: feed})

        return made

    return broken


def deaf(original: Any) -> Any:
    """A wire that does not hear small pieces."""

    class Deaf(original):  # type: ignore[misc]
        def feed(self, data: bytes) -> None:
            if len(data) >= 4:
                super().feed(data)

    return Deaf


def result(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function whose result is changed."""
    return lambda original: lambda *args, **named: change(original(*args, **named))


class PlantedError(Exception):
    """What no input may cause."""


def raising(*_args: Any, **_named: Any) -> Any:
    """A function that is broken."""
    raise PlantedError


def planted(_original: Any) -> Any:
    """In place of a function."""
    return raising


def parser(change: Callable[[Any], object]) -> Callable[[Any], Any]:
    """A parser of heads that does something after each."""

    def broken(original: Any) -> Any:
        class Broken(original):  # type: ignore[misc]
            def parse(self, head: bytes) -> None:
                super().parse(head)
                change(self)

        return Broken

    return broken


def stale(original: Any) -> Any:
    """A decoder that remembers its blocks when they say something else by now."""

    class Stale(original):  # type: ignore[misc]
        said: dict[bytes, Any] = {}  # noqa: RUF012 - the next one's, too

        def decode(self, block: bytes) -> Any:
            return self.said.setdefault(block, super().decode(block))

    return Stale


def telling(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A wire of HTTP/2 that changes its events, or tells none of them."""

    def broken(original: Any) -> Any:
        def made(limits: Any) -> Any:
            wire = original(limits)

            def told() -> Any:
                while (event := wire.next()) is not None:
                    if (event := change(event)) is not None:
                        return event
                return None

            return Wrapped(wire, next=told)

        return made

    return broken


def spoiled(event: Any) -> Any:
    """A request, with a field that HTTP/1.1 cannot say."""
    if type(event).__name__ == "Asked":
        event.head.headers.append((b"x", b"a\nb"))
    return event


def provider(read: Callable[..., Any]) -> Callable[[Any], Any]:
    """A provider of mail that reads so."""
    return lambda _original: lambda *args: SimpleNamespace(read=read)


def refused(*args: Any) -> Any:
    """As a provider that refuses with success."""
    raise PeerError("refused", Answer(200, "fine"))


def posted(*args: Any) -> Any:
    """As a provider that does not clean what it reads."""
    return Posted(sender=" a@b", recipients=("c@d",), content=b"x")


def several(*args: Any) -> Any:
    """As a provider that reads what is no message."""
    return [posted()]


BROKEN: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("chunked", "Chunked", loses("feed", below=4)),
    ("frames", "decode", planted),
    ("frames", "decode_group", planted),
    ("hpack", "Decoder", stale),
    ("hpack", "Decoder", lambda original: lambda *limits: original(1 << 24, 1 << 20)),
    ("hpack", "Decoder", result(lambda made: Wrapped(made, limit=lambda size: None))),
    ("hpack", "Encoder", result(lambda made: Wrapped(made, field=lambda name, value: b""))),
    ("hpack", "Encoder", result(lambda made: Wrapped(made, limit=lambda size: None))),
    ("hpack", "ours", result(lambda found: 9)),
    ("wire_h1", "HeadParser", parser(lambda found: found.headers.append((b"host", b"b")))),
    ("wire_h1", "HeadParser", parser(lambda found: found.headers.append((b"X", b"b")))),
    ("wire_h1", "HeadParser", parser(lambda found: found.headers.append((b"x", b" b")))),
    ("wire_h1", "HeadParser", parser(lambda found: found.headers.append((b"x", b"a\nb")))),
    ("wire_h1", "HeadParser", parser(lambda found: found.headers.append((b"content-length", b"1")))),
    ("wire_h2", "Wire", telling(lambda event: None if type(event).__name__ == "Ended" else event)),
    ("wire_h2", "Wire", telling(lambda event: None if type(event).__name__ == "Reset" else event)),
    ("wire_h2", "Wire", telling(spoiled)),
    (
        "wire_h2",
        "Wire",
        result(lambda made: Wrapped(made, feed=lambda said, now: len(said) > 3 and made.feed(said, now))),
    ),
    ("wire_h2", "Wire", result(lambda made: Wrapped(made, reset=lambda flow, code: None))),
    ("wire_h2", "Wire", result(lambda made: Wrapped(made, respond=lambda flow, block, end: None))),
    (
        "wire_h2",
        "Wire",
        result(lambda made: Wrapped(made, send=lambda flow, data, end: made.send(flow, data * 2, end))),
    ),
    ("wire_h2", "agree", planted),
    ("wire_ws", "wire", loses("feed", below=4)),
    ("handshake", "negotiate", result(lambda found: found and Wrapped(found, server_bits=8))),
    ("handshake", "negotiate", result(lambda found: found and Wrapped(found, answer=b"a\r\nb: c"))),
    ("handshake", "confirm", planted),
    ("proxy_header", "read_proxy_header", planted),
    ("relay_frames", "Reader", loses("feed", below=2)),
    ("relay_frames", "encode", planted),
    ("mail_auth", "line", result(lambda found: found.replace(b"\r\n\t", b"\r\n"))),
    ("mail_auth", "line", result(lambda found: found[:-2] + b"\nX: y\r\n")),
    ("mail_auth", "line", result(lambda found: found[:-2] + b"\xff\r\n")),
    ("mail_auth", "forged", result(lambda found: False)),
    ("mail_out", "stuffed", lambda original: lambda content: content),
    ("mail_out", "Replies", loses("feed", below=40)),
    ("mail_out", "read", result(lambda found: [{"action": "lost"}])),
    ("mail_out", "reply", planted),
    ("mime", "decoded", result(lambda found: found + "\n")),
    ("mime", "parameters", result(lambda found: {**found, "A": "b"})),
    ("mime", "parameters", result(lambda found: {**found, "a": "b\0"})),
    ("mime", "unflowed", result(lambda found: found[1:])),
    ("mime", "addresses", planted),
    ("webhooks", "Mailgun", provider(refused)),
    ("webhooks", "Sendgrid", provider(posted)),
    ("webhooks", "Ses", provider(raising)),
    ("webhooks", "fields", result(lambda found: [(str(number), b"") for number in range(10_000)])),
    ("webhooks", "_message", planted),
    ("sms_providers", "opened", result(lambda made: SimpleNamespace(types=made.types, read=refused))),
    ("sms_providers", "opened", result(lambda made: SimpleNamespace(types=made.types, read=several))),
    (
        "sms_providers",
        "translated",
        result(lambda found: replace(found, event={**found.event, "segments": "1"})),
    ),
    ("wire_smpp", "Wire", deaf),
    ("wire_smpp", "read_sm", planted),
    ("wire_smpp", "receipt_of", planted),
    ("wire_smpp", "inbound", planted),
    ("wire_irc", "Wire", deaf),
    ("wire_irc", "form", result(lambda found: found.replace(b" ", b"  :", 1))),
    ("wire_irc", "read_source", result(lambda found: found._replace(host=None))),
    ("wire_irc", "pieces", result(lambda found: found[1:])),
    ("wire_irc", "read_modes", result(lambda found: found[1:])),
    ("wire_irc", "params", result(lambda found: found[1:])),
    ("wire_irc", "read_plain", planted),
    ("wire_irc", "Scram", planted),
    ("wire_irc", "matcher", planted),
    ("irc_client", "form", result(lambda found: found + b"\n")),
    ("irc_client", "Job", planted),
    ("irc_client", "Outcome", lambda original: int),
    ("slack", "read", planted),
    ("slack", "heard", planted),
    ("slack", "genuine", result(lambda found: "")),
    ("slack", "genuine", result(lambda found: found or "it is not signed")),
    (
        "slack",
        "translated",
        result(lambda found: replace(found, key=f"{found.key} {found.event['received_at']}")),
    ),
    ("slack", "translated", result(lambda found: replace(found, event={**found.event, "attempt": "1"}))),
    ("slack", "translated", result(lambda found: replace(found, scope={**found.scope, "more": 1}))),
]


@pytest.mark.parametrize(("name", "what", "broken"), BROKEN)
def test_a_broken_wire_is_noticed(name: str, what: str, broken: Callable[[Any], Any]) -> None:
    """What the target calls is replaced by something that does not hold; one of its seeds is enough to tell."""
    target = fuzz.load(name)
    assert not any(raises(target.one, seed) for seed in target.SEEDS)
    setattr(target, what, broken(getattr(target, what)))
    assert any(raises(target.one, seed) for seed in target.SEEDS)


def raises(one: Callable[[bytes], None], data: bytes) -> bool:
    """Whether the target finds something wrong with an input."""
    try:
        one(data)
    except (AssertionError, PlantedError):
        return True
    return False


def test_each_target_is_seen_to_notice() -> None:
    """Every one is among the broken ones, but for that of SMTP, whose own tests have every split."""
    assert {name for name, _, _ in BROKEN} >= {*TARGETS} - {"wire_smtp"}


# --- the fuzzer itself -------------------------------------------------------------------------------------


def quiet(data: bytes) -> None:
    """A target that finds nothing."""


@given(st.binary(max_size=300), st.integers(0, 1 << 32))
def test_changed_inputs_are_bytes_of_bounded_length(data: bytes, seed: int) -> None:
    """Whatever is changed, the empty input included, and the same seed changes it the same."""
    target = SimpleNamespace(one=quiet, SEEDS=[data, b"other"])
    fuzzer, same = fuzz.Fuzzer(target, seed), fuzz.Fuzzer(target, seed)
    for _ in range(20):
        changed = fuzzer.changed(data)
        assert isinstance(changed, bytes)
        assert len(changed) <= fuzz.LONGEST
        assert same.changed(data) == changed


@pytest.mark.parametrize("change", fuzz.CHANGES)
def test_each_change_changes_something(change: Callable[..., bytes]) -> None:
    """Of a hundred tries some differ from what there was, and from each other; an empty input is no trouble."""
    fuzzer = fuzz.Fuzzer(SimpleNamespace(one=quiet, SEEDS=[b"abcdefgh", b"0123456789"]), 1)
    made = {change(fuzzer, b"abcdefgh") for _ in range(100)}
    assert len(made - {b"abcdefgh"}) > 10
    assert all(isinstance(change(fuzzer, b""), bytes) for _ in range(20))


def test_a_flip_is_one_bit() -> None:
    """Or none, behind the last byte."""
    fuzzer = fuzz.Fuzzer(SimpleNamespace(one=quiet, SEEDS=[b"x"]), 1)
    for _ in range(200):
        flipped = int.from_bytes(fuzzer.flip(b"\0" * 8))
        assert flipped.bit_count() <= 1


def test_only_what_reaches_more_is_kept() -> None:
    """Lines of the package count, and each once; the corpus does not grow by what was there."""
    target = fuzz.load("chunked")
    fuzzer = fuzz.Fuzzer(target, 1)
    before, lines = len(fuzzer.corpus), len(fuzzer.seen)
    assert lines > 20
    assert not fuzzer.reaches_more(target.SEEDS[0])
    for _ in range(200):
        assert fuzzer.step() is None
    assert len(fuzzer.corpus) - before <= len(fuzzer.seen) - lines
    assert all("interfaces" in code.co_filename for code, _ in fuzzer.seen)
    assert sys.gettrace() is None or "fuzz" not in repr(sys.gettrace())


def test_what_is_generated_is_tried_beside_what_is_changed() -> None:
    """About as often as it says, where a target generates something."""
    tried: list[bytes] = []
    target = SimpleNamespace(one=tried.append, SEEDS=[b"seed"], generate=lambda random: b"\0generated")
    fuzzer = fuzz.Fuzzer(target, 1)
    for _ in range(1000):
        fuzzer.step()
    assert fuzz.GENERATED - 0.1 < tried.count(b"\0generated") / 1000 < fuzz.GENERATED + 0.1


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a target that finds a fault, and one that does not."""
    (tmp_path / "fuzz").mkdir()
    (tmp_path / "fuzz/bad.py").write_text(
        "SEEDS = [b'a']\n\ndef one(data):\n    if b'aa' in data:\n        raise ValueError('twice')\n"
    )
    (tmp_path / "fuzz/good.py").write_text("SEEDS = [b'a']\n\ndef one(data):\n    pass\n")
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    monkeypatch.setattr(fuzz, "TARGETS", tmp_path / "fuzz")
    ticks = iter(range(100_000))
    monkeypatch.setattr(fuzz, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 1000, time=lambda: 7))
    return tmp_path


def test_what_is_found_is_kept_and_can_be_tried_again(
    faulty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, a file, the seed, and what was raised; the others are fuzzed all the same."""
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "2", "--seed", "3"])
    assert fuzz.main() == 1
    said = capsys.readouterr()
    (found,) = (faulty / "build/fuzz").iterdir()
    assert b"aa" in found.read_bytes()
    assert found.name.startswith("bad-") and f"found build/fuzz/{found.name} after" in said.out
    assert "(seed 3)" in said.out and "ValueError: twice" in said.err
    assert re.search(r"^good: \d+ inputs, 1 kept, 0 lines reached, nothing$", said.out, re.MULTILINE)
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "bad", "--again", str(found)])
    assert fuzz.main() == 1
    monkeypatch.setattr(sys, "argv", ["fuzz.py", "good", "--again", str(found)])
    assert fuzz.main() == 0
    assert "raises nothing" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "inputs"), [(["0.5", "good"], 500), (["2", "good"], 2000)])
def test_the_first_word_may_be_seconds(faulty, monkeypatch, capsys, words: list[str], inputs: int) -> None:
    """A number is a time, all else a target; one that is not there is told."""
    monkeypatch.setattr(sys, "argv", ["fuzz.py", *words])
    assert fuzz.main() == 0
    said = int(re.search(r"(\d+) inputs", capsys.readouterr().out)[1])
    assert inputs * 0.9 < said < inputs * 1.1
    with pytest.raises((SystemExit, FileNotFoundError)):
        fuzz.load("nothing")
