"""What a word is, to the catalogue's full-text index and to those who search it.

Titles and searches go through the same few steps, so that spelling, accents and punctuation do not keep
them apart.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+")
_DIGITS_WITHIN = re.compile(r"[^\W\d]\d+[^\W\d]")
_APOSTROPHES = re.compile("['’‘`ʼ]")
_LETTERLIKE = str.maketrans("013457", "oieasv")
_UNFOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_ARTICLES = frozenset({"a", "an", "the"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def searchable_words(text: str) -> list[str]:
    """The words of a text as the index knows them: lower case, without diacritics or apostrophes.

    >>> searchable_words("Amélie’s *Spider-Man*")
    ['amelies', 'spider', 'man']
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_UNFOLDED))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _WORD.findall(_APOSTROPHES.sub("", bare))


def joined_words(words: Sequence[str]) -> list[str]:
    """Other ways to write a title: neighbouring words as one, all as one, digits read as letters."""
    joined = [first + second for first, second in pairwise(words)]
    if len(words) > 2:
        joined.append("".join(words))
    return joined + [plain for word in words if (plain := _without_digits(word)) != word]


def title_key(title: str) -> str:
    """The title's words without a leading article, to tell when a text names the whole title."""
    words = searchable_words(title)
    return " ".join(words[1:] if len(words) > 1 and words[0] in _ARTICLES else words)


def _without_digits(word: str) -> str:
    """“se7en” is “seven”, but “2001” and “1984” stay what they are."""
    return word.translate(_LETTERLIKE) if _DIGITS_WITHIN.search(word) else word


def expression(words: Sequence[str]) -> str:
    """The FTS5 query for one or more words: all of them, or the same with two neighbours as one word.

    The last word may be the beginning of one. The words are letters and digits only, so quotes make any
    of them safe.
    """
    joined = [[*words[:at], words[at] + words[at + 1], *words[at + 2 :]] for at in range(len(words) - 1)]
    return " OR ".join(f"({_all_of(way)})" for way in (list(words), *joined))


def one_slip_away(word: str) -> set[str]:
    """What the word is with a letter left out, changed or added, or with two neighbours swapped."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in splits if right),
        *(left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1),
        *(left + letter + right[1:] for left, right in splits if right for letter in _LETTERS),
        *(left + letter + right for left, right in splits for letter in _LETTERS),
    }


def _all_of(words: Sequence[str]) -> str:
    spellings = [dict.fromkeys((word, _without_digits(word))) for word in words]
    parts = [" OR ".join(f'"{spelling}"' for spelling in one) for one in spellings[:-1]]
    parts.append(" OR ".join(f'"{spelling}"*' for spelling in spellings[-1]))
    return " AND ".join(f"({part})" for part in parts)
