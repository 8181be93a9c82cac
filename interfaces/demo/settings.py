"""Django's settings for the demo.

``INTERFACES_DEMO_STATE`` names the directory in which all is kept (default: ``interfaces/demo`` in the user's state
directory), ``INTERFACES_DEMO_HOSTS`` the host names it answers to, with commas between (default: loopback), and
``INTERFACES_DEMO_LAYER`` another channel layer than the private broker in that directory.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

_HOME = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
STATE = Path(os.environ.get("INTERFACES_DEMO_STATE") or _HOME / "interfaces" / "demo").absolute()
DATABASE = STATE / "desk.sqlite3"
LAYER = os.environ.get("INTERFACES_DEMO_LAYER") or f"embedded:{quote(str(STATE / 'broker'))}"

DESK_ADDRESS = "support@desk.example"
DESK_NUMBER = "+41445556677"
DESK_SLACK_CHANNEL = "C1"
DESK_IRC_NETWORK = "desk"

# Nothing outlives the process that this key signs: the demo has no sessions and no forms.
SECRET_KEY = secrets.token_urlsafe()
DEBUG = False
ALLOWED_HOSTS = (os.environ.get("INTERFACES_DEMO_HOSTS") or "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "interfaces.demo.urls"
ASGI_APPLICATION = "interfaces.demo.asgi.application"
INSTALLED_APPS = [
    "interfaces.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "interfaces.demo",
]
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
            "timeout": 20,  # seconds: of hundreds of mails at once each writes in its turn
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
CHANNEL_LAYERS = {"default": {"BACKEND": "interfaces.layers.opening.open_layer", "CONFIG": {"url": LAYER}}}
