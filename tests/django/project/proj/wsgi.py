"""The project's WSGI application, for ``runserver --noasgi``."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
