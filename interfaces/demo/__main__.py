"""``python -m interfaces.demo [HOST:]PORT``: the demo without the command line of the package."""

import sys

from interfaces.demo.command import main

__all__: list[str] = []

if __name__ == "__main__":
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8000").rpartition(":")
    sys.exit(main(host.strip("[]") or "127.0.0.1", int(port)))
