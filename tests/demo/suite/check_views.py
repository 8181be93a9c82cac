"""The pages over HTTP. Run by test_suite.py with Django's own runner."""

import json

from django.test import AsyncClient, TestCase, TransactionTestCase

from interfaces.demo import desk, store
from tests.demo.suite.kit import ANN, Sent, mailed


class PageTests(Sent, TestCase):
    """What a browser is given."""

    def test_the_first_address_is_the_room_of_the_desk(self):
        """Which everybody knows."""
        answer = self.client.get("/")
        assert (answer.status_code, answer["Location"]) == (302, "/r/desk/")

    def test_a_page_allows_nothing_from_elsewhere(self):
        """Nor in a frame, nor inline; also where there is no such page."""
        for path, status in (("/r/desk/", 200), ("/r/Desk/", 404), ("/rooms/", 200)):
            answer = self.client.get(path)
            assert answer.status_code == status
            assert "default-src 'none'" in answer["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert answer["X-Content-Type-Options"] == "nosniff"

    def test_rooms_are_listed_with_what_they_are_about(self):
        """Tickets by their subject, until they are closed; nobody keeps the list."""
        store.enter("tea", "a", **ANN)
        mailed()
        answer = self.client.get("/rooms/")
        rooms = {
            room["slug"]: (room["people"], room["subject"]) for room in json.loads(answer.content)["rooms"]
        }
        assert rooms == {"tea": (1, None), "ticket-1": (0, "Printer"), "desk": (0, None)}
        assert answer["Cache-Control"] == "no-store"
        desk.close(1, "ann")
        assert "ticket-1" not in self.client.get("/rooms/").content.decode()

    def test_a_page_is_of_its_room(self):
        """Its name is there, and the bounds of what can be typed."""
        page = self.client.get("/r/ticket-1/").content.decode()
        assert 'data-room="ticket-1"' in page
        assert 'maxlength="2000"' in page


class ScopeTests(TransactionTestCase):
    """What the console is told."""

    async def test_a_page_belongs_to_its_room(self):
        """By the scope of the request."""
        answer = await AsyncClient().get("/r/ticket-1/")
        assert answer.asgi_request.scope["state"]["conversation"] == "ticket-1"
