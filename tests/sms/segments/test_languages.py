"""The tables of national languages."""

import pytest

from interfaces.sms.segments.languages import ESCAPE, LANGUAGES, locking, single

FULL = {"turkish": 127, "portuguese": 127, "hindi": 127, "urdu": 127, "bengali": 114, "tamil": 102}


@pytest.mark.parametrize("name", LANGUAGES)
def test_is_a_table_of_septets(name: str) -> None:
    """Single characters at septets, none of them at the escape's."""
    for table in (locking(LANGUAGES[name]), single(LANGUAGES[name])):
        assert all(0 <= septet < 128 and len(one) == 1 for septet, one in table.items())
        assert ESCAPE not in table


@pytest.mark.parametrize("name", LANGUAGES)
def test_says_a_letter_once(name: str) -> None:
    """A character that stood twice in a table would be a slip of the pen; three signs do in the standard's own."""
    assert len(set(locking(LANGUAGES[name]).values())) == len(locking(LANGUAGES[name]))
    twice = len(single(LANGUAGES[name])) - len(set(single(LANGUAGES[name]).values()))
    assert twice == (2 if LANGUAGES[name] >= LANGUAGES["bengali"] else 0)


@pytest.mark.parametrize("name", LANGUAGES)
def test_keeps_what_all_telephones_share(name: str) -> None:
    """Digits and small letters where they always are; the extension's signs in every single shift table."""
    table = locking(LANGUAGES[name])
    assert "".join(table[septet] for septet in range(0x30, 0x3A)) == "0123456789"
    assert "".join(table[septet] for septet in range(0x61, 0x7B)) == "abcdefghijklmnopqrstuvwxyz"
    assert table[0x0A] + table[0x0D] + table[0x20] == "\n\r "
    assert single(0).items() <= single(LANGUAGES[name]).items()


@pytest.mark.parametrize(("name", "many"), FULL.items())
def test_is_as_full_as_the_standards(name: str, many: int) -> None:
    """How many septets have a character."""
    assert len(locking(LANGUAGES[name])) == many


@pytest.mark.parametrize(
    ("name", "septet", "one"),
    [
        ("turkish", 0x07, "\N{LATIN SMALL LETTER DOTLESS I}"),
        ("turkish", 0x40, "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
        ("portuguese", 0x5B, "\N{LATIN CAPITAL LETTER A WITH TILDE}"),
        ("portuguese", 0x7D, "`"),
        ("spanish", 0x09, "\N{LATIN CAPITAL LETTER C WITH CEDILLA}"),
        ("hindi", 0x05, "\N{DEVANAGARI LETTER I}"),
        ("kannada", 0x24, "\N{KANNADA LETTER DDA}"),
        ("urdu", 0x00, "\N{ARABIC LETTER ALEF}"),
    ],
)
def test_has_its_letters_where_they_belong(name: str, septet: int, one: str) -> None:
    """Some of each; Spanish has no locking table, and so the default."""
    assert locking(LANGUAGES[name])[septet] == one


@pytest.mark.parametrize(
    ("name", "septet", "one"),
    [
        ("turkish", 0x67, "\N{LATIN SMALL LETTER G WITH BREVE}"),
        ("spanish", 0x41, "\N{LATIN CAPITAL LETTER A WITH ACUTE}"),
        ("portuguese", 0x7F, "\N{LATIN SMALL LETTER A WITH CIRCUMFLEX}"),
        ("bengali", 0x1C, "\N{BENGALI DIGIT TWO}"),
        ("hindi", 0x1C, "\N{DEVANAGARI DIGIT ZERO}"),
        ("telugu", 0x65, "\N{EURO SIGN}"),
        ("urdu", 0x3F, "\N{ARABIC FULL STOP}"),
    ],
)
def test_has_its_signs_behind_an_escape(name: str, septet: int, one: str) -> None:
    """Some of each."""
    assert single(LANGUAGES[name])[septet] == one
