"""Servers of other people's applications, one a module and application, ended with it."""

import pytest
import trustme

from tests.interop.mail import MailServer, reachable
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


@pytest.fixture(scope="module")
def mail_server(tmp_path_factory):
    """Our mail server, with a certificate of "localhost"; ca.pem in its directory has the authority."""
    folder = tmp_path_factory.mktemp("mail")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    chain = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
    chain.write_to_path(str(folder / "mx.pem"))
    with MailServer(folder, f"--tls-cert={folder / 'mx.pem'}") as server:
        assert server.smtp
        reachable(folder)
        server.path.chmod(0o666)
        yield server
        assert "ERROR" not in server.said, server.said
