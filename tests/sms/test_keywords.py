"""Words by which people leave a list, come back, or ask for help."""

import pytest

from interfaces.sms.keywords import WORDS, keyword


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("STOP", "STOP"), ("stop", "STOP"), (" Stop! ", "STOP"), ("STOP.", "STOP"), ("Stop  all", "STOP"),
        ("Arrêt", "STOP"), ("ARRET", "STOP"), ("СТОП", "STOP"), ("“stop”", "STOP"), ("start", "START"),
        ("Unstop", "START"), ("HELP?", "HELP"), ("Hilfe", "HELP"), ("stop by at six", None), ("please stop", None),
        ("", None), ("!", None), ("no", None), ("yes", None), ("stop" + " " * 60, None),
    ],
)  # fmt: skip
def test_a_keyword_is_all_that_a_message_says(text: str, found: str | None) -> None:
    """Whatever its case and the marks around it; in a sentence it is a word."""
    assert keyword(text) == found


def test_no_word_means_two_things() -> None:
    """Each is one keyword, and written as it is looked for."""
    words = [word for those in WORDS.values() for word in those]
    assert len(words) == len(set(words))
    assert all(keyword(word.upper()) == kind for kind, those in WORDS.items() for word in those)
