"""What a radiograph shows, or is asked to show: Findings, an immutable collection of Finding, and the prompt parser.

A prompt, a label string and a table row all become Findings; Findings become the text that conditions a model.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.languages import ENGLISH, LANGUAGES, Language, language_of
from causaray.prompts import read_prompt
from causaray.vocabulary import NAMES, SPELLINGS, canonical_name, normalize

__all__ = ["NAMES", "Finding", "Findings", "parse_prompt"]

_LABELS = {"present": 1.0, "absent": 0.0, "uncertain": -1.0}  # CheXpert's table
_STATE_OF = {label: state for state, label in _LABELS.items()}
_BLANK = {"", "nan", "none", "<na>"}


@dataclass(frozen=True, eq=False, init=False)
class Findings(Collection[Finding]):
    """An immutable collection of Finding, in the order given; what is not in it is unknown, not absent.

    A name may come twice only at different places ("no left effusion, mild right effusion"). Exact repetition is
    dropped; a contradiction raises BadInput. Equality, hash and `to_text` do not depend on the order. `language` is
    the one in which refusals of them are said, a key of LANGUAGES.
    """

    items: tuple[Finding, ...]
    language: str

    def __init__(self, items: Iterable[Finding] = (), language: str = ENGLISH.code) -> None:
        object.__setattr__(self, "items", tuple(dict.fromkeys(items)))
        object.__setattr__(self, "language", language)
        spoken = LANGUAGES[language]
        for one, two in combinations(self.items, 2):
            if one.clashes(two):
                raise BadInput(spoken.say("clash", one=spoken.tell(one), other=spoken.tell(two)))

    @classmethod
    def from_labels(cls, labels: str | Iterable[str]) -> "Findings":
        """Present findings from names in any known spelling: "Effusion|Cardiomegaly" (or , or ;) or an iterable.

        Nothing between separators is nothing said; raises BadInput for an unknown name.
        """
        text = labels if isinstance(labels, str) else "|".join(labels)
        parts = text.replace(",", "|").replace(";", "|").split("|")
        return cls(Finding(part) for part in parts if part.strip())

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> "Findings":
        """From CheXpert-style columns: 1 present, 0 absent, -1 uncertain, blank or NaN not mentioned.

        Columns that name no finding (Path, Age, ...) are passed over. Raises BadInput when no column names one, and
        for any other value.
        """
        columns = {column: name for column in row if (name := SPELLINGS.get(normalize(column)))}
        if not columns:
            raise BadInput(f"No column of the row names a finding; expected columns such as {', '.join(NAMES[:4])}.")
        states = {column: _read_label(column, row[column]) for column in columns}
        return cls(Finding(columns[column], state) for column, state in states.items() if state)

    @property
    def present(self) -> tuple[str, ...]:
        """Names present somewhere, in the order given."""
        return self._names("present")

    @property
    def absent(self) -> tuple[str, ...]:
        """Names said to be absent, and nowhere present or uncertain."""
        return self._names("absent")

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names uncertain somewhere and nowhere present."""
        return self._names("uncertain")

    def get(self, name: str) -> Finding | None:
        """The finding called `name` in any spelling, present before uncertain before absent; None if not mentioned."""
        wanted = canonical_name(name)
        return min((f for f in self if f.name == wanted), key=lambda f: _certainty(f.state), default=None)

    def to_text(self, language: Language = ENGLISH) -> str:
        """The canonical prompt: present, then uncertain, then absent findings, each group in the order of NAMES.

        `parse_prompt` reads it back to equal Findings. Empty Findings give "".
        """
        return ", ".join(language.tell(finding) for finding in sorted(self, key=_reading_order))

    def to_labels(self) -> dict[str, float]:
        """1.0 present, 0.0 absent, -1.0 uncertain, NaN not mentioned, for each of NAMES in order.

        Severity and place are lost: "no left effusion" is 0.0. No Finding says nothing of the other names.
        """
        found = {name: self.get(name) for name in NAMES}
        return {name: _LABELS[finding.state] if finding else float("nan") for name, finding in found.items()}

    def _names(self, state: str) -> tuple[str, ...]:
        names = dict.fromkeys(finding.name for finding in self)
        return tuple(name for name in names if (finding := self.get(name)) and finding.state == state)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Finding:
        return self.items[index]

    def __contains__(self, item: object) -> bool:
        """Whether a Finding is in it, or a name is mentioned in any state; presence is `name in findings.present`."""
        return self.get(item) is not None if isinstance(item, str) else item in self.items

    def __eq__(self, other: object) -> bool:
        return set(self) == set(other) if isinstance(other, Findings) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self))


def parse_prompt(text: str, names: Collection[str] = NAMES) -> Findings:
    """The Findings that a prompt asks for, such as "moderate left pleural effusion, no pneumothorax".

    German, French and Spanish prompts are read as English ones are: "schwerer linksseitiger Pleuraerguss". Whatever is
    wrong is said in the language that has most of the words; `names` are the findings that it tells may be asked for.

    One finding a clause; clauses are parted by commas, "and", "with", "without"; the order of words within a clause,
    case and plurals are free. "No" carries over "or" ("no pneumonia or effusion", "no edema, pneumonia or effusion")
    but not to "no edema, mild effusion" or "no edema but effusion". "Abnormal" means No Finding is absent.

    Raises BadInput for an empty prompt, an unknown word (none is passed over), two findings in one clause,
    contradictions, and what can be read in two ways: "no edema, pneumonia", "edema or pneumonia".
    """
    language = language_of(text)
    return Findings(read_prompt(text, language, names), language.code)


def check_known(request: Findings, names: Collection[str], weights: str) -> None:
    """Raises BadInput, in the language of the request, for a finding that weights, which know `names`, do not know."""
    if unknown := [finding.name for finding in request if finding.name not in names]:
        spoken = LANGUAGES[request.language]
        known = ", ".join(spoken.names[name] for name in names)
        raise BadInput(spoken.say("untrained", weights=weights, name=spoken.names[unknown[0]], names=known))


def _certainty(state: str) -> int:
    return ("present", "uncertain", "absent").index(state)


def _reading_order(finding: Finding) -> tuple[object, ...]:
    where = (finding.side or "", finding.location or "", finding.severity or "")
    return _certainty(finding.state), NAMES.index(finding.name), where


def _read_label(column: str, value: object) -> str | None:
    text = str(value).strip().casefold()
    if value is None or text in _BLANK:
        return None
    try:
        return _STATE_OF[float(text)]
    except (KeyError, ValueError):
        raise BadInput(f'Column "{column}" holds "{value}"; a finding is 1, 0, -1 or blank.') from None
