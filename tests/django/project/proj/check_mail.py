"""Users who log in to the mail server. Run by test_project.py with Django's own runner."""

from django.contrib.auth.models import User
from django.test import TestCase

from interfaces.django.mail import authenticate


class LoginTests(TestCase):
    """Names and passwords."""

    def setUp(self):
        """One who may, and one who may no longer."""
        User.objects.create_user("ada", password="secret")
        User.objects.create_user("gone", password="secret", is_active=False)

    def test_an_active_user_with_the_right_password_may(self):
        """And nobody else."""
        assert authenticate("ada", "secret")
        for user, password in [
            ("ada", "wrong"),
            ("ada", ""),
            ("nobody", "secret"),
            ("gone", "secret"),
            ("", ""),
        ]:
            assert not authenticate(user, password)
