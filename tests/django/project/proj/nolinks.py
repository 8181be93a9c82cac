"""A URLconf without the page of links."""

urlpatterns = []
