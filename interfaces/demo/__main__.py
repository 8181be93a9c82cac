"""``python -m interfaces.demo [HOST:]PORT``: the demo without the command line of the package."""

import sys

from interfaces.demo.command import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
