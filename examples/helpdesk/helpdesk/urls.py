"""Paths of the pages; the log of mail is in the admin."""

from django.contrib import admin
from django.urls import path

from helpdesk import views

urlpatterns = [
    path("", views.tickets, name="tickets"),
    path("tickets/<int:number>/", views.ticket, name="ticket"),
    path("attachments/<int:number>/", views.attachment, name="attachment"),
    path("admin/", admin.site.urls),
]
