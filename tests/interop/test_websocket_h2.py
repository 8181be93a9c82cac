"""WebSockets over HTTP/2 on a real listener: TLS with ALPN, and a client of h2 and wsproto."""

import socket
import ssl

import pytest
import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded
from h2.settings import SettingCodes
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from tests.process.server import Server

APP = "tests.interop.apps.socket_app:app"


class Client:
    """A connection over TLS, and the WebSockets on it."""

    def __init__(self, port, context):
        plain = socket.create_connection(("127.0.0.1", port), 10)
        self.conn = context.wrap_socket(plain, server_hostname="localhost")
        assert self.conn.selected_alpn_protocol() == "h2"
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.sockets = {}
        self.found = {}
        self.statuses = {}
        self.ended = set()
        self.allowed = False
        self.until(lambda: self.allowed)

    def until(self, condition):
        """Send and read until it holds."""
        while not condition():
            self.conn.sendall(self.h2.data_to_send())
            data = self.conn.recv(65536)
            assert data, "the server closed"
            for event in self.h2.receive_data(data):
                self._happened(event)
        self.conn.sendall(self.h2.data_to_send())

    def _happened(self, event):
        if isinstance(event, RemoteSettingsChanged):
            self.allowed = event.changed_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL].new_value == 1
        elif isinstance(event, ResponseReceived):
            self.statuses[event.stream_id] = int(dict(event.headers)[":status"])
        elif isinstance(event, DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            peer = self.sockets[event.stream_id]
            if event.data:
                peer.receive_data(event.data)
            for message in peer.events():
                self.found[event.stream_id].append(
                    (message.code, message.reason) if isinstance(message, CloseConnection) else message.data
                )
        elif isinstance(event, StreamEnded):
            self.ended.add(event.stream_id)

    def open(self, path):
        """A WebSocket; its number."""
        stream = self.h2.get_next_available_stream_id()
        self.sockets[stream] = Connection(ConnectionType.CLIENT)
        self.found[stream] = []
        self.h2.send_headers(stream, [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"),
            (":path", path), ("sec-websocket-version", "13"),
        ])  # fmt: skip
        self.until(lambda: stream in self.statuses)
        return stream

    def say(self, stream, message):
        """Send a message, or a close, as windows allow."""
        data = self.sockets[stream].send(message)
        while data:
            self.until(lambda: self.h2.local_flow_control_window(stream) > 0)
            size = min(len(data), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            self.h2.send_data(stream, data[:size])
            data = data[size:]
        self.conn.sendall(self.h2.data_to_send())


@pytest.fixture
def server(tmp_path):
    """A server over TLS, and the context of a client who trusts it."""
    authority = trustme.CA()
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.configure_trust(context)
    chain = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    chain.write_to_path(str(tmp_path / "cert.pem"))
    with Server(tmp_path, f"--tls-cert={tmp_path / 'cert.pem'}", app=APP) as server:
        yield server, context
        assert "Traceback" not in server.said, server.said


def test_sockets_on_one_connection_over_tls(server):
    """Small and large messages on two sockets, a close by each side; then the connection is still good for more."""
    running, context = server
    client = Client(running.port, context)
    with client.conn:
        one, two = client.open("/1"), client.open("/2")
        large = bytes(range(256)) * 2000
        client.say(one, TextMessage(data="hello"))
        client.say(two, BytesMessage(data=large))
        client.say(one, TextMessage(data="again"))
        client.until(
            lambda: len(client.found[one]) == 3 and sum(map(len, client.found[two][1:])) == len(large)
        )
        assert client.found[one] == ["HTTP/2", "hello", "again"]
        assert b"".join(client.found[two][1:]) == large
        client.say(one, CloseConnection(code=1000))
        client.say(two, TextMessage(data="close 4001 bye"))
        client.until(lambda: one in client.ended and (4001, "bye") in client.found[two])
        assert client.found[one][-1] == (1000, "")
        client.h2.end_stream(one)
        client.say(two, CloseConnection(code=4001))
        client.until(lambda: two in client.ended)
        assert client.statuses[client.open("/denied")] == 401
        assert client.statuses[client.open("/3")] == 200
