"""Where benches find things, and the command lines that they make."""

import os
import sys
from pathlib import Path

import pytest

from tests.tools.loading import load

kit_module = load("benchmarks/lib/kit.py")
Kit = kit_module.Kit


@pytest.fixture
def kit(tmp_path):
    """A folder as setup.sh leaves it, with a virtual environment of two programs."""
    programs = tmp_path / "venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "a-peer-of-ours"):
        (programs / name).touch()
    return Kit(tmp_path, None, None)


def test_the_folder_is_in_the_users_cache(monkeypatch):
    """As XDG says, and below the home without it."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert kit_module.default_workdir() == Path("/c/interfaces-bench")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/h")
    assert kit_module.default_workdir() == Path("/h/.cache/interfaces-bench")


def test_all_benches_share_their_options(kit):
    """CPUs and folders come from the command line; --no-pin leaves the CPUs to the kernel."""
    words = ["--workdir", str(kit.workdir), "--no-pin", "--path", ".", "--path", "/x", "--rounds", "5"]
    args = kit_module.parser("A bench.").parse_args(words)
    made = Kit.of(args)
    assert (made.workdir, made.server_cpu, made.load_cpu, args.rounds) == (kit.workdir, None, None, 5)
    assert made.path == [Path.cwd(), Path("/x")]
    assert made.log("ours") == kit.workdir / "logs/ours.log"
    assert made.log("ours").parent.is_dir()


def test_a_load_of_a_cpu_is_bound_to_it(kit, monkeypatch):
    """The process itself, whose children inherit that."""
    bound = []
    monkeypatch.setattr(kit_module.os, "sched_setaffinity", lambda pid, cpus: bound.append((pid, cpus)))
    args = kit_module.parser(None).parse_args(["--workdir", str(kit.workdir), "--load-cpu", "3"])
    assert Kit.of(args).load_cpu == 3
    assert bound == [(0, {3})]


def test_without_its_setup_a_bench_says_what_to_run(tmp_path):
    """One line that names the folder, and nothing is made in it."""
    args = kit_module.parser(None).parse_args(["--workdir", str(tmp_path), "--no-pin"])
    with pytest.raises(SystemExit, match=f"run setup.sh --workdir {tmp_path}"):
        Kit.of(args)
    assert list(tmp_path.iterdir()) == []


def test_a_command_line_has_its_values_filled_in(kit):
    """Each of them, in every word; what is quoted stays one word."""
    words = kit.command("a-peer-of-ours '-b 127.0.0.1:{port}' {key} {port}", port=8000, key=kit.key)
    assert words == [
        str(kit.bin("a-peer-of-ours")),
        "-b 127.0.0.1:8000",
        str(kit.workdir / "key.pem"),
        "8000",
    ]


def test_python_is_that_of_the_peers(kit):
    """Not whatever the caller's PATH has; a program that nobody has stays as it is, to be told by its name."""
    assert kit.command("python x")[0] == str(kit.python)
    assert kit.command("no-such-program-anywhere")[0] == "no-such-program-anywhere"
    assert kit.command("env FOO=1")[0] == "env"


def test_a_path_that_exists_is_absolute(kit, tmp_path, monkeypatch):
    """Servers run in another folder; what only looks like a path is left alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/app.toml").touch()
    assert kit.command("env conf/app.toml conf/none.toml")[1:] == [
        str(tmp_path / "conf/app.toml"),
        "conf/none.toml",
    ]


def test_applications_come_before_the_callers_path(kit, monkeypatch):
    """First ours, then what --path adds, then what the caller has."""
    kit.path = [Path("/compiled")]
    monkeypatch.setenv("PYTHONPATH", "/mine")
    apps = str(kit_module.APPS)
    assert kit.env()["PYTHONPATH"].split(os.pathsep) == [apps, "/compiled", "/mine"]
    monkeypatch.delenv("PYTHONPATH")
    assert kit.env()["PYTHONPATH"].split(os.pathsep) == [apps, "/compiled"]


def test_only_unpacked_programs_get_libraries(kit):
    """A program of a package that was not installed finds what was unpacked beside it; no other is touched."""
    assert "LD_LIBRARY_PATH" not in kit.env(sys.executable)
    libraries = kit.env(kit.unpacked("usr/sbin/postfix"))["LD_LIBRARY_PATH"].split(os.pathsep)
    assert libraries[0] == str(kit.workdir / "deb/usr/lib/postfix")
    assert len(libraries) == 3


peers = load("benchmarks/lib/http_peers.py")


@pytest.mark.parametrize("name", sorted(peers.PEERS))
def test_every_peer_is_told_its_port(kit, name):
    """Whatever stands in braces has been filled in; with TLS, certificate and key are there, too."""
    plain, tls = (peers.command(kit, name, secure, 8443) for secure in (False, True))
    assert any("8443" in word for word in plain)
    assert not any("{" in word for word in [*plain, *(tls or [])])
    assert not any(str(kit.key) in word for word in plain)
    if tls is not None:
        assert any(str(kit.cert) in word for word in tls)
        assert any(str(kit.key) in word for word in tls)


def test_a_peer_without_tls_is_left_out(kit):
    """There is no command for what it cannot do."""
    assert peers.command(kit, "fastpysgi", True, 8443) is None


def test_a_peer_of_the_folder_comes_before_one_of_the_path(kit):
    """What is measured is what setup.sh has installed."""
    (kit.bin("uvicorn")).touch()
    assert peers.command(kit, "uvicorn", False, 1)[0] == str(kit.bin("uvicorn"))
