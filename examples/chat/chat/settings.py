"""Settings: no database; a channel layer, by which rooms are told what is said."""

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only")
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ASGI_APPLICATION = "chat.asgi.application"
ROOT_URLCONF = "chat.urls"
INSTALLED_APPS = ["interfaces.django", "django.contrib.auth", "django.contrib.contenttypes", "chat"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "interfaces.layers.opening.open_layer",
        "CONFIG": {"url": os.environ.get("LAYER", "embedded:chat")},
    }
}
