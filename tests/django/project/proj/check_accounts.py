"""interfaces.django.linking and accounts, in a project. Run by test_accounts.py."""

import re
import threading
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from interfaces.django import linking
from interfaces.django.accounts import unlink, user_of
from interfaces.django.models import Account, UsedLink
from interfaces.shared.errors import ConfigError

SITE = "https://site.example"
ADA = "T1/UADA"


def path_of(url):
    """Of an address, as the test client wants it."""
    assert url.startswith(f"{SITE}/link/")
    return url.removeprefix(SITE)


def link(account=ADA, **named):
    """The path of a link."""
    return path_of(linking.link_url("slack", account, site=SITE, **named))


class Pages(TestCase):
    """What the page shows and does."""

    def setUp(self):
        """Two users; the client is one of them, and its forms are checked."""
        self.ada, self.eve = User.objects.create_user("ada"), User.objects.create_user("eve")
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.ada)

    def confirm(self, path, client=None):
        """Look at the page, and press its button."""
        client = client or self.client
        shown = client.get(path)
        assert shown.status_code == 200, shown.content
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.content.decode())[1]
        return client.post(path, {"csrfmiddlewaretoken": token})

    def as_eve(self):
        """Another browser, of another user."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.eve)
        return client

    def test_a_link_binds(self):
        """The page says who is bound to whom, and the button does it."""
        path = link(label="Ada <b>Lovelace</b>")
        shown = self.client.get(path).content.decode()
        assert "T1/UADA (slack)" in shown and "<b>ada</b>" in shown
        assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in shown and "<b>Lovelace" not in shown
        before = timezone.now()
        done = self.confirm(path)
        assert done.status_code == 200 and "They are linked" in done.content.decode()
        row = Account.objects.get()
        assert (row.protocol, row.account, row.user, str(row)) == ("slack", ADA, self.ada, "slack T1/UADA")
        assert before <= row.verified_at <= timezone.now() and user_of("slack", ADA) == self.ada

    def test_a_get_changes_nothing(self):
        """Neither of a user nor of a program that follows links, such as Slack's own for its previews."""
        path = link()
        for method in (self.client.get, self.client.head, Client().get):
            assert method(path).status_code in (200, 302)
        assert not Account.objects.exists() and not UsedLink.objects.exists()
        assert self.client.put(path).status_code in (403, 405)

    def test_nobody_binds_without_logging_in(self):
        """The page leads to the login, and from there back to itself and nowhere else."""
        path = link()
        for method in ("get", "post"):
            answer = getattr(Client(), method)(path, {"next": "https://evil.example/"})
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/?next=/link/")
        assert not Account.objects.exists()

    def test_a_form_from_elsewhere_does_nothing(self):
        """A POST needs the token of the page, though the project has no middleware for that."""
        assert self.client.post(link()).status_code == 403
        assert not Account.objects.exists()

    def test_the_page_is_locked(self):
        """Nobody frames it, nothing is loaded, and no cache has it; whatever is asked, it leads nowhere else."""
        answer = self.client.get(link() + "?next=//evil.example")
        assert answer["X-Frame-Options"] == "DENY" and "no-store" in answer["Cache-Control"]
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "http" not in policy
        assert "evil" not in answer.content.decode()

    def test_a_link_binds_once(self):
        """Neither the same user nor another may follow it again, not even when it was unlinked meanwhile."""
        path = link()
        self.confirm(path)
        for freed in (False, True):
            for client in (self.client, self.as_eve()):
                answer = client.get(path)
                assert answer.status_code == 410 and "used already" in answer.content.decode()
            assert unlink("slack", ADA) is not freed
        with pytest.raises(linking.UsedUpLink):
            linking.bind(linking.read(path.split("/")[2]), self.eve)
        assert not Account.objects.exists() and user_of("slack", ADA) is None

    def test_an_old_link_is_refused(self):
        """After 15 minutes, or as long as was said."""
        long = link(max_age=1800)
        path, seconds = link(), linking.time.time()
        with patch.object(linking.time, "time", lambda: seconds + 899):
            assert self.client.get(path).status_code == 200
        with patch.object(linking.time, "time", lambda: seconds + 901):
            answer = self.client.get(path)
            assert answer.status_code == 410 and "too old" in answer.content.decode()
            assert self.client.get(long).status_code == 200
            with pytest.raises(linking.OldLink):
                linking.read(path.split("/")[2])

    def test_a_link_that_is_not_ours_is_refused(self):
        """Whether it was changed, signed for something else, or made up."""
        path = link()
        token = path.split("/")[2]
        other = signing.dumps(["slack", ADA, "", "n", 2_000_000_000])
        salted = signing.dumps(["slack"], salt="interfaces.django.linking")
        head, _, tail = token.partition(":")
        changed = head[:-1] + ("B" if head.endswith("A") else "A")
        for wrong in (f"{changed}:{tail}", f"{token}x", other, salted, "x", "é:x:y"):
            answer = self.client.get(f"/link/{wrong}/")
            assert answer.status_code == 400 and "no link of ours" in answer.content.decode(), wrong
        with override_settings(SECRET_KEY="another"), pytest.raises(linking.BadLink):
            linking.read(token)
        assert not Account.objects.exists()

    def test_an_account_of_another_user_is_refused(self):
        """It says so, and who has it keeps it; once it is unlinked the same link works."""
        Account.objects.create(protocol="slack", account=ADA, user=self.eve)
        path = link()
        answer = self.client.get(path)
        assert answer.status_code == 409 and "another user" in answer.content.decode()
        assert "eve" not in answer.content.decode()
        with pytest.raises(linking.TakenLink):
            linking.bind(linking.read(path.split("/")[2]), self.ada)
        assert not UsedLink.objects.exists() and user_of("slack", ADA) == self.eve
        assert unlink("slack", ADA) and not unlink("slack", ADA)
        assert self.confirm(path).status_code == 200 and user_of("slack", ADA) == self.ada

    def test_the_own_account_may_be_linked_again(self):
        """That it is theirs is known anew, also where the staff had said so."""
        Account.objects.create(protocol="slack", account=ADA, user=self.ada)
        assert self.confirm(link()).status_code == 200
        assert Account.objects.get().verified_at is not None

    def test_who_was_slower_is_refused(self):
        """Two links of one account, and two users who saw both pages before either has confirmed."""
        eve, token = self.as_eve(), re.compile(r'value="(\w+)"')
        pages = [(self.client, link()), (eve, link())]
        tokens = [token.search(client.get(path).content.decode())[1] for client, path in pages]
        answers = [
            client.post(path, {"csrfmiddlewaretoken": one}).status_code
            for (client, path), one in zip(pages, tokens, strict=True)
        ]
        assert answers == [200, 409] and user_of("slack", ADA) == self.ada

    def test_used_links_go_when_their_time_is_over(self):
        """The table does not grow: each that is used takes along those that are too old anyway."""
        UsedLink.objects.create(nonce="old", expires_at=timezone.now() - timedelta(hours=2))
        UsedLink.objects.create(nonce="young", expires_at=timezone.now() - timedelta(seconds=60))
        self.confirm(link())
        assert UsedLink.objects.filter(nonce="young").exists() and UsedLink.objects.count() == 2
        assert str(UsedLink(nonce="young")) == "young"

    def test_a_template_of_the_project_is_used(self):
        """In place of ours, with the same words."""
        page = "{{ state }} {{ link.account }} {{ user.username }} {% csrf_token %}"
        loaders = [("django.template.loaders.locmem.Loader", {"interfaces/link.html": page})]
        engine = {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": loaders},
        }
        with override_settings(TEMPLATES=[engine]):
            shown = self.client.get(link()).content.decode()
        assert shown.startswith(f"ask {ADA} ada <input")


class Links(TestCase):
    """What makes a link."""

    def test_where_it_leads(self):
        """To the setting's site, unless told; every link is another, and none says the account in the clear."""
        with override_settings(INTERFACES={"SITE": "https://here.example/"}):
            url = linking.link_url("slack", ADA)
            assert url.startswith("https://here.example/link/") and url != linking.link_url("slack", ADA)
            assert linking.link_url("slack", ADA, site=SITE).startswith(f"{SITE}/link/")
        with override_settings(ROOT_URLCONF="proj.nolinks"), pytest.raises(ConfigError, match="URLconf"):
            linking.link_url("slack", ADA, site=SITE)
        for site in ({}, {"SITE": "here.example"}, {"SITE": 1}):
            with override_settings(INTERFACES=site), pytest.raises(ConfigError, match="SITE"):
                linking.link_url("slack", ADA)

    def test_what_it_says(self):
        """All that was said, no longer than it may be."""
        found = linking.read(link(label="x" * 300, max_age=60).split("/")[2])
        assert (found.protocol, found.account, len(found.label)) == ("slack", ADA, linking.LABEL)
        assert 0 < found.expires - linking.time.time() <= 60

    def test_what_cannot_be_bound_is_no_link(self):
        """An account that no row could hold, and a link that would last for ever."""
        for protocol, account in (("slack", ""), ("", "a"), ("slack", "a" * 256), ("p" * 21, "a")):
            with pytest.raises(ValueError):
                linking.link_url(protocol, account, site=SITE)
        for seconds in (0, -1, linking.LONGEST + 1, float("nan")):
            with pytest.raises(ValueError):
                linking.link_url("slack", ADA, site=SITE, max_age=seconds)

    def test_an_account_is_of_one_user(self):
        """The database says so, whoever writes."""
        ada, eve = User.objects.create_user("ada"), User.objects.create_user("eve")
        Account.objects.create(protocol="slack", account=ADA, user=ada)
        Account.objects.create(protocol="irc", account=ADA, user=eve)
        with pytest.raises(IntegrityError):
            Account.objects.create(protocol="slack", account=ADA, user=eve)

    def test_the_migrations_say_what_the_models_say(self):
        """Nothing is left for makemigrations."""
        call_command("makemigrations", "interfaces", check=True, dry_run=True, verbosity=0)


class Race(TransactionTestCase):
    """Two at the same time, in threads with connections of their own."""

    def together(self, links):
        """What each of two users hears who binds at the same time."""
        users = [User.objects.create_user(name) for name in ("ada", "eve")]
        begin, heard = threading.Barrier(2), []

        def run(link, user):
            try:
                begin.wait(5)
                for _ in range(200):
                    try:
                        heard.append(linking.bind(link, user).user_id)
                        break
                    except linking.LinkError as error:
                        heard.append(type(error))
                        break
                    except Exception as error:
                        if "locked" not in str(error):
                            raise
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=one) for one in zip(links, users, strict=True)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(20)
        owner = Account.objects.get().user_id
        assert owner in heard and len(heard) == 2
        heard.remove(owner)
        return heard[0]

    def test_one_link_and_two_users(self):
        """One has it; to the other the link is used, or the account taken."""
        found = linking.read(link().split("/")[2])
        assert self.together([found, found]) in (linking.UsedUpLink, linking.TakenLink)

    def test_two_links_and_two_users(self):
        """One has the account, the other hears that it is taken."""
        links = [linking.read(link().split("/")[2]) for _ in range(2)]
        assert self.together(links) is linking.TakenLink
        assert UsedLink.objects.count() == 1


class Admin(TestCase):
    """The staff."""

    def test_the_staff_unbinds(self):
        """Who may delete sees and deletes; nobody turns an account into another user's."""
        ada, staff = User.objects.create_user("ada"), User.objects.create_user("staff", is_staff=True)
        row = Account.objects.create(protocol="slack", account=ADA, user=ada)
        page = f"/admin/interfaces/account/{row.pk}/"
        self.client.force_login(staff)
        assert self.client.get(f"{page}change/").status_code == 403
        for name in ("view", "change", "delete"):
            staff.user_permissions.add(Permission.objects.get(codename=f"{name}_account"))
        assert ADA in self.client.get("/admin/interfaces/account/").content.decode()
        self.client.post(f"{page}change/", {"protocol": "slack", "account": ADA, "user": staff.pk})
        assert Account.objects.get().user == ada
        self.client.post(f"{page}delete/", {"post": "yes"})
        assert not Account.objects.exists()
