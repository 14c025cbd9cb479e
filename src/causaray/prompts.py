"""The small language of prompts: words become clauses, with one Finding in each."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise

from causaray.errors import BadInput, NoSuchPlace, UnknownWord
from causaray.finding import Finding
from causaray.languages.language import Fields, Language
from causaray.vocabulary import NAMES


@dataclass
class _Clause:
    joiner: str  # what stands before it, a key of Language.joiners
    words: list[str] = field(default_factory=list)
    fields: Fields = field(default_factory=dict)

    def add(self, phrase: str, fields: Fields, language: Language) -> None:
        self.words.append(phrase)
        for key, value in fields.items():
            if key in self.fields:
                raise BadInput(language.say("several", words=" ".join(self.words), what=language.say(key)))
            self.fields[key] = value


def read_prompt(text: str, language: Language, names: Collection[str] = NAMES) -> list[Finding]:
    """The findings that `text` names, in its order; whether they agree is for Findings to say.

    Raises, in the language, UnknownWord for an unknown word, whatever else is wrong, with `names` as the findings that
    may be asked for; BadInput for an empty prompt, a clause without a finding or with two, and where "no" or "or" can
    be read in two ways.
    """
    clauses = [clause for clause in _clauses(_phrases(text, language, names), language) if clause.fields]
    if not clauses:
        raise BadInput(language.say("empty", text=text.strip()))
    for clause in clauses:
        if "name" not in clause.fields:
            raise BadInput(language.say("alone", words=" ".join(clause.words)))
    _carry_states(clauses, language)
    return [_finding(clause.fields, language) for clause in clauses]


def _phrases(text: str, language: Language, names: Collection[str]) -> list[str]:
    """`text` as the longest phrases of the lexicon.

    Raises UnknownWord for the first words that it has not; where there are none, BadInput for a phrase that may mean
    several things.
    """
    phrases = list(language.cut(text))
    for phrase in phrases:
        if not language.knows(phrase):
            raise UnknownWord(language.unknown(phrase, names))
    for phrase in phrases:
        if language.normalize(phrase) in language.open_to_doubt:
            raise BadInput(language.unknown(phrase, names))
    return phrases


def _clauses(phrases: list[str], language: Language) -> list[_Clause]:
    clauses = [_Clause(";")]
    for phrase in phrases:
        key = language.normalize(phrase)
        fields = language.lexicon[key]
        joiner = fields.get("joiner")
        begins_anew = joiner or (key in language.denying and "name" in clauses[-1].fields)
        if begins_anew and clauses[-1].fields:
            clauses.append(_Clause(joiner or ";"))
        elif joiner and joiner != ",":  # of ", or" and ", but" the word counts
            clauses[-1].joiner = joiner
        if not joiner:
            clauses[-1].add(phrase, fields, language)
    return clauses


def _finding(fields: Fields, language: Language) -> Finding:
    if fields["name"] == "No Finding":
        for key, value in fields.items():
            if key not in ("name", "state"):
                raise BadInput(language.say("no place", what=language.say(key), value=value))
    try:
        return Finding(**fields)
    except NoSuchPlace:
        raise NoSuchPlace(language.say("middle lobe")) from None


def _carry_states(clauses: list[_Clause], language: Language) -> None:
    """Give each clause its state: "no A or B" and "no A, B or C" deny all; refuse where a reader would wonder."""
    carries = False
    carried: list[bool] = []
    for clause in reversed(clauses):
        carries = "state" not in clause.fields and (clause.joiner == "or" or (clause.joiner == "," and carries))
        carried.insert(0, carries)
    state = "present"
    for clause, carries in zip(clauses, carried, strict=True):
        if state == "absent" and clause.joiner == "," and not carries and _is_bare(clause):
            raise BadInput(language.say("unclear", word=clause.words[0]))
        state = clause.fields.setdefault("state", state if carries else "present")
    for before, clause in pairwise(clauses):
        if clause.joiner == "or" and "present" in (before.fields["state"], clause.fields["state"]):
            raise BadInput(language.say("either", one=" ".join(before.words), other=" ".join(clause.words)))


def _is_bare(clause: _Clause) -> bool:
    """Whether it is a name alone, as in the doubtful "no edema, pneumonia" (but not in "no edema, mild pneumonia")."""
    return clause.fields.keys() == {"name"} and clause.fields["name"] != "No Finding"
