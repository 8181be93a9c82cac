"""What is served: the routing of the settings, and Django's views for requests that it does not want."""

import os

from interfaces.workers.routing import from_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat.settings")
application = from_settings()
