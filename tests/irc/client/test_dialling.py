"""Connecting: TLS, its upgrade, who we are to a network, and what it refuses."""

import asyncio
import ssl

import pytest
import trustme

from interfaces.shared.errors import ConfigError
from interfaces.testing.irc import CAPS, FakeNetwork
from tests.irc.client.kit import on, until
from tests.runner.virtual import run


class Certs:
    """An authority, a server's context and a client's files."""

    def __init__(self, folder):
        ca = trustme.CA()
        self.ca, self.cert = str(folder / "ca.pem"), str(folder / "bot.pem")
        ca.cert_pem.write_to_path(self.ca)
        ca.issue_cert("bot@example").private_key_and_cert_chain_pem.write_to_path(self.cert)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(self.server)
        ca.configure_trust(self.server)


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    """Those of all tests here."""
    return Certs(tmp_path_factory.mktemp("certs"))


class TestTls:
    def test_the_scope_tells_of_it(self, certs):
        """Version and cipher."""

        async def main():
            async with on(fake=FakeNetwork(tls=certs.server), ca_file=certs.ca, joined="#a") as end:
                tls = end.desk.calls[0].scope["tls"]
                assert tls["version"].startswith("TLSv1.")
                assert tls["cipher"]
                assert tls["client_subject"] is None

        asyncio.run(main())

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, certs):
        """Unless the options say that it does not matter; readiness says what to do."""

        async def main():
            async with on(fake=FakeNetwork(tls=certs.server)) as end:
                assert not end.networks.standing("fake")
                assert not end.fake.lines
            async with on(fake=FakeNetwork(tls=certs.server), tls_verify=False) as end:
                await end.desk.event("irc.connect")

        asyncio.run(main())

    def test_our_certificate_logs_us_in(self, certs):
        """SASL EXTERNAL."""

        async def main():
            certs.server.verify_mode = ssl.CERT_REQUIRED
            fake = FakeNetwork(tls=certs.server, certified="bot")
            try:
                async with on(fake=fake, ca_file=certs.ca, cert_file=certs.cert, sasl_required=True) as end:
                    await end.desk.event("irc.connect")
                    assert fake.peer().account == "bot"
                    assert "AUTHENTICATE EXTERNAL" in fake.lines
            finally:
                certs.server.verify_mode = ssl.CERT_NONE

        asyncio.run(main())

    def test_a_server_that_asks_for_tls_is_spoken_to_with_tls(self, certs):
        """And from then on with nothing else, also when it cannot be reached."""

        async def main():
            async with FakeNetwork(tls=certs.server, caps={**CAPS, "sts": "duration=600"}) as secure:
                plain = FakeNetwork(caps={**CAPS, "sts": f"port={secure.port}"})
                async with on(fake=plain, host="localhost", ca_file=certs.ca) as end:
                    await end.desk.event("irc.connect")
                    assert plain.lines[0] == "CAP LS 302"
                    assert not plain.peers
                    assert end.desk.calls[0].scope["tls"]
                    dialled, port = plain.dialled, secure.port
                    await secure.stop()
                    await end.desk.event("irc.disconnect")
                    await secure.listen(port)
                    await end.desk.event("irc.connect", 2)
                    assert plain.dialled == dialled

        asyncio.run(main())


class TestLogin:
    @pytest.mark.parametrize("sasl", ["auto", "plain", "scram-sha-256"])
    def test_an_account_is_logged_in_to(self, sasl):
        """By what the options say."""

        async def main():
            fake = FakeNetwork(accounts={"bot": "secret"})
            async with on(fake=fake, sasl=sasl, account_password="secret", sasl_required=True) as end:
                await end.desk.event("irc.connect")
                assert fake.peer().account == "bot"
                names = {"auto": "SCRAM-SHA-256"}
                assert f"AUTHENTICATE {names.get(sasl, sasl.upper())}" in fake.lines

        run(main())

    def test_a_wrong_password_ends_it_where_it_has_to_be(self):
        """It is the operator's to mend; else we are there without an account."""

        async def main(*, required):
            fake = FakeNetwork(accounts={"bot": "secret"})
            async with on(fake=fake, account_password="wr0ng", sasl_required=required) as end:
                await end.desk.event("irc.connect")
                assert fake.peer().account == ""

        with pytest.raises(
            ConfigError, match=r"irc\.networks fake: the login of 'bot' is refused: 904"
        ) as found:
            run(main(required=True))
        assert "wr0ng" not in str(found.value)
        run(main(required=False))

    def test_services_that_come_back_log_us_in(self):
        """Where they were away at first."""

        async def main():
            caps = {name: value for name, value in CAPS.items() if name != "sasl"}
            fake = FakeNetwork(caps=caps, accounts={"bot": "secret"})
            async with on(fake=fake, account_password="secret") as end:
                await end.desk.event("irc.connect")
                fake.caps["sasl"] = "PLAIN,SCRAM-SHA-256"
                fake.send(":irc.fake CAP bot NEW :sasl=PLAIN,SCRAM-SHA-256")
                await fake.until(lambda: fake.peer().account == "bot")
                assert not end.desk.of("irc.raw")

        run(main())


class TestRefusals:
    @pytest.mark.parametrize("password", ["", "wr0ng"])
    def test_the_password_of_the_server(self, password):
        """Missing, or wrong."""

        async def main():
            async with on(fake=FakeNetwork(password="secret"), password=password):
                pass

        with pytest.raises(ConfigError, match=r"irc\.networks fake: a password is (wanted|refused)"):
            run(main())

    def test_the_right_one_is_taken(self):
        """And said before the nick."""

        async def main():
            async with on(fake=FakeNetwork(password="secret"), password="secret") as end:
                await end.desk.event("irc.connect")
                assert end.fake.lines[1:3] == ["PASS secret", "NICK bot"]

        run(main())

    def test_who_comes_too_often_stays_away(self):
        """For a minute, not for the back-off."""

        async def main():
            fake = FakeNetwork()
            fake.faults.greeting = "ERROR :Closing Link: (Throttled: Reconnecting too fast)"
            async with on(fake=fake) as end:
                loop = asyncio.get_running_loop()
                began = loop.time()
                assert fake.dialled == 1
                fake.faults.greeting = ""
                await until(lambda: end.desk.heard, 100)
                assert 59 < loop.time() - began < 65

        run(main())

    def test_a_server_that_says_nothing_is_left(self):
        """After the time that connecting may take."""

        async def main():
            fake = FakeNetwork()
            fake.faults.silent = True
            async with on(fake=fake) as end:
                assert not end.networks.standing("fake")
                fake.faults.silent = False
                await end.desk.event("irc.connect")
                await fake.until(lambda: len(fake.connections) == 1)

        run(main())

    def test_nobody_is_there(self):
        """It is tried again until somebody is."""

        async def main():
            async with FakeNetwork() as fake:
                port = fake.port
            async with on(port=port) as end:
                assert not end.networks.standing("fake")
                await end.fake.stop()
                await end.fake.listen(port)
                await end.desk.event("irc.connect")

        run(main())
