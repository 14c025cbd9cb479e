"""The sections of a report: what stands under which heading."""

import re
from dataclasses import dataclass

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
_LONGEST_FIRST = sorted(_SECTION_OF, key=len, reverse=True)
_HEADING = re.compile(
    r"(?:^|(?<=\n)|(?<=[.;]\s))[ \t]*[#*_]*(?P<name>"
    + "|".join(heading.replace(" ", r"[ \t\-_/()&]+") for heading in _LONGEST_FIRST)
    + r")[#*_\s]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Section:
    """Characters [start, end) of a report, without the heading; `name` is one of SECTIONS, "" before any heading."""

    name: str
    start: int
    end: int


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a report in its order; text under no known heading is a section called ""."""
    heads = list(_HEADING.finditer(text))
    starts = [0, *(head.end() for head in heads)]
    ends = [*(head.start() for head in heads), len(text)]
    names = ["", *(_SECTION_OF[" ".join(re.findall(r"[a-z]+", head["name"].lower()))] for head in heads)]
    found = (Section(name, start, end) for name, start, end in zip(names, starts, ends, strict=True))
    return tuple(section for section in found if text[section.start : section.end].strip())
