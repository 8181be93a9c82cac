"""Installations as the options say."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.slack.installations.many import Many
from interfaces.slack.installations.oauth import Install
from interfaces.slack.installations.opening import install_app, installations, open_store
from interfaces.slack.installations.single import Single
from tests.slack.installations.kit import Readiness, granted, options

ROOT = Path(__file__).resolve().parents[3]


def test_one_token():
    """Installs nothing."""
    context = Readiness().context
    found = installations(options(), context)
    assert isinstance(found, Single) and install_app(options(), found, context) is None


def test_a_store(tmp_path):
    """With scopes it installs, and what was not there is looked for again at once."""

    async def main():
        context = Readiness().context
        said = options(installations=f"file:{tmp_path}", scopes=("chat:write",))
        found = installations(said, context)
        assert isinstance(found, Many) and install_app(options(installations="x"), found, context) is None
        app = install_app(said, found, context)
        assert isinstance(app, Install) and app.telemetry is context.telemetry
        assert await found.find("T1") is None
        await app.store.async_save(granted())
        assert await found.find("T1") is None  # remembered
        app.saved(granted())
        assert (await found.find("T1")).key == "T1"
        await found.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nothing", "write file:DIR, sqlite:FILE, django:"),
        ("flie:tokens", "did you mean file"),
        ("redis://user:secret@host", "asynchronous driver"),
        ("postgresql://user:secret@host/x", "postgresql\\+asyncpg://"),
        ("file:", "write file:DIR"),
        ("file://tokens", "write file:DIR"),
        ("sqlite:", "write sqlite:FILE"),
        ("django:x", "nothing behind it"),
    ],
)
def test_urls_that_name_nothing(url, says):
    """Are told in one line, with what there is and without what may be a password."""
    with pytest.raises(ConfigError, match=says) as caught:
        open_store(url, "1.1")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_paths(tmp_path, monkeypatch):
    """As they are, from the home directory, or behind three slashes."""

    async def main():
        monkeypatch.setenv("HOME", str(tmp_path))
        for at, url in enumerate((f"file:{tmp_path}/t0", "file:~/t1", f"file://{tmp_path}/t2")):
            store = open_store(url, "1.1")
            await store.prepare()
            await store.close()
            assert (tmp_path / f"t{at}" / "1.1").is_dir()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("module", "url", "extra"),
    [
        ("interfaces.slack.installations.sql", "sqlite+aiosqlite:///x", "slack-stores"),
        ("interfaces.django.slack_installations", "django:", "django,crypto"),
    ],
)
def test_extras_that_are_missing(monkeypatch, module, url, extra):
    """Are named."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=rf"pip install 'asgi-interfaces\[{extra}\]'"):
        open_store(url, "1.1")


def test_django_without_settings(monkeypatch):
    """A process that has no project says so in one line."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    with pytest.raises(
        ConfigError, match=r"--slack-installations django: .*(DJANGO_SETTINGS_MODULE|INSTALLED_APPS)"
    ) as caught:
        open_store("django:", "1.1")
    assert "\n" not in str(caught.value)


def test_no_extra_is_imported():
    """Who keeps tokens in a file, or has one, needs neither a database's packages nor Django."""
    foreign = {"sqlalchemy", "aiosqlite", "django", "channels", "cryptography", "boto3"}
    code = (
        f"import sys, interfaces.slack.installations.opening; print(*sorted({foreign!r} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []
