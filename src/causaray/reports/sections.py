"""The sections of a report: what stands under which heading."""

import re
from dataclasses import dataclass

from causaray.reports.linebreaks import with_line_breaks

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
    "radiograph, radiographs, radiography, cxr, xray",
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
_HEADING = re.compile(
    r"(?:^|(?<=\n)|(?<=[.;?]\s))[ \t]*[#*_]*(?P<name>[A-Za-z][A-Za-z'\u2019 \t\-_/()&]{0,60}?)[#*_]*"
    r"(?:\s*:[*_]*|[ \t]+[-\u2013\u2014](?=\s)|[ \t]*(?=\n|$))"
)


@dataclass(frozen=True)
class Section:
    """Characters [start, end) of a report, without the heading; `name` is one of SECTIONS, "" before any heading."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class _Head:
    """A heading: characters [start, end), and its section, None where its words tell none.

    A diagnosis is the radiologist's behind the findings, and the referrer's before them.
    """

    section: str | None
    start: int
    end: int
    is_diagnosis: bool = False


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a report in its order; text under no known heading is a section called "".

    What stands under a heading that tells nothing ("MEDICATION") is history before the first findings, and else goes
    on with what stands before it.
    """
    text = with_line_breaks(text)
    heads = [head for found in _HEADING.finditer(text) if (head := _head(text, found))]
    seen = next((i for i, head in enumerate(heads) if head.section == "findings"), 0)
    told = next((i for i, head in enumerate(heads) if head.section in ("findings", "impression")), 0)
    named = [
        ("history" if head.is_diagnosis and i < seen else head.section or "history", head)
        for i, head in enumerate(heads)
        if head.section or i < told
    ]
    starts = [0, *(head.end for _, head in named)]
    ends = [*(head.start for _, head in named), len(text)]
    names = ["", *(name for name, _ in named)]
    found = (Section(name, start, end) for name, start, end in zip(names, starts, ends, strict=True))
    return tuple(section for section in found if text[section.start : section.end].strip())


def _head(text: str, found: re.Match[str]) -> _Head | None:
    """The heading that a match of _HEADING is, None for words that are no heading."""
    said = re.findall(r"[a-z]+", found["name"].lower())
    section = _SECTION_OF.get(" ".join(said)) or _told_by(said)
    colon = ":" in found.group()
    line = found.start() == 0 or text[found.start() - 1] == "\n"
    if section is None:
        unknown = colon and line and found["name"].isupper() and not _OF_THE_BODY.search(found["name"].lower())
        return _Head(None, found.start(), found.end()) if unknown else None
    listed = " ".join(said) in _SECTION_OF
    dash = found.group().rstrip()[-1:] in "-\u2013\u2014"
    alone = line and (listed or section == "history" if dash else found["name"].isupper())
    return _Head(section, found.start(), found.end(), "diagnosis" in said) if colon or alone else None


def _told_by(said: list[str]) -> str | None:
    """The section that the words of a heading tell; None where they are none, or a sentence's."""
    if len(said) > 6 or _NO_HEADING & set(said):
        return None
    kinds = {_SECTION_WITH[word] for word in said if word in _SECTION_WITH}
    return next((name for name in _TELLING if name in kinds), None)
