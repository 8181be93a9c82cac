"""Texts as short messages: their alphabet, their parts, and their bytes. Pure.

Source: 3GPP TS 23.038 (alphabets), 23.040 section 9.2.3.24 (user data headers).
"""

from interfaces.sms.segments.coding import Alphabet, alphabet_of, decode, user_data
from interfaces.sms.segments.headers import Concatenation, concatenation, languages_of, parted
from interfaces.sms.segments.languages import LANGUAGES
from interfaces.sms.segments.septets import pack, unpack
from interfaces.sms.segments.splitting import MOST, Segments, segments
from interfaces.sms.segments.transliteration import transliterated

__all__ = [
    "LANGUAGES", "MOST", "Alphabet", "Concatenation", "Segments", "alphabet_of", "concatenation", "decode",
    "languages_of", "pack", "parted", "segments", "transliterated", "unpack", "user_data",
]  # fmt: skip
