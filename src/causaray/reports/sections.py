"""The sections of a report: what stands under which heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from causaray.reports.linebreaks import with_line_breaks
from causaray.vocabulary import SPELLINGS, normalize

SECTIONS = ("examination", "history", "indication", "technique", "comparison", "findings", "impression")

_HEADINGS = {
    "examination": "examination, exam, study, procedure, exam type, type of examination, procedure comments",
    "history": "history, clinical history, clinical information, past medical history, patient history, hx, pmh",
    "indication": "indication, indications, reason for exam, reason for examination, reason for this examination, "
    "reason, clinical indication, clinical statement, clinical data",
    "technique": "technique, views, projection, wet read, number of views",
    "comparison": "comparison, comparisons, comparison study, comparison studies, prior studies, compared to",
    "findings": "findings, finding, observations, chest, chest findings, report, narrative, radiographic findings, "
    "frontal and lateral chest, portable chest, ap chest, pa and lateral chest, chest pa and lateral, chest x ray",
    "impression": "impression, impressions, conclusion, conclusions, summary, opinion, interpretation, assessment, "
    "conclusion and recommendation, final impression, diagnosis, recommendation, recommendations, recommendation s, "
    "end of impression, "
    "impression and recommendation, notification",
}
_SECTION_OF = {heading.strip(): name for name, text in _HEADINGS.items() for heading in text.split(",")}
_TELLING = {  # a heading that is not listed has the section of the first of these kinds that it has a word of
    "history": "clinical, clin, clinically, history, hx, pmh, pmhx, hpi, background, complaint, complaints, symptom, "
    "symptoms, presentation, presenting, referral, referrer, referring, request, requested, question, questions, "
    "query, admission, admitting, provisional, working, information, info, details, context, anamnesis, medication, "
    "medications, allergies",
    "indication": "indication, indications, reason",
    "comparison": "comparison, comparisons, previous, prior, priors, earlier, old",
    "technique": "technique, technical, projection, projections, views, exposure, quality, positioning, protocol",
    "findings": "findings, finding, report, observations, description, result, results, appearances, interpretation, "
    "radiograph, radiographs, radiography, cxr, xray, chest, thorax, pa, ap",
    "impression": "impression, conclusion, conclusions, opinion, summary, diagnosis, comment, comments, remarks, "
    "discussion",
}
_SECTION_WITH = {word.strip(): name for name, text in reversed(_TELLING.items()) for word in text.split(",")}
_NO_HEADING = frozenset(
    (
        "the",
        "a",
        "an",
        "to",
        "with",
        "is",
        "are",
        "was",
        "were",
        "there",
        "no",
        "not",
        "in",
        "since",
        "by",
        "has",
        "have",
    )
)
"""Words of sentences, which a heading has none of."""
_OF_THE_BODY = re.compile(
    r"\b(?:lungs?|heart|cardiac|pleurae?|pleural|bon[ey]s?|skeleton|ribs?|spine|mediastin(?:um|al)|hil(?:a|ar|um)"
    r"|vessels|vascularity|airways?|trachea|diaphragm|soft|abdomen|upper|lower|left|right|lines?|tubes?|devices?"
    r"|hardware|chest|thorax|zones|others?|note|addendum)\b"
)
"""Headings of what is seen, part by part."""
_LONGEST_LABEL = 4
_HEADING = re.compile(
    r"(?:^|(?<=\n)|(?<=[.;?]\s))[ \t]*[#*_]*(?P<name>[A-Za-z][A-Za-z'\u2019 \t\-_/()&]{0,60}?)[#*_]*"
    r"(?P<mark>\s*:[*_]*|[ \t]+[-\u2013\u2014](?=\s)|[ \t]*(?=\n|$))"
)


@dataclass(frozen=True)
class Section:
    """Characters [start, end) of a report, without the heading; `name` is one of SECTIONS, "" before any heading."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class _Head:
    """A heading: characters [start, end), and its section.

    `section` is "label" for the name of what is seen ("LUNGS:"), which belongs to the text, and None where the words
    tell nothing. A diagnosis is the radiologist's behind the findings, and the referrer's before them.
    """

    section: str | None
    start: int
    end: int
    is_diagnosis: bool = False


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a report in its order; text under no known heading is a section called "".

    What stands under a heading that tells nothing ("MEDICATION") is history before the first findings, and else goes
    on with what stands before it. Findings may begin with a label in place of a heading ("LUNGS:").
    """
    text = with_line_breaks(text)
    heads = list(_named([head for found in _HEADING.finditer(text) if (head := _head(text, found))]))
    starts = [0, *(head.end for head in heads)]
    ends = [*(head.start for head in heads), len(text)]
    names = ["", *(head.section or "" for head in heads)]
    found = (Section(name, start, end) for name, start, end in zip(names, starts, ends, strict=True))
    return tuple(section for section in found if text[section.start : section.end].strip())


def _named(heads: list[_Head]) -> Iterator[_Head]:
    """The headings that begin a section, each with the name of its section."""
    first_seen = next((i for i, head in enumerate(heads) if head.section in ("findings", "label")), 0)
    first_told = next((i for i, head in enumerate(heads) if head.section in ("findings", "label", "impression")), 0)
    current = ""
    for i, head in enumerate(heads):
        if head.section == "label":
            if current in ("", "findings", "impression"):
                continue
            head = _Head("findings", head.start, head.start)
        elif head.section is None and i >= first_told:
            continue
        elif head.section is None or (head.is_diagnosis and i < first_seen):
            head = replace(head, section="history")
        current = head.section or ""
        yield head


def _head(text: str, found: re.Match[str]) -> _Head | None:
    """The heading that a match of _HEADING is, None for words that are no heading."""
    name, mark = found["name"], found["mark"].strip()[:1]
    said = re.findall(r"[a-z]+", name.lower())
    listed = _SECTION_OF.get(" ".join(said))
    section = listed or _told_by(said)
    at_line = found.start() == 0 or text[found.start() - 1] == "\n"
    if section is None:
        label = _OF_THE_BODY.search(name.lower()) or any(normalize(word) in SPELLINGS for word in said)
        section = "label" if label and len(said) <= _LONGEST_LABEL else None
        is_head = mark == ":" and at_line and (section is not None or name.isupper())
    elif mark == ":":
        is_head = True
    elif mark:
        is_head = at_line and (listed is not None or section == "history")
    else:
        is_head = at_line and (name.isupper() or (listed is not None and name[0].isupper()))
    return _Head(section, found.start(), found.end(), "diagnosis" in said) if is_head else None


def _told_by(said: list[str]) -> str | None:
    """The section that the words of a heading tell; None where they are none, or a sentence's."""
    if len(said) > 6 or _NO_HEADING & set(said):
        return None
    kinds = {_SECTION_WITH[word] for word in said if word in _SECTION_WITH}
    return next((name for name in _TELLING if name in kinds), None)
