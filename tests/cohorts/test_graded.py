import json
from types import SimpleNamespace

import numpy as np
import pandas as pd

from causaray.cohorts.graded import graded_labels


def test_severity_and_side_come_from_the_row_and_absence_from_the_label() -> None:
    names = ["Edema", "Pneumothorax"]
    rows = [{"Edema": "right 0.250, left 0.500"}, {}, {"Edema": "somewhat"}]
    table = pd.DataFrame({"row": [json.dumps(row) for row in rows]})
    labels = np.array([[1, 0], [0, 1], [1, np.nan]], dtype=np.float32)
    cohort = SimpleNamespace(table=table, labels=lambda asked: labels)
    nan = np.nan
    expected = [[0.25, 0.5, 0, 0], [0, 0, nan, nan], [nan, nan, nan, nan]]
    np.testing.assert_allclose(graded_labels(cohort, names), expected)
