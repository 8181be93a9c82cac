"""Servers of other people's applications, one a module and application, ended with it."""

import pytest

from tests.process.server import Server


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """``serve("tests.interop.apps.x:app", *arguments)``: the server, the same one every time."""
    servers = {}

    def start(app, *arguments):
        key = (app, *arguments)
        if key not in servers:
            servers[key] = Server(tmp_path_factory.mktemp("interop"), *arguments, app=app)
        assert servers[key].port
        return servers[key]

    yield start
    for server in servers.values():
        server.__exit__(None, None, None)
