"""A small project with everything that interfaces.django touches."""

import json
import os

SECRET_KEY = "for tests"
DEBUG = os.environ.get("PROJ_DEBUG", "1") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "[::1]"]
ROOT_URLCONF = "proj.urls"
ASGI_APPLICATION = os.environ.get("PROJ_APPLICATION", "proj.asgi.application")
WSGI_APPLICATION = "proj.wsgi.application"
INSTALLED_APPS = [
    "interfaces.django",
    "django.contrib.staticfiles",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "proj",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
if os.environ.get("PROJ_ADMIN"):
    INSTALLED_APPS += ["django.contrib.admin", "django.contrib.messages"]
    MIDDLEWARE += [
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    PROCESSORS = ["template.context_processors.request", "contrib.auth.context_processors.auth",
                  "contrib.messages.context_processors.messages"]  # fmt: skip
    TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [f"django.{name}" for name in PROCESSORS]},
        }
    ]
STATIC_URL = "/static/"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PROJ_DB", ":memory:"),
        "TEST": {"NAME": os.environ.get("PROJ_TEST_DB")},
    }
}
if os.environ.get("PROJ_POSTGRES"):
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PROJ_POSTGRES"],
        "USER": "postgres",
        "NAME": "postgres",
    }
if os.environ.get("PROJ_OTHER"):
    DATABASES["other"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["PROJ_OTHER"],
        "TEST": {"NAME": os.environ["PROJ_OTHER"]},
    }
CHANNEL_LAYERS = {
    "default": json.loads(os.environ.get("PROJ_LAYER", '{"BACKEND": "channels.layers.InMemoryChannelLayer"}'))
}
QUEUES = ["default", "mail"]
BACKEND = {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"} | json.loads(
    os.environ.get("PROJ_TASKS", "{}")
)
TASKS = {"default": {"QUEUES": QUEUES, **BACKEND}}
INTERFACES = json.loads(os.environ.get("PROJ_INTERFACES", '{"http": {"max_body": 1000}}'))
