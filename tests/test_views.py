"""The projection, by the words of tables and by DICOM headers."""

import pytest
from pydicom import Dataset

from causaray.views import header_view, read_view


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("PA", "PA"),
        ("pa", "PA"),
        ("P.A.", "PA"),
        ("CHEST PA", "PA"),
        ("postero-anterior", "PA"),
        ("AP", "AP"),
        ("AP Supine", "AP"),
        ("SUPINE AP", "AP"),
        ("ap_semi_erect", "AP"),
        ("Anteroposterior", "AP"),
        ("L", "LL"),
        ("LL", "LL"),
        ("Lateral", "LL"),
        ("LAT ERECT", "LL"),
        ("lat", "LL"),
        ("LEFT LATERAL", "LL"),
        ("XTABLE LATERAL", "LL"),
        ("XTABLE_LAT", "LL"),
        ("PA AND LATERAL", "LL"),
        ("?", None),
        ("Apical", None),
        ("BILATERAL", None),
        ("RLO", None),
        ("", None),
        (None, None),
    ],
)
def test_words(text: str | None, view: str | None) -> None:
    assert read_view(text) == view


def a_code(value: str, meaning: str) -> list[Dataset]:
    item = Dataset()
    item.CodeValue, item.CodeMeaning = value, meaning
    return [item]


@pytest.mark.parametrize(
    ("said", "view"),
    [
        ({"ViewPosition": "LL"}, "LL"),
        ({"ViewPosition": "AP"}, "AP"),
        ({"ViewCodeSequence": a_code("R-10236", "links seitlich")}, "LL"),
        ({"ViewCodeSequence": a_code("399198007", "")}, "LL"),
        ({"ViewCodeSequence": a_code("272479007", "")}, "PA"),
        ({"ViewCodeSequence": a_code("R-10206", "")}, "AP"),
        ({"ViewCodeSequence": a_code("LOCAL", "right lateral")}, "LL"),
        ({"ViewCodeSequence": a_code("LOCAL", "oblique")}, None),
        ({"PatientOrientation": ["P", "F"]}, "LL"),
        ({"PatientOrientation": ["A", "FR"]}, "LL"),
        ({"PatientOrientation": ["LA", "F"]}, None),
        ({"PatientOrientation": ["L", "F"]}, None),
        ({"PatientOrientation": ""}, None),
        ({"ViewPosition": "PA", "PatientOrientation": ["P", "F"]}, "PA"),
        ({"ViewPosition": "ERECT", "ViewCodeSequence": a_code("399067008", "")}, "LL"),
        ({}, None),
    ],
)
def test_headers(said: dict, view: str | None) -> None:
    header = Dataset()
    for keyword, value in said.items():
        setattr(header, keyword, value)
    assert header_view(header) == view
