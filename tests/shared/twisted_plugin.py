"""A plug-in of Twisted's with endpoint kinds of its own; tests copy it to where Twisted looks for such."""

from pathlib import Path

from twisted.internet.endpoints import SSL4ServerEndpoint, serverFromString
from twisted.internet.interfaces import (
    IListeningPort,
    IStreamServerEndpoint,
    IStreamServerEndpointStringParser,
)
from twisted.internet.ssl import Certificate, PrivateCertificate
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(IPlugin, IStreamServerEndpointStringParser)
class Plain:
    """``plain:`` and any endpoint string: the same, made by somebody whom nobody here knows."""

    prefix = "plain"

    def parseStreamServer(self, reactor, *parts, **named):
        words = [*parts, *(f"{name}={value}" for name, value in named.items())]
        return serverFromString(reactor, ":".join(words))


@implementer(IPlugin, IStreamServerEndpointStringParser)
class Mutual:
    """``mutual:CERT:CA``: TLS on a free port, with a client's certificate."""

    prefix = "mutual"

    def parseStreamServer(self, reactor, cert, ca):
        own = PrivateCertificate.loadPEM(Path(cert).read_bytes())
        options = own.options(Certificate.loadPEM(Path(ca).read_bytes()))
        return SSL4ServerEndpoint(reactor, 0, options, interface="127.0.0.1")


@implementer(IListeningPort)
class Veiled:
    """A port that is none of Twisted's own, as an onion service's is."""

    def __init__(self, port):
        self.port = port

    def getHost(self):
        return f"veiled.example:{self.port.getHost().port}"

    def startListening(self):
        self.port.startListening()

    def stopListening(self):
        return self.port.stopListening()


@implementer(IStreamServerEndpoint)
class VeiledEndpoint:
    """Listens, and gives something away that is no socket's address."""

    def __init__(self, inner):
        self.inner = inner

    def listen(self, factory):
        return self.inner.listen(factory).addCallback(Veiled)


@implementer(IPlugin, IStreamServerEndpointStringParser)
class Veil:
    """``veil:``: on a free port of 127.0.0.1, under an address of another kind."""

    prefix = "veil"

    def parseStreamServer(self, reactor):
        return VeiledEndpoint(serverFromString(reactor, "tcp:0:interface=127.0.0.1"))


plain, mutual, veil = Plain(), Mutual(), Veil()
