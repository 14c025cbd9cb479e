"""The text slot of the pathology prior, filled by words: a report as it is, or refined to findings (section 3.1).

The paper cleans reports down to lesion, severity and location before a text encoder reads them, for a diffusion model
drowns in the rest. Both texts can be read here, so that this can be measured; labels need neither.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from torch import Tensor

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.nets.words import WordList, words_of

LENGTH = 96
"""Most words of a text that are read."""
MOST = 512
_PART = re.compile(r"(?<=[.,])\s+|\n")


def parts(text: str) -> list[str]:
    """Sentences, clauses and sections of a text, each of which may be left out."""
    return [part for part in _PART.split(text) if part.strip()]


def vocabulary_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The MOST words that texts use most, in that order."""
    counts = Counter(word for text in texts for word in words_of(text))
    return tuple(word for word, _ in counts.most_common(MOST))


def tokens(texts: Sequence[str], vocabulary: Sequence[str]) -> Tensor:
    """Texts as rows (B, LENGTH) of word numbers from 2; 1 is a word not in the vocabulary, 0 no word."""
    return WordList(vocabulary, LENGTH).numbers(texts).float()


def asked_text(findings: Sequence[Finding], refined: bool) -> str:
    """A request as a model reads it that was trained on refined reports (canonical text) or raw ones (sentences)."""
    known = Findings(finding for finding in findings if finding.state != "uncertain")
    if refined:
        return known.to_text()
    from causaray.reports.paraphrase import in_words  # brings the cohorts and pandas, which few edits need

    return in_words(known)
