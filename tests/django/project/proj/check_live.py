"""LiveServerTestCase. Run by test_project.py with Django's own runner."""

import json
import threading
import urllib.error
import urllib.request

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from interfaces.django.testing import LiveServerTestCase


class LiveTests(LiveServerTestCase):
    """A real server for each class, the test's own database behind it."""

    @classmethod
    def setUpClass(cls):
        """When all is over no thread is left that might be connected to the database."""
        cls.addClassCleanup(cls.no_threads)
        super().setUpClass()

    @staticmethod
    def no_threads():
        """Look."""
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("interfaces-sync")]

    def get(self, path, data=None):
        """Status and text of an answer."""
        try:
            with urllib.request.urlopen(self.live_server_url + path, data, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def test_the_database_is_shared_both_ways(self):
        """The server sees what the test made, and the test what the server made."""
        User.objects.create_user("ada")
        assert self.get("/users/") == (200, "1 users, you are nobody")
        assert self.get("/users/", b"bob") == (200, "2 users, you are nobody")
        assert sorted(User.objects.values_list("username", flat=True)) == ["ada", "bob"]

    def test_a_database_in_memory_is_one_connection(self):
        """The server reads inside the test's transaction, where another would find a locked table."""
        if not connection.is_in_memory_db():
            return
        with transaction.atomic():
            User.objects.create_user("ada")
            assert self.get("/users/") == (200, "1 users, you are nobody")

    def test_tests_are_apart(self):
        """What another test of the class wrote is gone."""
        assert self.get("/users/") == (200, "0 users, you are nobody")

    def test_static_files_are_served(self):
        """A file of an application comes from where it was written; one that is not there is 404."""
        assert self.get("/static/proj/hello.txt") == (200, "static says hello\n")
        assert self.get("/static/proj/none.txt")[0] == 404

    def test_options_come_from_the_setting(self):
        """settings.INTERFACES limits the body to 1000 bytes."""
        assert self.get("/users/", b"x" * 1001)[0] == 413

    def test_a_websocket_knows_the_user(self):
        """The session's cookie tells a consumer who is there; frames come back."""
        client = Client()
        client.force_login(User.objects.create_user("ada"))
        cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        with connect(self.live_server_ws_url + "/ws/echo/", additional_headers=cookie) as socket:
            assert json.loads(socket.recv()) == {"user": "ada"}
            socket.send('{"a": 1}')
            assert json.loads(socket.recv()) == {"a": 1}

    def test_a_sync_consumer_shares_the_database(self):
        """Its thread uses the test's connection too."""
        User.objects.create_user("ada")
        with connect(self.live_server_ws_url + "/ws/users/") as socket:
            socket.send("?")
            assert socket.recv() == "1"

    def test_no_route_is_not_found(self):
        """Our URLRouter denies the handshake as "not found", and does not count as an error."""
        with pytest.raises(InvalidStatus) as caught, connect(self.live_server_ws_url + "/ws/none/"):
            pass
        assert caught.value.response.status_code == 404


class PlainTests(LiveServerTestCase):
    """Without static files."""

    serve_static = False

    def test_static_files_are_not_served(self):
        """The application itself knows no such address."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(self.live_server_url + "/static/proj/hello.txt", timeout=10)
        caught.value.close()
        assert caught.value.code == 404
