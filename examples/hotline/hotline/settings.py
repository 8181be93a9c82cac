"""Settings: one database, one channel layer; the account at a provider is in INTERFACES_SMS_ACCOUNTS."""

import os
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only")
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ASGI_APPLICATION = "hotline.asgi.application"
ROOT_URLCONF = "hotline.urls"
INSTALLED_APPS = ["interfaces.django", "django.contrib.auth", "django.contrib.contenttypes", "hotline"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE / "hotline.sqlite3"),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/Zurich"

LAYER = os.environ.get("LAYER", "embedded:hotline")
CHANNEL_LAYERS = {"default": {"BACKEND": "interfaces.layers.opening.open_layer", "CONFIG": {"url": LAYER}}}

INTERFACES = {
    "layer": LAYER,  # what is sent here is taken there
    "sms": {"opt_out": "django:"},  # who has said STOP, for all processes, and in the admin
}
PHONE = "+41 44 555 66 77"
"""Who is to be called by those who are not known."""
