"""The fourteen labels of CheXpert's labeller (Irvin et al. 2019), from reports read by any engine."""

import csv
from collections.abc import Iterable, Iterator
from math import isnan, nan
from pathlib import Path

import pandas as pd

from causaray.errors import BadInput
from causaray.reports.reading import Reader, Reading
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.sources.report import Report
from causaray.writing import whole_file

LABELS = (  # in the order of the labeller, which is not that of CheXpert's own table
    *("No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Lesion", "Lung Opacity", "Edema"),
    *("Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture"),
    "Support Devices",
)
COLUMNS = ("study", *LABELS)
_STRENGTH = (1.0, -1.0, 0.0)


def labels_of(reading: Reading) -> dict[str, float]:
    """{label: 1.0 positive, 0.0 negative, -1.0 uncertain, NaN blank}, in the order of LABELS.

    Our findings count as the label of the labeller that has their words (`chexpert` in lexicon.yaml), positive before
    uncertain before negative, and no label implies another. No Finding is 1.0 when nothing but Support Devices is
    positive or uncertain, even what has no label (emphysema, hernia), else blank; blank too where the report calls the
    image abnormal without saying why. Of a report in another language all are blank.
    """
    if reading.unread:
        return dict.fromkeys(LABELS, nan)
    said = reading.findings.to_labels()
    normal, label_of = said.pop("No Finding"), lexicon().chexpert
    labels = {label: _strongest(said[name] for name in said if label_of[name] == label) for label in LABELS}
    ill = any(value in (1.0, -1.0) for name, value in said.items() if name != "Support Devices")
    return labels | {"No Finding": nan if ill or normal in (0.0, -1.0) else 1.0}


def labels_table(reports: Iterable[Report], reader: Reader) -> pd.DataFrame:
    """A row a report: its key in the column `study`, and LABELS (see `labels_of`); no text is kept.

    The labeller's own first column is `Reports`, the whole text. Raises BadInput where `reports` or `reader` does.
    """
    return pd.DataFrame.from_records(_rows(reports, reader), columns=list(COLUMNS))


def write_labels(reports: Iterable[Report], reader: Reader, path: str | Path) -> int:
    """Write `labels_table` as CSV, row by row, and return how many reports there were.

    Raises BadInput where `reports` or `reader` does, or when the file cannot be written; then there is no file.
    """
    count = 0
    with whole_file(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for study, *values in _rows(reports, reader):
            table.writerow([study, *("" if isnan(value) else value for value in values)])
            count += 1
    return count


def _rows(reports: Iterable[Report], reader: Reader) -> Iterator[tuple[str, *tuple[float, ...]]]:
    for report in reports:
        try:
            labels = labels_of(reader(report.text))
        except BadInput as error:
            raise BadInput(f"In report {report.key} of {report.source}: {error}") from error
        yield (report.key, *labels.values())


def _strongest(values: Iterable[float]) -> float:
    return min((value for value in values if not isnan(value)), key=_STRENGTH.index, default=nan)
