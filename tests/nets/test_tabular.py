"""Tables as input of a net."""

import numpy as np
import pandas as pd
import pytest
import torch

from causaray.errors import BadInput
from causaray.nets.tabular import Column, TabularEncoder, TabularFeatures, find_columns, table_values

TABLE = pd.DataFrame({"age": [40, 60, None], "sex": ["F", None, "M"], "dose": ["1.5", "2.5", "3.5"]})
COLUMNS = (Column("age"), Column("sex", ("F", "M")), Column("dose"))


def test_kinds_of_columns_are_found() -> None:
    assert find_columns(TABLE, ["age", "sex", "dose"]) == COLUMNS


def test_values_keep_what_is_missing_as_missing() -> None:
    values = table_values(TABLE, COLUMNS)
    assert np.array_equal(values, [[40, 0, 1.5], [60, np.nan, 2.5], [np.nan, 1, 3.5]], equal_nan=True)
    unknown = table_values(pd.DataFrame({"age": [50], "sex": ["X"], "dose": [1]}), COLUMNS)
    assert np.array_equal(unknown, [[50, np.nan, 1]], equal_nan=True)


def test_features_are_scaled_by_the_tables_own_statistics() -> None:
    values = table_values(TABLE, COLUMNS)
    features = TabularFeatures(COLUMNS)
    features.fit(values)
    found = features(torch.from_numpy(values))
    assert features.size == found.shape[1] == 7
    root = 1.5**0.5  # of three evenly spaced numbers, the outer lie so many deviations from the mean
    expected = [
        [-1, 1, 0, -root, 0, 0, 0],
        [1, 0, 0, 0, 0, 1, 0],
        [0, 0, 1, root, 1, 0, 0],
    ]
    assert torch.allclose(found, torch.tensor(expected, dtype=torch.float32), atol=1e-5)


def test_the_encoder_answers_whatever_is_missing() -> None:
    encoder = TabularEncoder(COLUMNS, dim=5)
    encoder.features.fit(table_values(TABLE, COLUMNS))
    encoded = encoder(torch.full((2, 3), torch.nan))
    assert encoded.shape == (2, 5) and encoded.isfinite().all()
    assert not torch.equal(encoded[0], encoder(torch.tensor([[40.0, 0, 1.5]]))[0])


def test_bad_tables_are_refused() -> None:
    with pytest.raises(BadInput, match="no column weight; it has age, sex, dose"):
        table_values(TABLE, [Column("weight")])
    with pytest.raises(BadInput, match='Column age of the table holds "old" where a number is needed'):
        table_values(pd.DataFrame({"age": [40, "old"]}), [Column("age")])
    with pytest.raises(BadInput, match="Column age of the table is empty"):
        find_columns(pd.DataFrame({"age": [None, None]}), ["age"])
