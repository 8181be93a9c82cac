"""Pages."""

from django.urls import path
from django.views.generic import RedirectView

from chat.views import room

urlpatterns = [path("", RedirectView.as_view(url="/lobby/")), path("<slug:label>/", room)]
