"""SMPP: binds to SMSCs, and the SMSC that other systems bind to. What is pure of it stands beside ``wire_smpp``."""

from interfaces.sms.smpp.binds import Binds, binds

__all__ = ["Binds", "binds"]
