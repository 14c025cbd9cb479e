"""A request in whatever words: the small language of prompts first, else sentences as reports say them."""

import re

from causaray.errors import BadInput, NoSuchPlace
from causaray.findings import Findings, parse_prompt
from causaray.reports.rules.engine import read_report
from causaray.reports.rules.items import items
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.rules.words import corrected
from causaray.vocabulary import normalize


def read_request(text: str) -> Findings:
    """What a prompt asks for: "moderate left effusion, no edema", or "There is fluid ..." in a report's sentences.

    Raises BadInput as `parse_prompt` does where neither can read every word: none is passed over, none corrected.
    """
    try:
        return parse_prompt(text)
    except NoSuchPlace:
        raise  # where a report is read leniently, a request is not
    except BadInput:
        found = read_report(text).findings
        if not len(found) or not all(_known(item.text, item.meanings) for item in items(text)) or _misspelt(text):
            raise
        return found


def _known(word: str, meanings: object) -> bool:
    return bool(meanings) or word in lexicon().words["plain"] or not word.isalpha()


def _misspelt(text: str) -> bool:
    said = (normalize(word) for word in re.findall("[a-z]+", text.lower()))
    return any(corrected(word) != word for word in said)
