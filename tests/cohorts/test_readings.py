import json

import numpy as np
import pandas as pd
import pytest

from causaray.cohorts import Cohort
from causaray.cohorts.readings import believed_labels, read_as_normal
from causaray.errors import BadInput
from causaray.findings import NAMES

NAN = np.nan


def cohort(source: list[str], folder: str = "", readers: dict[int, str] | None = None, **labels: list[float]) -> Cohort:
    n = len(source)
    rows = [json.dumps({"reader": (readers or {}).get(i, "")}) for i in range(n)]
    known = {name: [NAN] * n for name in NAMES} | {name.replace("_", " "): values for name, values in labels.items()}
    table = pd.DataFrame({"cohort": source, "image": [f"{i}.png" for i in range(n)], "row": rows, **known})
    card = {"size": 32, "source": folder}
    return Cohort(table, (np.zeros((n, 32, 32), np.uint8),), np.zeros(n, int), np.arange(n), (card,))


def test_a_film_is_normal_when_its_reader_says_so_or_a_table_beside_its_images(tmp_path):
    (tmp_path / "read_as_normal.csv").write_text("image,by\n2.png,somebody\n")
    films = cohort(["a"] * 3, str(tmp_path), {0: "RSNA radiologists: Normal"})
    assert read_as_normal(films).tolist() == [True, False, True]
    assert read_as_normal(films.subset(mask=[False, True, True])).tolist() == [False, True]


def test_a_table_without_images_is_refused(tmp_path):
    (tmp_path / "read_as_normal.csv").write_text("film\n2.png\n")
    with pytest.raises(BadInput, match="no column image"):
        read_as_normal(cohort(["a"], str(tmp_path)))


def test_a_film_read_as_normal_shows_nothing_whatever_its_label_says():
    films = cohort(["a"] * 3, readers={0: "Normal"}, Edema=[1, 1, 0], Mass=[NAN, 1, 0])
    np.testing.assert_array_equal(believed_labels(films, ["Edema", "Mass"]), [[0, 0], [1, 1], [0, 0]])


def test_pneumonia_is_learned_from_adults_too_but_not_from_their_other_opacities():
    films = cohort(
        ["kermany"] * 2 + ["nih"] * 4, Pneumonia=[1, 0, 1, 0, 0, NAN], Consolidation=[NAN, NAN, 0, 1, 0, NAN],
        **{"COVID-19": [NAN] * 5 + [1]},
    )  # fmt: skip
    np.testing.assert_array_equal(believed_labels(films, ["Pneumonia"])[:, 0], [1, 0, 1, NAN, 0, 1])
