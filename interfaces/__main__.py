"""``python -m interfaces``: the command line."""

import sys
from pathlib import Path

__all__: list[str] = []

if not __package__:
    # Run as a file, this folder leads sys.path, and its `email` would hide the standard library's.
    sys.stderr.write("interfaces: run it as: python -m interfaces\n")
    sys.exit(2)

# `-m` puts the working directory in front of sys.path, where a project's `email.py` or `http/` would hide the
# standard library's from us. The application is found by --app-dir.
if __name__ == "__main__" and not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
    del sys.path[0]

from interfaces.cli import main

if __name__ == "__main__":
    sys.exit(main())
