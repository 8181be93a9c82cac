"""interfaces.django.admin, with mail of strangers. Run by test_admin.py."""

import html
import re
from email.message import EmailMessage

from django.contrib.auth.models import Permission, User
from django.test import TransactionTestCase
from django.utils import timezone

from interfaces.django.mail_limits import ADMIN_REPLAYED
from interfaces.django.mail_log import log_mail
from interfaces.django.models import MailContent, ReceivedMail, SentMail
from interfaces.django.retention import prune_mail
from interfaces.django.sent_mail import send
from proj.mailing import ADA, Accepts, deliver, message, saying

SCRIPT = "<script>alert(1)</script>"
LIST = "/admin/interfaces/receivedmail/"


def hostile():
    """A message that would like to be more than text."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["X-Field"] = (
        "eve@example.org",
        f"hi {SCRIPT}",
        f'"><img src=x {SCRIPT}',
    )
    mail.set_content(f"</pre></textarea>{SCRIPT}")
    page = f"<h1>Sale</h1>{SCRIPT}<img src='http://tracker.example/'><form action=/admin/><meta http-equiv=refresh>"
    mail.add_alternative(page, subtype="html")
    mail.add_attachment(SCRIPT.encode(), maintype="text", subtype="html", filename='a"><script>.html')
    mail.add_attachment(
        b"<svg onload=alert(1)>", maintype="image", subtype="svg+xml", filename="../../etc/x.svg"
    )
    return mail.as_bytes().replace(b"\n", b"\r\n")


class AdminTests(TransactionTestCase):
    """What who may see, and do."""

    def setUp(self):
        """A mail in the log, somebody who may look, and somebody who may all."""
        Accepts.seen.clear()
        self.raw = hostile()
        deliver(
            log_mail(saying({"type": "email.defer", "text": SCRIPT})),
            *message(ADA, raw=self.raw, subject=SCRIPT),
        )
        self.row = ReceivedMail.objects.get()
        self.page = f"{LIST}{self.row.pk}/change/"
        self.own = f"{LIST}{self.row.pk}/"
        User.objects.create_superuser("root")
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_receivedmail"))
        User.objects.create_user("clerk", is_staff=True)
        User.objects.create_user("user")

    def get(self, path, who="viewer"):
        """A page for a user; None for nobody."""
        self.client.logout()
        if who:
            self.client.force_login(User.objects.get(username=who))
        return self.client.get(path)

    def test_nothing_of_it_is_markup(self):
        """In the list and on its page, for header, text, subject, reply and the names of files."""
        for path in (LIST, self.page):
            shown = self.get(path).content.decode()
            assert "&lt;script&gt;" in shown
            assert "<script>alert" not in shown and "<img src=x" not in shown and "<svg onload" not in shown
        shown = html.unescape(self.get(self.page).content.decode())
        assert f"</pre></textarea>{SCRIPT}" in shown and f'"><img src=x {SCRIPT}' in shown

    def test_its_html_is_in_a_frame_that_may_do_nothing(self):
        """No scripts, forms, origin, pictures from elsewhere; and only our pages may frame it."""
        shown = self.get(self.page).content.decode()
        frame = re.search(r"<iframe ([^>]*)>", shown)[1]
        assert 'sandbox=""' in frame and "srcdoc" not in frame
        answer = self.get(re.search(r'src="([^"]+)"', frame)[1])
        assert "<h1>Sale</h1>" in answer.content.decode()
        policy = answer["Content-Security-Policy"].split("; ")
        assert (
            policy[0] == "sandbox" and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
        )
        assert not any(word in answer["Content-Security-Policy"] for word in ("allow-", "http", "*"))
        assert answer["X-Frame-Options"] == "SAMEORIGIN" and answer["X-Content-Type-Options"] == "nosniff"

    def test_files_are_files(self):
        """Whatever they are called and say that they are."""
        links = re.findall(r'<a href="([^"]+)" download>', self.get(self.page).content.decode())
        assert len(links) == 3
        names = []
        for link in links:
            answer = self.get(link)
            assert answer["Content-Type"] == "application/octet-stream"
            assert (
                answer["X-Content-Type-Options"] == "nosniff"
                and "sandbox" in answer["Content-Security-Policy"]
            )
            disposition = answer["Content-Disposition"]
            assert disposition.startswith("attachment;") and "/" not in disposition and ">" not in disposition
            names.append(b"".join(answer))
        assert names == [self.raw, SCRIPT.encode(), b"<svg onload=alert(1)>"]
        assert self.get(f"{self.own}attachments/2/").status_code == 404

    def test_who_may_see_it(self):
        """Staff with the permission; others log in, or are refused: each page by itself."""
        for path in (
            LIST,
            self.page,
            *(f"{self.own}{one}" for one in ("source/", "html/", "attachments/0/")),
        ):
            assert self.get(path).status_code == 200
            assert self.get(path, "clerk").status_code == 403
            assert self.get(path, "user").status_code == 302
            assert self.get(path, None).status_code == 302
        assert self.get(f"{LIST}999/html/").status_code == 404
        assert self.get(f"{LIST}add/", "root").status_code == 403

    def test_replay(self):
        """For those who may change; what is not kept says so, and so does what is too much."""
        words = {"action": "replay_mail", "_selected_action": [self.row.pk]}
        with self.settings(ASGI_APPLICATION="proj.check_admin.application"):
            self.get(LIST)
            self.client.post(LIST, words)
            assert Accepts.seen == []
            self.get(LIST, "root")
            said = self.client.post(LIST, words, follow=True).content.decode()
            assert "for ada@shop.example: accept" in said and Accepts.seen == [("pending", 2)]
            self.row.refresh_from_db()
            assert (self.row.state, self.row.attempts) == ("delivered", 2)
            MailContent.objects.all().delete()
            assert "is not kept" in self.client.post(LIST, words, follow=True).content.decode()
            for at in range(ADMIN_REPLAYED):
                deliver(log_mail(Accepts.as_asgi()), *message(f"n{at}@shop.example"))
            every = [*ReceivedMail.objects.values_list("pk", flat=True)]
            said = self.client.post(LIST, {**words, "_selected_action": every}, follow=True).content.decode()
            assert f"Only {ADMIN_REPLAYED} at once" in said

    def test_what_cannot_be_read(self):
        """Gone content, too many parts, and a message without HTML have a page, too."""
        deep = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\n" * 2000 + b"--b--\r\n"
        deliver(log_mail(Accepts.as_asgi()), *message("deep@shop.example", raw=deep))
        deliver(log_mail(Accepts.as_asgi()), *message("plain@shop.example"))
        MailContent.objects.filter(pk=self.row.content_id).delete()
        pages = [
            self.get(f"{LIST}{row.pk}/change/").content.decode()
            for row in ReceivedMail.objects.order_by("pk")
        ]
        assert "not kept" in pages[0] and "cannot be taken apart" in pages[1] and "how are you?" in pages[2]
        assert "<iframe" not in "".join(pages)

    def test_content_of_deleted_rows_goes(self):
        """With the next pruning."""
        self.get(LIST, "root")
        self.client.post(f"{self.own}delete/", {"post": "yes"})
        assert not ReceivedMail.objects.exists() and MailContent.objects.exists()
        prune_mail(timezone.now())
        assert not MailContent.objects.exists()

    def test_sent_mail(self):
        """Is text as well."""
        send({"to": ADA, "subject": SCRIPT, "text": SCRIPT})
        for path in (
            "/admin/interfaces/sentmail/",
            f"/admin/interfaces/sentmail/{SentMail.objects.get().pk}/change/",
        ):
            shown = self.get(path, "root").content.decode()
            assert "&lt;script&gt;alert" in shown and "<script>alert" not in shown


application = Accepts.as_asgi()
