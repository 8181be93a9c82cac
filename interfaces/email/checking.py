"""What ``interfaces check`` looks at of mail: all that a start would refuse, and nothing is opened, made or taken."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.email.options import EmailOptions
from interfaces.email.service import Service
from interfaces.shared.errors import ConfigError

__all__ = ["check_files", "check_tls", "checked"]


def check_tls(options: EmailOptions, tls: Any) -> None:
    """ConfigError when TLS is asked for, and there is no certificate: ``tls`` is None."""
    if options.tls in ("required", "implicit") and tls is None:
        raise ConfigError(f"--email-tls {options.tls} needs a certificate: --tls-cert FILE")


def check_files(options: EmailOptions) -> None:
    """ConfigError when large messages have no folder to be put into."""
    folder = options.spool_folder
    if folder and not (Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise ConfigError(f"--email-spool-folder {folder}: this is no folder that we may write to")


async def checked(service: Service) -> None:
    """ConfigError for what the options of ``service`` ask for and cannot have."""
    options, layer = service.options, service.context.layer
    check_tls(options, service.context.listening.tls)
    check_files(options)
    if options.guarded:
        async with import_module("interfaces.email.policies.guard").guard(service):
            pass
    if options.dedupe == "shared":
        import_module("interfaces.email.elsewhere").hub_of(layer)
    if options.ack == "accepted":
        _check_spool("--email-spool", options.spool)
        if not options.spool:
            import_module("interfaces.email.accepted").layer_store(service)
    for name in options.providers:
        import_module("interfaces.email.webhooks.serving").provider(name, options)
    for folder in options.maildir:
        import_module("interfaces.email.maildir").check_box(folder)
    if options.send or layer is not None:
        import_module("interfaces.email.sending.sender").check(options, layer)
        _check_spool("--email-send-spool", options.send_spool)


def _check_spool(option: str, folder: str) -> None:
    """ConfigError for a spool that could not be made, or written."""
    if not folder:
        return
    there = next(
        path
        for path in (Path(folder, "0").absolute(), *Path(folder, "0").absolute().parents)
        if path.exists()
    )
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise ConfigError(f"{option} {folder}: {there} is no folder that we may write to")
