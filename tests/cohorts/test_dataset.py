"""A cohort as a torch data set."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import causaray  # noqa: E402
from causaray.cohorts.phantom import prepare_phantom  # noqa: E402
from causaray.errors import BadInput  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("cohort") / "phantom"
    prepare_phantom(made, 60, size=64)
    return made


def test_items_are_those_of_the_cohort_and_collate(folder):
    cohort = causaray.Cohort.open(folder).subset(split="train")
    data = causaray.CohortDataset(folder, "train", findings=("Pleural Effusion", "Edema"))
    assert len(data) == len(cohort) and data.pathologies == ("Pleural Effusion", "Edema")
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=5)))
    assert batch["image"].shape == (5, 1, 64, 64) and batch["label"].shape == (5, 2)
    assert np.array_equal(batch["image"].numpy(), cohort.images(range(5)))
    assert np.array_equal(batch["label"].numpy(), data.labels[:5], equal_nan=True)
    assert batch["patient"] == cohort.table["patient"].astype(str).tolist()[:5]
    assert data[-1]["index"] == len(data) - 1


def test_ranges_and_transforms(folder):
    unit = causaray.CohortDataset(folder)[0]["image"]
    xray = causaray.CohortDataset([folder], range="torchxrayvision", channels=3, transform=lambda x: x / 1024)
    assert torch.allclose(xray[0]["image"], (2 * unit - 1).expand(3, 64, 64), atol=1e-6)


def test_an_uncertain_label_is_not_known(folder):
    cohort = causaray.Cohort.open(folder)
    cohort.table["Edema"] = -1.0
    assert np.isnan(causaray.CohortDataset(cohort, findings=["Edema"]).labels).all()


def test_what_is_refused(folder, tmp_path):
    with pytest.raises(BadInput, match="no prepared cohort"):
        causaray.CohortDataset(tmp_path)
    with pytest.raises(BadInput, match="no studies in split holdout"):
        causaray.CohortDataset(folder, "holdout")
    with pytest.raises(BadInput, match="no range"):
        causaray.CohortDataset(folder, range="hounsfield")
    with pytest.raises(BadInput, match="no finding of a prepared cohort"):
        causaray.CohortDataset(folder, findings=["Flu"])
    with pytest.raises(IndexError):
        causaray.CohortDataset(folder)[60]
