"""``path("link/", include("interfaces.django.linking.urls"))``: the page that binds an account."""

from django.urls import path

from interfaces.django.linking.views import follow

__all__ = ["app_name", "urlpatterns"]

app_name = "interfaces_linking"
urlpatterns = [path("<str:token>/", follow, name="link")]
