"""The labels of one table row as Findings, and what their silence means."""

from collections.abc import Iterable, Mapping

from causaray.cohorts.columns import Columns
from causaray.errors import BadInput
from causaray.findings import Finding, Findings
from causaray.vocabulary import canonical_name

Row = Mapping[str, str]

# Labels of public tables that are no finding of ours, by what they say of one; None says nothing to rely on.
# Most are causes in the COVID-19 collection of Cohen et al. (2020), whose "todo" rows nobody has labelled yet; ARDS is
# a syndrome with pneumonia as only one of its causes, and tuberculosis a disease that may show in many ways.
MEANINGS: dict[str, str | None] = {
    "bacterial": "Pneumonia",
    "viral": "Pneumonia",
    "influenza": "Pneumonia",
    "klebsiella": "Pneumonia",
    "legionella": "Pneumonia",
    "lipoid": "Pneumonia",
    "mycoplasma bacterial pneumonia": "Pneumonia",
    "pneumocystis": "Pneumonia",
    "sars": "Pneumonia",
    "streptococcus": "Pneumonia",
    "varicella": "Pneumonia",
    "ards": None,
    "todo": None,
    "tuberculosis": None,
    "unknown": None,
}


def table_vocabulary(rows: Iterable[Row], columns: Columns, where: object) -> frozenset[str]:
    """The names that a table's joined label column uses anywhere; empty for a table with one column a finding.

    Raises BadInput for a label that is not known; `where` names the table in it.
    """
    if not isinstance(columns.findings, str):
        return frozenset()
    texts = {row.get(columns.findings, "") for row in rows}
    try:
        return frozenset(name for text in texts for name in _names(text, columns) if name)
    except BadInput as error:
        raise BadInput(f"In the labels of {where}: {error} Or map it under `labels` in the column mapping.") from error


def row_findings(row: Row, columns: Columns, vocabulary: frozenset[str], where: str) -> Findings:
    """The findings of one row. `vocabulary` is that of its table, `where` names the row in an error.

    A joined label column lists what is present, so the rest of `vocabulary` is absent, and names the table never uses
    stay unknown. But a row with a label that says nothing here, or with COVID-19, a diagnosis of the patient that
    leaves open what the image shows, says nothing of absence.

    Raises BadInput for a value that is not known, and for findings that contradict each other.
    """
    try:
        if isinstance(columns.findings, dict):
            return Findings.from_row({name: row.get(column) for name, column in columns.findings.items()})
        names = _names(row.get(columns.findings or "", ""), columns)
        return Findings(_present_and_absent(names, vocabulary))
    except BadInput as error:
        raise BadInput(f"In {where}: {error}") from error


def _present_and_absent(names: list[str | None], vocabulary: frozenset[str]) -> list[Finding]:
    present = [Finding(name) for name in names if name]
    exhaustive = names and not {None, "COVID-19"} & set(names)
    return present + [Finding(name, "absent") for name in sorted(vocabulary - set(names)) if exhaustive]


def _names(text: str, columns: Columns) -> list[str | None]:
    """The canonical names in a joined label; None for a label that says nothing."""
    meanings = MEANINGS | {label.lower(): name for label, name in columns.labels.items()}
    labels = [label.strip().lower() for label in text.replace(",", "|").replace(";", "|").split("|") if label.strip()]
    said = [meanings.get(label, label) for label in labels]
    return [name and canonical_name(name) for name in said]
