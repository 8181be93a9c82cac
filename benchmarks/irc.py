"""An IRC gateway side by side with IRC servers: what one says, one, fifty or thousands of others get.

python irc.py --ours 'CMD with {port} {app}'

The command must let IRC clients into a channel on 127.0.0.1:{port} and relay what they say; the applications of
``chat`` in the folder ``apps``, which is its working directory and in its PYTHONPATH, do that. ``chat:app`` sends to
each member itself, ``chat:relay``, of the tests with thousands, leaves it to the gateway.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE / "lib")
sys.path.insert(1, str(HERE / "load"))

from ircload import TESTS, measure  # noqa: E402
from kit import APPS, ROOT, Kit, parser  # noqa: E402
from procs import NotStarted, Server, free_port  # noqa: E402
from records import OURS, Journal, table  # noqa: E402

PEERS = {
    "ngircd": "ngircd -n -f {conf}",
    "irc.server": "python -m irc.server -a 127.0.0.1 -p {port} -l error",
    "asyncio-relay": "python {peers}/irc_relay.py {port}",
}
NGIRCD = """\
[Global]
Name = bench.local
AdminInfo1 = bench
Info = bench
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
[Limits]
MaxConnectionsIP = 0
MaxPenaltyTime = 0
MaxJoins = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


def main() -> None:
    """Every round starts all servers for each test, then asks them one after the other."""
    p = parser(__doc__)
    p.add_argument("--ours", required=True, metavar="CMD", help="our gateway")
    p.add_argument("--tests", default=",".join(TESTS), help=f"of {','.join(TESTS)}")
    p.add_argument("--peers", default=",".join(PEERS), help=f"of {','.join(PEERS)}")
    args = p.parse_args()
    tests = [name for name in args.tests.split(",") if name]
    names = [OURS, *(name for name in args.peers.split(",") if name)]
    for name in {*tests} - {*TESTS} | {*names[1:]} - {*PEERS}:
        p.error(f"no test or peer {name}")
    kit, journal = Kit.of(args), Journal("irc", args.json)
    for round_ in range(args.rounds):
        turn = round_ % len(names)
        for test in tests:
            play(
                kit,
                journal,
                round_,
                test,
                {name: args.ours if name == OURS else PEERS[name] for name in names[turn:] + names[:turn]},
                args.dur,
            )
    print("\nAn operation is a message delivered to one receiver.\n\n" + table(journal.records))


def play(kit: Kit, journal: Journal, round_: int, test: str, commands: dict[str, str], seconds: int) -> None:
    """One test of one round, with fresh servers: some do not get over clients that left."""
    with ExitStack() as stack:
        running = []
        for name, text in commands.items():
            port = free_port()
            words = command(kit, text.replace("{app}", TESTS[test].app), port)
            server = Server(
                name, words, port, cwd=APPS, env=kit.env(words[0]), cpu=kit.server_cpu, log=kit.log(name)
            )
            try:
                running.append(stack.enter_context(server))
            except NotStarted as error:
                journal.add(test, name, round_, error=f"not started: {error}")
        for server in running:
            try:
                figures = measure(server, TESTS[test], seconds)
            except (RuntimeError, OSError) as error:
                figures = {"error": str(error)}
            journal.add(test, server.name, round_, **figures)


def command(kit: Kit, text: str, port: int) -> list[str]:
    """The words to start a server with; ngircd has its own file."""
    conf = kit.workdir / f"ngircd-{port}.conf"
    if "{conf}" in text:
        for old in kit.workdir.glob("ngircd-*.conf"):
            old.unlink()
        conf.write_text(NGIRCD.format(port=port))
    words = kit.command(text, port=port, conf=conf, peers=ROOT / "peers")
    unpacked = kit.unpacked("usr/sbin/ngircd")
    return [str(unpacked), *words[1:]] if words[0].endswith("ngircd") and unpacked.exists() else words


if __name__ == "__main__":
    main()
