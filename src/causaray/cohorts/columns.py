"""Which column of a table holds what: said in a YAML file, or guessed from the names public tables use."""

import re
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, field_validator

from causaray.errors import BadInput
from causaray.vocabulary import SPELLINGS, canonical_name, normalize

# Compared without case, spaces and punctuation: "View Position" and "ViewPosition" are one. The first there is wins.
USUAL_NAMES = {
    "image": ("image", "path", "image index", "dicom_id", "image_id", "filename", "file", "image_path"),
    "patient": ("patient", "patient id", "subject_id", "subject"),
    "findings": ("findings", "finding labels", "labels", "finding"),
    "modality": ("modality", "imaging modality", "image modality"),
    "view": ("view", "view position", "AP/PA", "projection"),
    "age": ("age", "patient age", "age at study"),
    "sex": ("sex", "patient sex", "patient gender", "gender"),
    "time": ("time", "day", "follow_up", "follow-up #", "study date", "offset"),
    "split": ("split", "partition"),
    "fold": ("fold",),
    "open": ("open",),
    "licence": ("licence", "license"),
}
CHEXPERT_PATIENT = re.compile(r"(patient\d+)")


def _known(name: str) -> str:
    try:
        return canonical_name(name)
    except BadInput as error:
        raise ValueError(str(error)) from error  # what pydantic collects


FindingName = Annotated[str, AfterValidator(_known)]


class Columns(BaseModel):
    """Names of the columns of one table; what is left out is guessed, and what is set to null is not read.

    `findings` is one column of names joined by `|`, listing what is present, or {finding name: column} for a table with
    one column a finding (1 present, 0 absent, -1 uncertain, blank not mentioned). Rows whose `modality` is another than
    radiography (CT, say) are left out. `patient_pattern`, a regular
    expression with one group, takes the patient out of the image column where no column has it (as in CheXpert).
    `labels` says what words of a joined column mean: {word: finding name, or null for nothing to rely on}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str | None = None
    patient: str | None = None
    patient_pattern: re.Pattern[str] | None = None
    findings: str | dict[FindingName, str] | None = None
    modality: str | None = None
    view: str | None = None
    age: str | None = None
    sex: str | None = None
    time: str | None = None
    split: str | None = None
    fold: str | None = None
    open: str | None = None
    licence: str | None = None
    labels: dict[str, FindingName | None] = {}

    @field_validator("patient_pattern")
    @classmethod
    def _has_group(cls, pattern: re.Pattern[str] | None) -> re.Pattern[str] | None:
        if pattern is not None and pattern.groups != 1:
            raise ValueError("it needs one group in parentheses around the patient")
        return pattern

    @classmethod
    def from_yaml(cls, path: Path | str) -> Self:
        """Read a mapping such as `{image: Path, patient: subject, split: null}`; BadInput when it is none."""
        try:
            return cls.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise BadInput(f"Cannot read the column mapping {path}: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            wrong = ".".join(map(str, first["loc"])) or "the whole file"
            raise BadInput(
                f"{wrong} in the column mapping {path} is wrong ({first['msg'].rstrip('.')}); "
                f"the keys are {', '.join(cls.model_fields)}, and each but the last names a column."
            ) from error

    def complete(self, present: list[str], where: Path | str) -> "Columns":
        """Fill what was left out from the columns `present` in the table `where`.

        Raises BadInput, listing the columns there are, when a named one is missing or none has the image or patient.
        """
        guesses: dict[str, object] = {field: _guess(names, present) for field, names in USUAL_NAMES.items()}
        guesses["findings"] = guesses["findings"] or _guess_findings(present)
        if guesses["image"] is not None and guesses["patient"] is None:
            guesses["patient_pattern"] = CHEXPERT_PATIENT if _squeeze(str(guesses["image"])) == "path" else None
        full = self.model_copy(update={k: v for k, v in guesses.items() if k not in self.model_fields_set})
        full._check(present, where)
        return full

    def single(self) -> dict[str, str]:
        """{what: column} of what one column holds."""
        return {field: column for field in USUAL_NAMES if isinstance(column := getattr(self, field), str)}

    def _check(self, present: list[str], where: Path | str) -> None:
        there = f"the columns of {where} are {', '.join(present)}"
        lost = sorted(self._named() - set(present))
        if lost:
            raise BadInput(f"There is no column {', '.join(map(repr, lost))}: {there}.")
        if self.image is None:
            raise BadInput(f"No column is known to name the image files; map `image` to one: {there}.")
        if self.patient is None and self.patient_pattern is None:
            raise BadInput(
                f"No column is known to name the patient; map `patient` to one "
                f"(the image column where every image is of another patient): {there}."
            )

    def _named(self) -> set[str]:
        return {*self.single().values(), *(self.findings.values() if isinstance(self.findings, dict) else ())}


def column_of(what: str, present: list[str]) -> str | None:
    """Which of the columns `present` holds what USUAL_NAMES calls `what`, by the names that public tables use."""
    return _guess(USUAL_NAMES[what], present)


def _squeeze(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _guess(names: tuple[str, ...], present: list[str]) -> str | None:
    squeezed = {_squeeze(column): column for column in present}
    return next((squeezed[_squeeze(name)] for name in names if _squeeze(name) in squeezed), None)


def _guess_findings(present: list[str]) -> dict[str, str] | None:
    named = {SPELLINGS[normalize(column)]: column for column in reversed(present) if normalize(column) in SPELLINGS}
    return named or None
