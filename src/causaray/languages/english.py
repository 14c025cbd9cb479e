"""English: the language of prompts first of all, in which findings are told wherever no other is asked for."""

import re
from typing import TYPE_CHECKING

from causaray.languages.language import Language
from causaray.vocabulary import ADVICE, AMBIGUOUS, LOCATIONS, NAMES, SPELLINGS, normalize

if TYPE_CHECKING:
    from causaray.finding import Finding

_OTHER_PLACES = {
    "middle lobe": "mid lobe",
    "upper zone": "upper lung, upper lung zone, upper lung field",
    "middle zone": "mid zone, midzone, mid lung, middle lung, mid lung zone, middle lung zone",
    "lower zone": "lower lung, lower lung zone, lower lung field",
    "basal": "base, basilar, lung base",
    "apical": "apex, apices, lung apex",
    "perihilar": "parahilar",
    "diffuse": "diffusely, widespread",
}
_SHORT = {
    "and/or": "or",
    "w/o": "without",
    "w/": "with ",
    **dict.fromkeys(("b/l", "r/l", "l/r"), "bilateral"),
    **{f"{side}.": f"{side} " for side in (" l", " r", " lt", " rt")},
}


def _tell(finding: "Finding") -> str:
    return finding.to_text()


ENGLISH = Language(
    code="en",
    name="English",
    normalize=normalize,
    filler="a, an, the, this, that, these, some, any, of, in, at, on, to, for, is, are, be, has, have, it, its, there, "
    "s, i, patient, person, radiograph, xray, cxr, image, film, evidence, sign, present, seen, visible, noted, "
    "add, show, showing, make, give, now, same, side, sided, please",
    supporting="lung, chest, hemithorax, x ray",
    joiners={",": ", & + and", ";": "; : . with plus but also however", "or": "or nor"},
    negations="no, without, neither, remove, removed, minus",
    attributes={
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
        "location": {place: f"{place}, {_OTHER_PLACES.get(place, '')}" for place in LOCATIONS},
    },
    places={
        "bibasal": ("bilateral", "basal"),
        "bibasilar": ("bilateral", "basal"),
        "biapical": ("bilateral", "apical"),
        **{f"{side[0]}{place[0]}l": (side, place) for side in ("left", "right") for place in LOCATIONS[:3]},
        **{
            f"{level} {side} {part}": (side, f"{level} {part}")
            for side in ("left", "right")
            for level, part in (place.split() for place in LOCATIONS[:6])
        },
    },
    spellings={name: ", ".join(word for word, meant in SPELLINGS.items() if meant == name) for name in NAMES},
    devices={
        "any": "support device, device, medical device, hardware",
        "pacemaker": "pacemaker, cardiac pacemaker, pacer, pacemaker lead, pacemaker wire",
        "central line": "central line, central venous line, central venous catheter, cvc",
        "tracheal tube": "tracheal tube, endotracheal tube, et tube, ett",
        "feeding tube": "feeding tube, nasogastric tube, ng tube",
        "drain": "drain, chest drain, chest tube",
    },
    ambiguous=AMBIGUOUS,
    abnormal="abnormal",
    rewrites=(
        # a severity between two is the higher one
        (r"\b(?:mild|small)(?: to |-to-|-)moderate\b", "moderate"),
        (r"\bmoderate(?: to |-to-|-)(?:severe|large)\b", "severe"),
        *((re.escape(short), long) for short, long in _SHORT.items()),
    ),
    sentences={
        **ADVICE,
        "empty": 'The prompt "{text}" names no finding; write one, as in "moderate left effusion".',
        "alone": '"{words}" stands in the prompt without a finding; keep its words together, as in "moderate left '
        'pleural effusion".',
        "several": '"{words}" in the prompt has more than one {what}; say one of each, with a comma or "and" between '
        "findings.",
        "unknown": 'Unknown word "{words}" in the prompt; {advice}',
        "unknown words": 'Unknown words "{words}" in the prompt; {advice}',
        "unclear": 'It is unclear whether "{word}" in the prompt is denied too; write "no" before each finding that is '
        "absent, and what is present first.",
        "either": '"{one} or {other}" leaves open which; write "and" for both, or "possible" before it if uncertain.',
        "clash": '"{one}" and "{other}" cannot both be said; keep one of them.',
        "untrained": "The weights {weights} were not trained on {name}; they know {names}.",
        "middle lobe": "The left lung has no middle lobe; say upper lobe or lower lobe, which it has, or middle zone.",
        "no place": 'No Finding takes no {what}, but "{value}" was given; leave it out.',
        "name": "finding", "state": "state", "severity": "severity", "side": "side", "location": "location",
    },
    names={name: name for name in NAMES},
    tell=_tell,
)  # fmt: skip
