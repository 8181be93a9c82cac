"""SMPP: binds to SMSCs, and the SMSC that other systems bind to. What is pure of it stands beside ``wire_smpp``."""

from interfaces.sms.options import SmsOptions
from interfaces.sms.smpp.address import target_of
from interfaces.sms.smpp.admission import Admission
from interfaces.sms.smpp.binds import Binds, binds
from interfaces.sms.smpp.gateway import Gateway, gateway

__all__ = ["Binds", "Gateway", "binds", "check", "gateway"]


def check(options: SmsOptions) -> None:
    """ConfigError for what :func:`binds` and :func:`gateway` would refuse; nothing is opened."""
    for bind in options.binds:
        target_of(bind)
    if options.gateway_bind:
        Admission(options.gateway_auth)
