"""What French and Spanish words are compared by: letters without accents, words without endings."""

import unicodedata


def folded(text: str) -> str:
    """Lower case without accents, hyphens as spaces, ligatures as two letters."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae").replace("-", " "))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def without_endings(word: str, endings: tuple[str, ...], least: int) -> str:
    """A word without any of `endings` at its end, as often as one is there, of which `least` letters stay."""
    while word.endswith(endings) and len(word) > least:
        word = word[:-1]
    return word
