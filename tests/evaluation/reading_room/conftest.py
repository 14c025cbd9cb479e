from pathlib import Path

import pytest
from reading_films import edited, unedited

from causaray import reading_make

SIDES = ("left", "right", "bilateral")


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two editors of the same 24 patients and two findings, 6 untouched and 6 diseased films of others."""
    root = tmp_path_factory.mktemp("sources")
    edits = [
        (i, ("Pleural Effusion", "Cardiomegaly")[i % 2], "present", "" if i % 2 else SIDES[i % 3]) for i in range(24)
    ]
    edited(root / "ours", edits)
    edited(root / "theirs", edits)
    unedited(root / "untouched", [(100 + i, "No Finding") for i in range(6)])
    diseased = [(200 + i, ("Effusion", "Cardiomegaly", "Effusion|Edema")[i % 3]) for i in range(9)]
    unedited(root / "diseased", diseased, side="left")
    return root


@pytest.fixture(scope="session")
def made(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 3 films of each finding from each source: 12 edited, 3 untouched, 6 diseased."""
    out = tmp_path_factory.mktemp("made") / "set"
    reading_make(
        {"ours": sources / "ours", "theirs": sources / "theirs"}, out, untouched=sources / "untouched",
        diseased=sources / "diseased", per_finding=3, side=64,
    )  # fmt: skip
    return out
