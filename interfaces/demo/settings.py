"""Django's settings for the demo.

``INTERFACES_DEMO_DB`` names the SQLite file (default: ``interfaces/demo.sqlite3`` in the user's state
directory), ``INTERFACES_DEMO_HOSTS`` the host names it answers to, with commas between (default: loopback).
"""

import os
import secrets
from pathlib import Path
from typing import Any

STATE = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
DATABASE = Path(os.environ.get("INTERFACES_DEMO_DB") or STATE / "interfaces" / "demo.sqlite3").absolute()

# Nothing outlives the process that this key signs: the demo has no sessions and no forms.
SECRET_KEY = secrets.token_urlsafe()
DEBUG = False
ALLOWED_HOSTS = (os.environ.get("INTERFACES_DEMO_HOSTS") or "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "interfaces.demo.urls"
ASGI_APPLICATION = "interfaces.demo.asgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "interfaces.demo"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "interfaces.demo.views.content_security_policy",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
]
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        "OPTIONS": {
            # A transaction that reads before it writes would fail, not wait, were it begun as a reader.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
