"""The log of mail, on SQLite and on PostgreSQL."""

import asyncio
import json
import smtplib
import sqlite3
import sys
from contextlib import closing

import pytest

from interfaces.layers.redis import RedisChannelLayer
from tests.django.test_project import PROJECT, ROOT, manage
from tests.process.server import Server

ALL = "Ran 31 tests"


def test_on_sqlite(tmp_path):
    """What proj/check_log_*.py prove, with a database file: a connection a thread."""
    done = manage("test", "proj", "--pattern", "check_log_*.py", PROJ_TEST_DB=str(tmp_path / "test.sqlite3"))
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


def test_on_postgresql(postgres):
    """The same, where texts are checked and rows are locked."""
    done = manage("test", "proj", "--pattern", "check_log_*.py", PROJ_POSTGRES=postgres)
    assert done.returncode == 0, done.stderr
    assert ALL in done.stderr


@pytest.mark.parametrize("kill", ["before", "after"])
def test_what_a_killed_process_had_is_replayed(tmp_path, kill, layer):
    """It is pending, whether its effect was there or not; after the replay it is delivered, with one effect.

    What the application answers then is on the project's layer.
    """
    env = {"PROJ_DB": str(tmp_path / "db.sqlite3"), "PROJ_APPLICATION": "proj.dying.application"}
    assert manage("migrate", **env).returncode == 0
    words = [str(PROJECT / "manage.py"), "interfaces", "serve", "email", "--email-bind", "127.0.0.1:0"]
    paths = {"PYTHONPATH": f"{ROOT}:{PROJECT}", "PROJ_KILL": kill}
    with Server(tmp_path, command=[sys.executable, *words], env={**env, **paths}) as server:
        port = int(server.wait_for(r"email on 127\.0\.0\.1:(\d+)")[1])
        with (
            pytest.raises(smtplib.SMTPServerDisconnected),
            smtplib.SMTP("127.0.0.1", port, timeout=20) as client,
        ):
            client.sendmail("ada@example.org", ["bob@example.net"], "Subject: hi\n\nthere\n")
        server.ended()

    def found(words):
        with closing(sqlite3.connect(env["PROJ_DB"])) as database:
            return database.execute(words).fetchall()

    log = "SELECT state, attempts FROM interfaces_receivedmail"
    users = "SELECT count(*) FROM auth_user"
    assert found(log) == [("pending", 1)] and found(users) == [(int(kill == "after"),)]
    said = {"PROJ_LAYER": json.dumps(layer), "PROJ_REPLY": "1"}
    replayed = manage("interfaces_mail", "replay", "--older", "0", **env, **said)
    assert replayed.stderr == ""
    assert (replayed.returncode, replayed.stdout) == (0, "1: accept\n")
    assert found(log) == [("delivered", 2)] and found(users) == [(1,)]

    async def sent():
        there = RedisChannelLayer(**layer["CONFIG"])
        store = there.store("email.send")
        try:
            await store.open()
            async with asyncio.timeout(20):
                return (await store.take(1))[0].message["subject"]
        finally:
            await store.close()
            await there.close()

    assert asyncio.run(sent()) == "got it"
