"""The project's consumers as functions, as in 2016."""

import os
from pathlib import Path


def make(message):
    """Work in the background."""
    Path(os.environ["PROJ_NOTES"]).write_text(f"{message['n']}\n", encoding="ascii")


routes = {"thumbnails.make": make}
