"""What somebody wrote in an answer, without what they answer to. Pure.

Lines with ">" in front, and what stands above them ("On … wrote:"); all below the head of a message that Outlook puts
there; a signature behind "-- ", and the line of a telephone. In the languages of the tables below; what none of them
knows stays, so nothing is lost but a quote.
"""

import re

__all__ = ["reply_text"]

_ON = re.compile(
    r"""(?:>\s*)?(?:
      On\b.{6,300}\b(?:wrote|writes|said)
    | Am\b.{6,300}\bschrieb\b.{0,200}
    | Le\b.{6,300}\ba\s[ée]crit
    | El\b.{6,300}\bescribi[óo]\b.{0,200}
    | Op\b.{6,300}\b(?:schreef\b.{0,200}|geschreven)
    | Il\b.{6,300}\bha\s+scritto
    | Em\b.{6,300}\bescreveu
    | Den\b.{6,300}\b(?:skrev\b.{0,200})
    | \d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b.{0,300}<[^<>\s]+@[^<>\s]+>
    )\s?:""",
    re.VERBOSE,
)
"""How programs announce a quote. It has a date, so a digit."""
_WHO = re.compile(
    r".{1,200}\b(?:wrote|writes|schrieb(?:\s+am\b.{1,100})?|a\s[ée]crit|escribi[óo]|schreef|ha\s+scritto|escreveu|skrev)\s?:"
)
"""The same without a date: only in front of lines with ">"."""
_BEGINNING = re.compile(r"(?:>\s*)?(?:On|Am|Le|El|Op|Il|Em|Den|\d{4})\b")
_LINES_OF_ON = 4
_LONGEST_ON = 600

_ORIGINAL = re.compile(
    r"""[-_\s]{2,40}(?:
      Original\ (?:Message|Appointment) | Urspr(?:ü|ue)ngliche\ Nachricht | Message\ d'origine | Message\ original
    | Mensaje\ original | Oorspronkelijk\ bericht | Messaggio\ originale | Mensagem\ original
    | (?:Message\ d'origine|Original-Nachricht)
    )[-_\s]{2,40}""",
    re.VERBOSE | re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[-_\s]*(?:(?:Begin )?forwarded message|Weitergeleitete Nachricht|Message (?:transféré|transmis)|"
    r"Mensaje reenviado|Doorgestuurd bericht|Anfang der weitergeleiteten Nachricht)[-_:\s]*",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"\W{2,20}+.{0,100}\b(?:above this line|oberhalb dieser Zeile|au-dessus de cette ligne)\b", re.IGNORECASE
)
_FROM = re.compile(r"[*\s]{0,4}(?:From|Von|De|Van|Da|Från|Fra)\s?:\*?\s", re.IGNORECASE)
_SENT = re.compile(
    r"[*\s]{0,4}(?:Sent|Date|Gesendet|Datum|Envoy[ée](?:\sle)?|Enviado(?:\sel)?|Enviada\sem|Fecha|Verzonden|Inviato|Data|"
    r"Skickat|Sendt)\s?:\*?\s",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"[*\s]{0,4}(?:Subject|To|Betreff|An|Objet|À|Asunto|Para|Onderwerp|Aan|Oggetto|A|Assunto|Ämne|Till|Emne|Til)\s?:",
    re.IGNORECASE,
)
_HEAD = 7
"""Lines in which the head of a quoted message has to show itself."""
_RULE = re.compile(r"[_-]{8,}")
_MOBILE = re.compile(
    r"(?:Sent (?:from|via) |Get Outlook for |Von meinem .{1,60} gesendet|Gesendet (?:von|mit) |Envoyé (?:de|depuis) |"
    r"Enviado (?:desde|do) |Verstuurd vanaf |Verzonden (?:vanaf|met) |Inviato da |Télécharger Outlook|"
    r"Holen Sie sich Outlook|Skickat från ).{0,80}",
    re.IGNORECASE,
)
LONGEST_REPLY = 200_000
LINES_OF_REPLY = 5000
"""Characters and lines of a text that are looked at; what is behind them is left out."""


def reply_text(text: str) -> str:
    """What was written anew in ``text``, the text of an answer; "" when that is nothing."""
    lines = text[:LONGEST_REPLY].replace("\r\n", "\n").split("\n", LINES_OF_REPLY)[:LINES_OF_REPLY]
    lines = [line.rstrip() for line in lines]
    kept: list[str] = []
    at, signed = 0, False
    while at < len(lines):
        line = lines[at]
        if line.startswith(">"):
            signed, at = False, at + 1
            continue
        announced = _announced(lines, at)
        if announced:
            signed, at = False, at + announced
            if not _quote_follows(lines, at):
                break
        elif _ends(lines, at):
            break
        else:
            signed = signed or line == "--"
            if not signed:
                kept.append(line)
            at += 1
    return _tidy(kept)


def _announced(lines: list[str], at: int) -> int:
    """How many lines announce a quote here; 0 for none."""
    joined = ""
    begins = _BEGINNING.match(lines[at])
    for count, line in enumerate(lines[at : at + _LINES_OF_ON], 1):
        joined = f"{joined} {line}".strip()
        if not line or len(joined) > _LONGEST_ON:
            return 0
        if line.endswith(":"):
            if begins and _ON.fullmatch(joined) and any(char.isdigit() for char in joined):
                return count
            if count <= 2 and _quote_follows(lines, at + count) and _WHO.fullmatch(joined):
                return count
    return 0


def _quote_follows(lines: list[str], at: int) -> bool:
    """Whether the next line that is not empty has ">" in front."""
    for line in lines[at : at + 3]:
        if line:
            return line.startswith(">")
    return False


def _ends(lines: list[str], at: int) -> bool:
    """Whether all that follows is an older message."""
    line = lines[at]
    if not line:
        return False
    if _RULE.fullmatch(line):
        return at + 1 < len(lines) and _head(lines, at + 1 + (not lines[at + 1]))
    if _ORIGINAL.fullmatch(line) or _ABOVE.match(line):
        return True
    if not _head(lines, at):
        return False
    return not any(_FORWARDED.fullmatch(before) for before in lines[max(at - 3, 0) : at] if before)


def _head(lines: list[str], at: int) -> bool:
    """Whether the head of a message stands here, as Outlook writes it: From, Sent, and To or Subject."""
    if at >= len(lines) or not _FROM.match(f"{lines[at]} "):
        return False
    head = lines[at + 1 : at + _HEAD]
    return any(_SENT.match(f"{line} ") for line in head) and any(_SUBJECT.match(line) for line in head)


def _tidy(lines: list[str]) -> str:
    """Without empty lines around, and without the line that a telephone adds."""
    while lines and (not lines[-1] or _RULE.fullmatch(lines[-1]) or _MOBILE.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip("\n")
