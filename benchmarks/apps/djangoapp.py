"""A Django project in one file: an asynchronous view behind the two middlewares that need no database."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]


async def hello(_request: HttpRequest) -> HttpResponse:
    """The 12 bytes of ``/``."""
    return HttpResponse(b"Hello World!", content_type="text/plain")


urlpatterns = [path("django", hello)]
settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="bench", ROOT_URLCONF=__name__, MIDDLEWARE=MIDDLEWARE)
application = get_asgi_application()
