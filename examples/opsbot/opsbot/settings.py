"""Settings: one database, one channel layer, and the tokens of the app at Slack."""

import os
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only")
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ASGI_APPLICATION = "opsbot.asgi.application"
ROOT_URLCONF = "opsbot.urls"
INSTALLED_APPS = ["interfaces.django", "django.contrib.auth", "django.contrib.contenttypes", "opsbot"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE / "opsbot.sqlite3"),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

LAYER = os.environ.get("LAYER", "embedded:opsbot")
CHANNEL_LAYERS = {"default": {"BACKEND": "interfaces.layers.opening.open_layer", "CONFIG": {"url": LAYER}}}

INTERFACES = {
    "layer": LAYER,  # what is sent here is taken there
    "slack": {
        name: os.environ[f"SLACK_{name.upper()}"]
        for name in ("app_token", "bot_token", "signing_secret")
        if f"SLACK_{name.upper()}" in os.environ
    },
}
DEPLOY_KEY = os.environ.get("DEPLOY_KEY", "for this example only")
"""What the pipeline says in X-Deploy-Key when a deployment is finished."""
