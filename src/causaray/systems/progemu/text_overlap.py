"""BLEU, METEOR and ROUGE-L of texts against one reference each: how alike the words are, whether or not they are true.

By the formulas of their papers, of words in lower case. METEOR is of the same words alone, without stems and synonyms.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from causaray.nets.words import words_of

Texts = Sequence[str]


def bleu(texts: Texts, references: Texts, longest: int = 3) -> float:
    """BLEU of a corpus with n-grams up to `longest` (Papineni et al. 2002), not smoothed: in [0, 1]."""
    pairs = [(words_of(one), words_of(other)) for one, other in zip(texts, references, strict=True)]
    precisions = []
    for n in range(1, longest + 1):
        same, said = 0, 0
        for one, other in pairs:
            mine, theirs = _ngrams(one, n), _ngrams(other, n)
            same, said = same + (mine & theirs).total(), said + mine.total()
        precisions.append(same / said if said else 0.0)
    if not all(precisions):
        return 0.0
    written, wanted = (sum(len(pair[i]) for pair in pairs) for i in (0, 1))
    return float(min(1.0, np.exp(1 - wanted / written)) * np.exp(np.mean(np.log(precisions))))


def rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence of words (Lin 2004)."""
    one, other = words_of(text), words_of(reference)
    row = [0] * (len(other) + 1)
    for word in one:
        above = row[:]
        for j, same in enumerate(other):
            row[j + 1] = above[j] + 1 if word == same else max(above[j + 1], row[j])
    return 2 * row[-1] / (len(one) + len(other)) if one or other else 1.0


def meteor(text: str, reference: str) -> float:
    """Harmonic mean of precision and recall of words, nine to one for recall, less up to a half for words that are
    scattered (Banerjee and Lavie 2005)."""
    one, other = words_of(text), words_of(reference)
    free = set(range(len(other)))
    matched: list[tuple[int, int]] = []
    for i, word in enumerate(one):
        places = [j for j in free if other[j] == word]
        if places:
            following = matched[-1][1] + 1 if matched else 0
            j = following if following in places else min(places)
            free.remove(j)
            matched.append((i, j))
    if not matched:
        return 0.0
    precision, recall = len(matched) / len(one), len(matched) / len(other)
    chunks = 1 + sum(b != (a[0] + 1, a[1] + 1) for a, b in pairwise(matched))
    return 10 * precision * recall / (recall + 9 * precision) * (1 - 0.5 * (chunks / len(matched)) ** 3)


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))
