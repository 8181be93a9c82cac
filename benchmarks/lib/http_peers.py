"""The other ASGI servers: their command lines, without and with TLS."""

from __future__ import annotations

from kit import ROOT, Kit

__all__ = ["PEERS", "command"]

_UVICORN = "uvicorn app:app --no-access-log --log-level warning --port {port}"
_UVICORN_TLS = " --ssl-certfile {cert} --ssl-keyfile {key}"
_ZTTP = _UVICORN + " --http zttp --http2"
_GRANIAN = "granian app:app --interface asgi --loop uvloop --no-access-log --log-level warning --port {port}"
_HYPERCORN = "hypercorn app:app -k uvloop --log-level warning -b 127.0.0.1:{port}"
_GUNICORN = "gunicorn app:app -k asgi -w 1 --log-level warning --keep-alive 60 -b 127.0.0.1:{port}"

# name: (plain, TLS); one process, no access log, uvloop where it can
PEERS = {
    "uvicorn": (_UVICORN, _UVICORN + _UVICORN_TLS),
    "uvicorn-zttp": (_ZTTP, _ZTTP + _UVICORN_TLS),
    "granian": (_GRANIAN, _GRANIAN + " --ssl-certificate {cert} --ssl-keyfile {key}"),
    "hypercorn": (_HYPERCORN, _HYPERCORN + " --certfile {cert} --keyfile {key}"),
    "daphne": (
        "daphne -v 0 -p {port} app:app",
        "daphne -v 0 -e ssl:{port}:privateKey={key}:certKey={cert} app:app",
    ),
    "gunicorn": (_GUNICORN, _GUNICORN + " --http-protocols h2,h1 --certfile {cert} --keyfile {key}"),
    "fastpysgi": ("python {peers}/fastpysgi_app.py {port}", None),
}


def command(kit: Kit, name: str, tls: bool, port: int) -> list[str] | None:
    """The words to start a peer with; None where it has no TLS."""
    text = PEERS[name][tls]
    if text is None:
        return None
    words = kit.command(text, port=port, cert=kit.cert, key=kit.key, peers=ROOT / "peers")
    own = kit.bin(words[0])
    return [str(own) if own.exists() else words[0], *words[1:]]
