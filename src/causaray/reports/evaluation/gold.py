"""The gold standard of report reading: human MeSH annotations of Indiana University's reports, in our names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Annotated:
    """One annotated finding; side and severity are None where the annotation gives none."""

    name: str
    side: str | None
    severity: str | None


def annotated(majors: Iterable[str]) -> tuple[Annotated, ...] | None:
    """The findings of a report's annotations ("Opacity/lung/base/left"), None when it was not annotated."""
    terms = [[part.strip() for part in major.split("/")] for major in majors]
    if not terms or any(term[0] in mapping()["not_annotated"] for term in terms):
        return None
    return tuple(one for term in terms for one in _findings(term[0], term[1:]))


def _findings(term: str, qualifiers: list[str]) -> Iterable[Annotated]:
    rule = mapping()["terms"].get(term)
    if rule is None or set(rule.get("but_not", ())) & set(qualifiers):
        return ()
    if "with" in rule and not set(rule["with"]) & set(qualifiers):
        return ()
    side = next((one for one in qualifiers if one in mapping()["sides"]), None)
    severity = next((mapping()["severity"][one] for one in qualifiers if one in mapping()["severity"]), None)
    return (Annotated(name, side, severity) for name in rule["is"])


@cache
def mapping() -> Mapping[str, Any]:
    """mesh.yaml: which terms are which findings, and what is left out."""
    values: Mapping[str, Any] = yaml.safe_load(
        (files("causaray.reports.evaluation") / "mesh.yaml").read_text(encoding="utf-8")
    )
    return values
