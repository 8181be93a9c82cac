"""Print the table of one or more files written with --json.

python report.py FILE...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent / "lib")  # http.py here is not the stdlib's

from records import table  # noqa: E402


def main(names: list[str]) -> int:
    """One table a bench."""
    if not names:
        print(__doc__)
        return 2
    records = [json.loads(line) for name in names for line in Path(name).read_text().splitlines()]
    for machine in dict.fromkeys(json.dumps(r["machine"]) for r in records if "machine" in r):
        print(", ".join(f"{k} {v}" for k, v in json.loads(machine).items() if k != "date"))
        break
    for bench in dict.fromkeys(r["bench"] for r in records):
        print(f"\n### {bench}\n")
        chosen = [r for r in records if r["bench"] == bench]
        print(table(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
