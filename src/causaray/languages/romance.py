"""How French and Spanish tell a finding: what is said of it stands behind it, in its gender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causaray.finding import Finding

Adjectives = Mapping[str, tuple[str, str]]
"""Value of a field -> the masculine and the feminine word."""


@dataclass(frozen=True)
class RomanceWords:
    """nouns: finding -> its noun and gender, "m" or "f". normal: state of "No Finding" -> the whole text. state: what
    stands before the noun."""

    nouns: Mapping[str, tuple[str, str]]
    normal: Mapping[str, str]
    state: Mapping[str, str]
    severity: Adjectives
    side: Adjectives
    place: Adjectives

    def tell(self, finding: Finding) -> str:
        """`Language.tell`: such as "sans épanchement pleural gauche sévère basal"."""
        if finding.name == "No Finding":
            return self.normal[finding.state]
        noun, gender = self.nouns[finding.name]
        said = ((self.side, finding.side), (self.severity, finding.severity), (self.place, finding.location))
        after = [words[value][gender == "f"] for words, value in said if value]
        return " ".join([*filter(None, [self.state[finding.state]]), noun, *after])
