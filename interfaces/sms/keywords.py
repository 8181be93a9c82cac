"""Words by which people leave a list, come back to it, or ask who this is. Pure.

Source: CTIA's Messaging Principles §5.1.3, and what Twilio, Telnyx and Vonage take as default, in the languages in use.
A message is one of these words alone, whatever its case and the marks around it: "Stop!" is, "stop by at six" is not.
"""

from typing import Literal

__all__ = ["WORDS", "Keyword", "keyword"]

Keyword = Literal["STOP", "START", "HELP"]
WORDS: dict[Keyword, tuple[str, ...]] = {
    "STOP": (
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "optout", "opt out", "revoke",
        "arret", "arrêt", "arreter", "arrêter", "desabonner", "désabonner", "abmelden", "stopp", "austragen",
        "baja", "alto", "parar", "cancelar", "sair", "annulla", "disiscrivimi", "afmelden", "avsluta", "stoppa",
        "frameld", "lopeta", "wypisz", "koniec", "стоп", "отписаться", "durdur", "iptal", "停止", "退订",
        "توقف", "إيقاف", "עצור", "หยุด",
    ),
    "START": (
        "start", "unstop", "subscribe", "optin", "opt in", "resume", "anmelden", "alta", "iniciar", "inscrever",
        "commencer", "reprendre", "inizia", "aanmelden", "старт", "開始", "订阅",
    ),
    "HELP": (
        "help", "info", "hilfe", "aide", "ayuda", "ajuda", "aiuto", "hjälp", "hjelp", "hjælp", "apua", "pomoc",
        "помощь", "yardım", "帮助", "مساعدة", "עזרה",
    ),
}  # fmt: skip
"""Each with its words, in lower case."""
LONGEST = 40
"""Characters of a message that can be one of them, with the marks around it."""
_MARKS = " \t\r\n.!?,;:'\"«»„“”‘’()[]*-–—。！？¡¿"


def _plain(text: str) -> str:
    """In lower case; the Turkish dotless i has another capital than it seems."""
    return text.casefold().replace("ı", "i")


_OF: dict[str, Keyword] = {_plain(word): kind for kind, words in WORDS.items() for word in words}


def keyword(text: str) -> Keyword | None:
    """Which of them ``text`` is."""
    if len(text) > LONGEST:
        return None
    return _OF.get(" ".join(_plain(text.strip(_MARKS)).split()))
