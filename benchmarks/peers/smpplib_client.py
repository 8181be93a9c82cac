"""smpplib's client: smpplib_client.py PORT MODE COUNT PENDING. Prints its CPU a message.

It blocks, so submits go in rounds of PENDING, at most the SMSC's window of 1,000, whose responses and receipts are read
behind them; it answers each deliver_sm itself.
"""

import json
import logging
import resource
import sys
import time
from typing import Any

from smpplib.client import Client

PORT, MODE, COUNT, PENDING = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SEEN = {"n": 0}
WINDOW = min(1000, PENDING)


def heard(**_given: Any) -> None:
    """A message, or a receipt."""
    SEEN["n"] += 1


def main() -> dict[str, Any]:
    """Do what MODE says."""
    logging.disable(logging.CRITICAL)
    client = Client("127.0.0.1", PORT, timeout=60, allow_unknown_opt_params=True)
    client.set_message_received_handler(heard)
    client.connect()
    client.bind_transceiver(system_id="bench", password="secret")
    before = time.process_time()
    done = 0
    while SEEN["n"] < COUNT:
        if MODE == "submit" and SEEN["n"] >= done:
            for number in range(done, min(done + WINDOW, COUNT)):
                client.send_message(
                    source_addr_ton=1, source_addr_npi=1, source_addr="41445556677", dest_addr_ton=1, dest_addr_npi=1,
                    destination_addr=f"4179{number % 1000:07d}", short_message=b"hello", data_coding=0,
                    registered_delivery=True,
                )  # fmt: skip
            done = min(done + WINDOW, COUNT)
        client.read_once()
    spent = time.process_time() - before
    return {
        "cost": spent / COUNT * 1e6,
        "seen": SEEN["n"],
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(main()))
