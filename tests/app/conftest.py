from pathlib import Path

import pytest
from made_radiograph import radiograph
from PIL import Image
from pydicom import dcmread

from causaray.imagefiles import write_dicom
from causaray.scan import Scan


@pytest.fixture
def png(tmp_path) -> Path:
    """A readable grey radiograph called patient.png."""
    path = tmp_path / "patient.png"
    Image.fromarray(radiograph()).save(path)
    return path


@pytest.fixture
def dicom(tmp_path) -> Path:
    """The same as a DICOM file called patient.dcm, of Jane Doe, PA, 0.5 mm."""
    scan, path = Scan(radiograph() / 255, spacing=(0.5, 0.5), view="PA"), tmp_path / "patient.dcm"
    write_dicom(scan, path, derived_from=scan, description="made for a test", seed=0)
    dataset = dcmread(path)
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Doe^Jane", "MRN-77", "DX"
    dataset.save_as(path)
    return path


@pytest.fixture(scope="session")
def editor_folder(tmp_path_factory) -> Path:
    """Weights of an editor of 64 px that nobody has trained, but that changes what it edits."""
    torch = pytest.importorskip("torch")
    from causaray.nets.autoencoder import Shape
    from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet

    shape = Shape(
        size=64, channels=3, pathology_size=8, width=16, depth=1,
        transformer_layers=1, transformer_dim=16, transformer_patch=4,
    )  # fmt: skip
    config = Config("tiny", ("No Finding", "Pneumonia", "Pleural Effusion"), shape, 32, 1, steps=2)
    torch.manual_seed(0)
    net = EditorNet(config)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    CausalDisentanglementEditor(net, config).save(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# tiny\n")
    return folder


@pytest.fixture
def judge(monkeypatch):
    """In place of the shipped judge one that nobody has trained, of two findings."""
    import torch

    from causaray import weightfiles
    from causaray.classifiers.judge import Judge
    from causaray.nets.finding_classifier import Ensemble

    torch.manual_seed(0)
    made = Judge(("Pneumonia", "Edema"), "0123456789abcdef", Ensemble(2, 1, 32).eval())
    find = weightfiles.find
    monkeypatch.setattr(weightfiles, "find", lambda name: Path(name) if name == "judge-224" else find(name))
    monkeypatch.setattr(Judge, "load", lambda folder: made)
    return made
