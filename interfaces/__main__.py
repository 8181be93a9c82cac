"""``python -m interfaces``: the command line."""

import sys

__all__: list[str] = []

if not __package__:
    # Run as a file, this folder leads sys.path, and its `email` would hide the standard library's.
    sys.stderr.write("interfaces: run it as: python -m interfaces\n")
    sys.exit(2)

from interfaces.cli import main

if __name__ == "__main__":
    sys.exit(main())
