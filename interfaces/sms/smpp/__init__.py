"""SMPP: binds to SMSCs, and the SMSC that other systems bind to. What is pure of it stands beside ``wire_smpp``."""

from interfaces.sms.smpp.binds import Binds, binds
from interfaces.sms.smpp.gateway import Gateway, gateway

__all__ = ["Binds", "Gateway", "binds", "gateway"]
