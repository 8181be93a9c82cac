"""Two addresses."""

from django.urls import path

from opsbot import views

urlpatterns = [path("", views.deployments), path("deployments/<int:number>/finished/", views.finished)]
