"""The Django side: put ``interfaces.django`` into INSTALLED_APPS, before ``django.contrib.staticfiles``.

It brings ``runserver`` on our own server, ``manage.py interfaces``, routers that say "not found", identities
for every protocol, and a live server for tests.
"""
