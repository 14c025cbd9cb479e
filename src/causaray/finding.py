"""One finding: what, whether, how severe, on which side, where."""

from dataclasses import dataclass

from causaray.errors import BadInput, NoSuchPlace
from causaray.languages.english import ENGLISH
from causaray.vocabulary import LOCATIONS, SEVERITIES, SIDES, STATES, canonical_name


@dataclass(frozen=True)
class Finding:
    """One finding: what, whether, how severe, on which side, where.

    `name` is one of NAMES (a known spelling is turned into it), `state` one of STATES, and `severity`, `side` and
    `location` one of SEVERITIES, SIDES and LOCATIONS, or None when not said. Raises BadInput for any other value.
    """

    name: str
    state: str = "present"
    severity: str | None = None
    side: str | None = None
    location: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", canonical_name(self.name))
        _require("state", self.state, STATES)
        for field, known in (("severity", SEVERITIES), ("side", SIDES), ("location", LOCATIONS)):
            if (value := getattr(self, field)) is not None:
                _require(field, value, known)
                if self.name == "No Finding":
                    raise BadInput(ENGLISH.say("no place", what=field, value=value))
        if self.location == "middle lobe" and self.side in ("left", "bilateral"):
            raise NoSuchPlace(ENGLISH.say("middle lobe"))

    def to_text(self) -> str:
        """The canonical phrase, such as "no severe left lower lobe consolidation"."""
        if self.name == "No Finding":
            return {"present": "no finding", "absent": "abnormal", "uncertain": "possibly normal"}[self.state]
        state = {"present": None, "absent": "no", "uncertain": "possible"}[self.state]
        name = self.name if self.name.isupper() else self.name.lower()
        return " ".join(word for word in (state, self.severity, self.side, self.location, name) if word)

    def clashes(self, other: "Finding") -> bool:
        """Whether both cannot be said of one image: the same finding at the same place, or No Finding beside a finding.

        Support Devices may stand beside No Finding, as in CheXpert; findings said to be absent may too.
        """
        if self.name == other.name:
            return self != other and self._may_share_place(other)
        return self._rules_out(other) or other._rules_out(self)

    def _rules_out(self, other: "Finding") -> bool:
        all_clear = (self.name, self.state) == ("No Finding", "present")
        return all_clear and other.name != "Support Devices" and other.state != "absent"

    def _may_share_place(self, other: "Finding") -> bool:
        opposite = {self.side, other.side} == {"left", "right"}
        apart = self.location != other.location and not {self.location, other.location} & {None, "diffuse"}
        return not (opposite or apart)


def _require(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput(f'Unknown {field} "{value}" of a finding; it is one of {", ".join(known)}.')
