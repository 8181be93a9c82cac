"""DKIM signatures on what is sent: by the keys of its author's domain, each of them."""

from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from typing import Protocol

from interfaces.email.headers import split
from interfaces.email.mime.addresses import addresses
from interfaces.email.mime.limits import MimeError
from interfaces.email.sending.outgoing import Outgoing

__all__ = ["Signer", "signer"]


class Signer(Protocol):
    """What is done to a message that is complete."""

    def __call__(self, mail: Outgoing, at: float, /) -> Outgoing:
        """The message, signed; ``at``: Unix seconds."""
        ...


def signer(keys: Iterable[str]) -> Signer | None:
    """Signs by ``keys``, each ``domain:selector:file``; None without any.

    A key is for mail of its domain and those below. ConfigError for one that cannot be read, and without the extra.
    """
    texts = [*keys]
    if not texts:
        return None
    signing = import_module("interfaces.email.auth.sign")
    found = [signing.Key.read(one) for one in texts]

    def signed(mail: Outgoing, at: float) -> Outgoing:
        domain = _author(mail.content)
        content = mail.content
        for key in found:
            if domain == key.domain or domain.endswith(f".{key.domain}"):
                content = signing.sign(content, key, at)
        return replace(mail, content=content)

    return signed


def _author(content: bytes) -> str:
    """The domain of the first author; "" when there is none."""
    try:
        boxes = addresses(split(content).first(b"from"))
    except MimeError:
        return ""
    return boxes[0].domain.lower() if boxes else ""
