"""interfaces.email.checking: what ``interfaces check email`` knows before anything is begun."""

from pathlib import Path

import pytest

from interfaces.cli import main

APP = "async def application(scope, receive, send): pass\n"


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with an application, which is the current one."""
    (tmp_path / "checkedmail.py").write_text(APP)
    (tmp_path / "file").write_text("no folder")
    for name in ("box/new", "box/cur", "box/tmp"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return tmp_path


def check(*words: str) -> int:
    """The exit code of ``interfaces check email``."""
    return main(("check", "email", "--app", "checkedmail:application", "--email-bind", "127.0.0.1:0", *words))


@pytest.mark.parametrize(
    "words",
    [
        "--email-tls required",
        "--email-tls implicit",
        "--email-spool-folder file",
        "--email-spool-folder gone",
        "--email-ack accepted",
        "--email-ack accepted --email-spool file",
        "--email-dedupe shared",
        "--email-xclient-from nonsense",
        "--email-auth gone:function",
        "--email-auth-keys checkedmail:gone",
        "--email-webhooks postmark --email-postmark-user nobody",
        "--email-webhooks sendgrid --email-sendgrid-key abc",
        "--email-webhooks ses --email-ses-topics mail",
        "--email-maildir gone",
        "--email-authenticate nothing",
        "--email-authenticate spf --email-dns nonsense",
        "--email-authenticate spf --email-dns file:gone",
        "--email-authenticate spf --email-trusted 10.0.0.0/99",
        "--email-dnsbl nonsense",
        "--email-greylist 60 --email-greylist-store gone:store",
        "--email-send nonsense",
        "--email-send memory: --email-send-dkim example.org:s:gone",
        "--email-send memory: --email-bounce-key short",
        "--email-send memory: --email-send-spool file",
    ],
)
def test_what_a_start_would_refuse(words: str, where: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is one line, and the exit code of a mistake; nothing is left behind."""
    before = sorted(where.rglob("*"))
    assert check(*words.split()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert sorted(where.rglob("*")) == before


def test_what_a_start_would_take(where: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it together is well, and no folder of a spool or a Maildir is made for it."""
    before = sorted(where.rglob("*"))
    words = (
        "--email-ack accepted --email-spool deep/spool --email-maildir box --email-spool-folder ."
        " --email-webhooks mailgun,postmark,ses --email-mailgun-key k --email-postmark-user a:b"
        " --email-ses-topics arn:aws:sns:eu-west-1:123456789012:mail --email-webhooks-bind 127.0.0.1:0"
        " --email-authenticate spf,dkim --email-dnsbl zen.example.org --email-greylist 60 --email-send memory:"
    )
    assert check(*words.split()) == 0, capsys.readouterr().err
    assert sorted(where.rglob("*")) == before
