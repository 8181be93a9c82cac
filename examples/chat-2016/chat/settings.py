"""Settings: CHANNEL_LAYERS as in 2016 names the layer and the routing."""

import os
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only")
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["chat"]
ROOT_URLCONF = "chat.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE / "chat.sqlite3"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

LAYER: dict[str, Any] = {"BACKEND": "interfaces.layers.local.LocalChannelLayer"}
if "REDIS_URL" in os.environ:
    LAYER = {
        "BACKEND": "interfaces.layers.redis.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
    }
CHANNEL_LAYERS = {"default": {**LAYER, "ROUTING": "chat.routing.channel_routing"}}
