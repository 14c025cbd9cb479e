"""The small language of prompts: words become clauses, with one Finding in each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from causaray.errors import BadInput, UnknownWord
from causaray.finding import Finding
from causaray.vocabulary import AMBIGUOUS, LOCATIONS, SPELLINGS, advice, listed, normalize

Fields = dict[str, str]

_FILLER = listed(
    "a, an, the, this, that, these, some, any, of, in, at, on, to, for, is, are, be, has, have, it, its, there, s, i, "
    "patient, person, radiograph, xray, cxr, image, film, evidence, sign, present, seen, visible, noted, "
    "add, show, showing, make, give, now, same, side, sided, please"
)
_SUPPORTING = listed("lung, chest, hemithorax, x ray")  # no meaning alone, but part of longer phrases: "lung mass"
_JOINERS = {
    ",": [",", "&", "+", "and"],
    ";": [";", ":", ".", "with", "plus", "but", "also", "however"],
    "or": ["or", "nor"],
}
_NEGATIONS = listed("no, without, neither, remove, removed, minus")  # each begins a clause: "edema without effusion"

_ATTRIBUTES = {
    "severity": {
        "mild": "mild, mildly, small, sm, minimal, minimally, slight, slightly, trace, tiny, minor, subtle",
        "moderate": "moderate, mod, moderately, medium, moderate sized",
        "severe": "severe, severely, large, lg, massive, marked, markedly, extensive, gross, huge",
    },
    "side": {
        "left": "left, l, lt",
        "right": "right, r, rt",
        "bilateral": "bilateral, bilat, bilaterally, both, left and right, right and left",
    },
    "state": {
        "absent": "absent, not, negative, resolved",
        "uncertain": "possible, possibly, probable, probably, likely, suspected, questionable, maybe, perhaps, "
        "uncertain, equivocal, query, ?",
    },
    "location": {
        "middle lobe": "mid lobe",
        "upper zone": "upper lung, upper lung zone, upper lung field",
        "middle zone": "mid zone, midzone, mid lung, middle lung, mid lung zone, middle lung zone",
        "lower zone": "lower lung, lower lung zone, lower lung field",
        "basal": "base, basilar, lung base",
        "apical": "apex, apices, lung apex",
        "perihilar": "parahilar",
        "diffuse": "diffusely, widespread",
    },
}
_PLACES = {
    "bibasal": ("bilateral", "basal"),
    "bibasilar": ("bilateral", "basal"),
    "biapical": ("bilateral", "apical"),
    **{f"{side[0]}{place[0]}l": (side, place) for side in ("left", "right") for place in LOCATIONS[:3]},
    **{
        f"{level} {side} {part}": (side, f"{level} {part}")
        for side in ("left", "right")
        for level, part in (place.split() for place in LOCATIONS[:6])
    },
}


def _lexicon() -> dict[str, Fields]:
    """What each normalized phrase gives to its clause."""
    lexicon: dict[str, Fields] = {phrase: {} for phrase in (*_SUPPORTING, *AMBIGUOUS)}
    lexicon |= {place: {"location": place} for place in LOCATIONS}
    for attribute, values in _ATTRIBUTES.items():
        for value, phrases in values.items():
            lexicon |= {phrase: {attribute: value} for phrase in listed(phrases)}
    lexicon |= {phrase: {"side": side, "location": place} for phrase, (side, place) in _PLACES.items()}
    lexicon |= {word: {"joiner": joiner} for joiner, words in _JOINERS.items() for word in words}
    lexicon |= {word: {"state": "absent"} for word in _NEGATIONS}
    lexicon |= {phrase: {"name": name} for phrase, name in SPELLINGS.items()}
    return lexicon | {"abnormal": {"name": "No Finding", "state": "absent"}}


_LEXICON = _lexicon()
_LONGEST = max(len(phrase.split()) for phrase in _LEXICON)
_SHORT = {
    "and/or": "or",
    "w/o": "without",
    "w/": "with ",
    **dict.fromkeys(("b/l", "r/l", "l/r"), "bilateral"),
    **{f"{side}.": f"{side} " for side in (" l", " r", " lt", " rt")},
}
_RANGES = {
    "moderate": r"\b(?:mild|small)(?: to |-to-|-)moderate\b",
    "severe": r"\bmoderate(?: to |-to-|-)(?:severe|large)\b",
}
"""Severities between two, which are the higher one."""


@dataclass
class _Clause:
    joiner: str  # what stands before it, a key of _JOINERS
    words: list[str] = field(default_factory=list)
    fields: Fields = field(default_factory=dict)

    def add(self, phrase: str, fields: Fields) -> None:
        self.words.append(phrase)
        for key, value in fields.items():
            if key in self.fields:
                what = "finding" if key == "name" else key
                hint = 'say one of each, with a comma or "and" between findings'
                raise BadInput(f'"{" ".join(self.words)}" in the prompt has more than one {what}; {hint}.')
            self.fields[key] = value


def read_prompt(text: str) -> list[Finding]:
    """The findings that `text` names, in its order; whether they agree is for Findings to say.

    Raises UnknownWord for an unknown word, whatever else is wrong; BadInput for an empty prompt, a clause without a
    finding or with two, and where "no" or "or" can be read in two ways.
    """
    clauses = [clause for clause in _clauses(text) if clause.fields]
    if not clauses:
        raise BadInput(f'The prompt "{text.strip()}" names no finding; write one, as in "moderate left effusion".')
    for clause in clauses:
        if "name" not in clause.fields:
            hint = 'keep its words together, as in "moderate left pleural effusion"'
            raise BadInput(f'"{" ".join(clause.words)}" stands in the prompt without a finding; {hint}.')
    _carry_states(clauses)
    return [Finding(**clause.fields) for clause in clauses]


def _clauses(text: str) -> list[_Clause]:
    clauses = [_Clause(";")]
    for phrase, fields in _phrases(text):
        joiner = fields.get("joiner")
        begins_anew = joiner or (phrase in _NEGATIONS and "name" in clauses[-1].fields)
        if begins_anew and clauses[-1].fields:
            clauses.append(_Clause(joiner or ";"))
        elif joiner and joiner != ",":  # of ", or" and ", but" the word counts
            clauses[-1].joiner = joiner
        if not joiner:
            clauses[-1].add(phrase, fields)
    return clauses


def _phrases(text: str) -> list[tuple[str, Fields]]:
    """`text` as the longest phrases of the lexicon, each with its meaning.

    Raises UnknownWord for the first words that it has not; where there are none, BadInput for a phrase that may mean
    several things.
    """
    phrases = list(_cut(_words(text)))
    for phrase in phrases:
        if normalize(phrase) not in _LEXICON:
            raise UnknownWord(_unknown(phrase))
    for phrase in phrases:
        if normalize(phrase) in AMBIGUOUS:
            raise BadInput(_unknown(phrase))
    return [(phrase, _LEXICON[normalize(phrase)]) for phrase in phrases]


def _cut(words: list[str]) -> Iterator[str]:
    """The longest phrases of the lexicon, and the words between them together."""
    start = 0
    while start < len(words):
        end = start + _match(words, start)
        if end == start:
            end = next((i for i in range(start + 1, len(words)) if _match(words, i)), len(words))
        yield " ".join(words[start:end])
        start = end


def _words(text: str) -> list[str]:
    text = " " + text.casefold().replace("\n", ";")
    for severity, between in _RANGES.items():
        text = re.sub(between, severity, text)
    for short, long in _SHORT.items():
        text = text.replace(short, long)
    text = re.sub(r"\(([^()]*)\)", lambda found: found[1].replace(",", " ").join("  "), text)
    words = re.findall(r"""[^\W_]+|[^\w\s()"'-]""", text)
    return [word for word in words if normalize(word) not in _FILLER]


def _match(words: list[str], start: int) -> int:
    """How many words from `start` make the longest known phrase; 0 when none does."""
    sizes = range(min(_LONGEST, len(words) - start), 0, -1)
    return next((size for size in sizes if normalize(" ".join(words[start : start + size])) in _LEXICON), 0)


def _unknown(words: str) -> str:
    known = {phrase: fields.get("name", phrase) for phrase, fields in _LEXICON.items() if fields}
    return f'Unknown word{"s" if " " in words else ""} "{words}" in the prompt; {advice(words, known)}'


def _carry_states(clauses: list[_Clause]) -> None:
    """Give each clause its state: "no A or B" and "no A, B or C" deny all; refuse where a reader would wonder."""
    carries = False
    carried: list[bool] = []
    for clause in reversed(clauses):
        carries = "state" not in clause.fields and (clause.joiner == "or" or (clause.joiner == "," and carries))
        carried.insert(0, carries)
    state = "present"
    for clause, carries in zip(clauses, carried, strict=True):
        if state == "absent" and clause.joiner == "," and not carries and _is_bare(clause):
            hint = 'write "no" before each finding that is absent, and what is present first'
            raise BadInput(f'It is unclear whether "{clause.words[0]}" in the prompt is denied too; {hint}.')
        state = clause.fields.setdefault("state", state if carries else "present")
    for before, clause in pairwise(clauses):
        if clause.joiner == "or" and "present" in (before.fields["state"], clause.fields["state"]):
            either = f"{' '.join(before.words)} or {' '.join(clause.words)}"
            raise BadInput(f'"{either}" leaves open which; write "and" for both, or "possible" before it if uncertain.')


def _is_bare(clause: _Clause) -> bool:
    """Whether it is a name alone, as in the doubtful "no edema, pneumonia" (but not in "no edema, mild pneumonia")."""
    return clause.fields.keys() == {"name"} and clause.fields["name"] != "No Finding"
