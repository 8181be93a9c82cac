"""interfaces.email.mime.replies: what is new in an answer, out of what programs put around it in several languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime.replies import LINES_OF_REPLY, LONGEST_REPLY, reply_text
from tests.email.mime.work import lines_run

NEW = "Thanks, that works.\n\nSee you on Monday!"
QUOTE = "> Does it work now?\n>\n> > It did not."
PLAIN_QUOTE = "Does it work now?\n\nBest regards"
DATES = [
    "On Mon, Jan 1, 2024 at 10:00\u202fAM Ann Bee <ann@x.example> wrote:",
    "On 1 January 2024, at 10:00, Ann wrote:",
    "On 2024-01-01 10:00, Ann Bee wrote:",
    "On Mon, Jan 1, 2024 at 10:00 AM Ann Bee <\nann@x.example> wrote:",
    "On Mon, Jan 1, 2024 at 10:00 AM\nAnn Bee\n<ann@x.example> wrote:",
    "On Mon 1. Jan 2024 Ann writes:",
    "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Ann Bee <ann@x.example>:",
    "Am 01.01.24 um 10:00 schrieb Ann:",
    "Am Montag, 1. Januar 2024 um 10:00:00 MEZ hat Ann folgendes geschrieben, schrieb Bob:",
    "Le lun. 1 janv. 2024 à 10:00, Ann Bee <ann@x.example> a écrit :",
    "Le 01/01/2024 à 10:00, Ann a écrit\xa0:",
    "El lun, 1 ene 2024 a las 10:00, Ann Bee (<ann@x.example>) escribió:",
    "Op ma 1 jan 2024 om 10:00 schreef Ann Bee <ann@x.example>:",
    "Op 1 jan. 2024 om 10:00 heeft Ann <ann@x.example> het volgende geschreven:",
    "Il giorno lun 1 gen 2024 alle ore 10:00 Ann <ann@x.example> ha scritto:",
    "Em seg., 1 de jan. de 2024 às 10:00, Ann <ann@x.example> escreveu:",
    "Den mån 1 jan. 2024 kl 10:00 skrev Ann <ann@x.example>:",
    "2024-01-01 10:00 GMT+01:00 Ann Bee <ann@x.example>:",
]
HEADS = [
    "From: Ann Bee <ann@x.example>\nSent: Monday, January 1, 2024 10:00 AM\nTo: Bob\nSubject: RE: it",
    "*From:* Ann Bee <ann@x.example>\n*Sent:* Monday, January 1, 2024\n*To:* Bob\n*Subject:* it",
    "From: Ann\nDate: Monday, 1 January 2024 at 10:00\nTo: Bob <bob@y.example>\nSubject: it",
    "Von: Ann Bee <ann@x.example>\nGesendet: Montag, 1. Januar 2024 10:00\nAn: Bob\nBetreff: AW: es",
    "Von: Ann\nDatum: Montag, 1. Januar 2024\nAn: Bob\nBetreff: es",
    "De : Ann Bee <ann@x.example>\nEnvoyé : lundi 1 janvier 2024 10:00\nÀ : Bob\nObjet : RE: ça",
    "De: Ann\nEnviado el: lunes, 1 de enero de 2024\nPara: Bob\nAsunto: RE: eso",
    "De: Ann\nEnviado: lunes, 1 de enero de 2024\nPara: Bob\nCC: Carl\nAsunto: eso",
    "Van: Ann Bee <ann@x.example>\nVerzonden: maandag 1 januari 2024 10:00\nAan: Bob\nOnderwerp: RE: dat",
    "Da: Ann\nInviato: lunedì 1 gennaio 2024\nA: Bob\nOggetto: R: quello",
]
RULES = [
    "-----Original Message-----",
    "----- Original Message -----",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Oorspronkelijk bericht-----",
    "##- Please type your reply above this line -##",
]


@pytest.mark.parametrize("announced", DATES)
@pytest.mark.parametrize("quote", [QUOTE, PLAIN_QUOTE])
def test_an_announced_quote_is_left_out(announced: str, quote: str) -> None:
    """With ">" in front of its lines and, as HTML becomes text, without; announced in up to three lines."""
    assert reply_text(f"{NEW}\n\n{announced}\n\n{quote}\n") == NEW
    assert (
        reply_text(f"{NEW}\r\n\r\n{announced}\r\n{quote}".replace("\n", "\r\n").replace("\r\r", "\r")) == NEW
    )


@pytest.mark.parametrize("announced", DATES)
def test_an_answer_below_its_quote_stays(announced: str) -> None:
    """And one between its parts."""
    assert reply_text(f"{announced}\n{QUOTE}\n\n{NEW}\n") == NEW
    assert reply_text(f"Hello\n\n{announced}\n> one\n\nyes\n\n> two\n\nno\n") == "Hello\n\n\nyes\n\n\nno"


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "_" * 32 + "\n\n", "-" * 20 + "\n"])
def test_what_is_below_the_head_of_a_message_is_left_out(head: str, rule: str) -> None:
    """As Outlook answers, with a rule above it or none."""
    assert reply_text(f"{NEW}\n\n{rule}{head}\n\n{PLAIN_QUOTE}\n") == NEW


@pytest.mark.parametrize("rule", RULES)
def test_what_is_below_a_rule_with_words_is_left_out(rule: str) -> None:
    """As older programs and ticket systems write it."""
    assert reply_text(f"{NEW}\n\n{rule}\n{PLAIN_QUOTE}\n") == NEW


@pytest.mark.parametrize(
    "who", ["Ann Bee wrote:", "Ann schrieb:", "Ann a écrit :", "ann@x.example escribió:", "Ann schreef:"]
)
def test_a_name_announces_a_quote_that_can_be_seen(who: str) -> None:
    """Without a date, it is taken for that only in front of lines with ">"."""
    assert reply_text(f"{who}\n{QUOTE}\n{NEW}") == NEW
    said = f"This is what {who}\nnothing at all.\n\n{NEW}"
    assert reply_text(said) == said


@pytest.mark.parametrize("signature", ["-- \nBob\n+1 555", "--\nBob", "-- \n\nBob\n\nBob Ltd."])
def test_a_signature_is_left_out(signature: str) -> None:
    """Also one above the quote, and none of what is below that."""
    assert reply_text(f"{NEW}\n\n{signature}\n") == NEW
    assert reply_text(f"{NEW}\n{signature}\n\n{DATES[0]}\n{QUOTE}\n") == NEW
    assert reply_text(f"{signature}\n\n{DATES[0]}\n{QUOTE}\n{NEW}") == NEW


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone", "Get Outlook for iOS", "Von meinem iPhone gesendet", "Gesendet mit der App",
        "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Verstuurd vanaf mijn iPhone", "Inviato da iPhone",
    ],
)  # fmt: skip
def test_the_line_of_a_telephone_is_left_out(line: str) -> None:
    """At the end of what is new, and nowhere else."""
    assert reply_text(f"{NEW}\n\n{line}\n\n{DATES[0]}\n{QUOTE}") == NEW
    assert reply_text(f"{line}\n\n{NEW}") == f"{line}\n\n{NEW}"


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        "On Monday we met, and he wrote: nothing.",
        "On the other hand\nit is 5:\n\na list",
        "From: where I stand\nit looks good",
        "From: Ann\nto Bob\nwith love",
        "a -- b\n---\nc",
        "Am Montag schrieb er mir:\nnichts",
        "We said:\n\n- one\n- two",
        "------ Forwarded message ------\nFrom: Ann <ann@x.example>\nDate: Mon, 1 Jan\nSubject: it\nTo: Bob\n\ntext",
        "Begin forwarded message:\n\nFrom: Ann\nDate: 1 January 2024\nTo: Bob\nSubject: it\n\nthe text",
    ],
)
def test_what_is_no_quote_stays(text: str) -> None:
    """Sentences that resemble one, rules, and what is forwarded, which is what the message is about."""
    assert reply_text(text) == text


def test_nothing_new_is_nothing() -> None:
    """A quote alone, a signature alone."""
    assert reply_text(f"{DATES[0]}\n{QUOTE}\n") == "" == reply_text("-- \nBob") == reply_text("")


def test_what_is_looked_at_is_bounded() -> None:
    """In characters, and in lines."""
    assert len(reply_text("x" * (2 * LONGEST_REPLY))) == LONGEST_REPLY
    assert reply_text("x\n" * (2 * LINES_OF_REPLY)).count("x") == LINES_OF_REPLY


@pytest.mark.parametrize(
    "piece",
    ["On 1:\n", "x wrote:\n", "From: a\n", "_" * 9 + "\n", "\n", "On\n", "> a\n\n", "On 1\nwrote:\n>\n"],
)
def test_twice_as_long_is_twice_the_work(piece: str) -> None:
    """No line is looked at again for all that come behind it."""
    half, whole = lines_run(lambda: reply_text(piece * 400)), lines_run(lambda: reply_text(piece * 800))
    assert whole <= 2.1 * half + 50


@given(st.text(st.sampled_from("On 1wrote:\n>-_ From Sent Subject a"), max_size=200))
def test_only_whole_lines_are_left_out(text: str) -> None:
    """Whatever the text is, each line of the result is one of it."""
    assert {*reply_text(text).split("\n")} <= {"", *(line.rstrip() for line in text.split("\n"))}
