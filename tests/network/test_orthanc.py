"""Against a real server: Orthanc of Debian's package, started here on loopback; dcmtk and dicom3tools look on."""

import subprocess
from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytest.importorskip("pynetdicom")
from made_study import saved
from orthanc_server import Orthanc, installed
from pydicom import Dataset, dcmread

from causaray.app.verbs.send import send
from causaray.imagefiles import burn_in


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory) -> Iterator[Orthanc]:
    running = Orthanc(tmp_path_factory.mktemp("orthanc"))
    try:
        running.wait_until_it_runs()
        yield running
    finally:
        running.stop()


@pytest.fixture
def faults(tmp_path) -> Callable[[Dataset], list[str]]:
    """What dciodvfy calls an error in an object."""

    def read(dataset: Dataset) -> list[str]:
        file = tmp_path / "checked.dcm"
        dataset.save_as(file)
        done = subprocess.run([installed("dciodvfy"), file], capture_output=True, text=True)
        assert "SCImage" in done.stderr + done.stdout
        lines = (done.stderr + done.stdout).splitlines()
        newer = "001c)"  # Synthetic Data, of 2023, which dciodvfy does not know yet
        return [line for line in lines if line.startswith("Error") and newer not in line]

    return read


def check(back: Dataset, sent: Dataset) -> None:
    """That one is the other's counterfactual: new, of the same study and patient, and marked."""
    assert back.StudyInstanceUID == sent.StudyInstanceUID
    assert (back.PatientID, back.PatientName) == (sent.PatientID, sent.PatientName)
    assert back.SOPInstanceUID != sent.SOPInstanceUID and back.SeriesInstanceUID != sent.SeriesInstanceUID
    assert back.SourceImageSequence[0].ReferencedSOPInstanceUID == sent.SOPInstanceUID
    shown = back.pixel_array / 4095
    np.testing.assert_allclose(shown, burn_in(shown, "SYNTHETIC"), atol=1 / 4095)


def test_storescu_gets_the_counterfactual_into_orthanc(tmp_path, orthanc, listening, faults):
    here = listening(forward_to=orthanc.address)
    file = saved(tmp_path)
    sent = dcmread(file)
    call = [installed("storescu"), "-aet", "MODALITY", "-aec", "CAUSARAY", "127.0.0.1", str(here.port), str(file)]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (back,) = orthanc.study(sent.StudyInstanceUID, images=1)
    check(back, sent)
    assert faults(back) == []


def test_echoscu_is_answered(listening):
    port = str(listening(forward_to="PACS@127.0.0.1:104").port)
    assert subprocess.run([installed("echoscu"), "-aec", "CAUSARAY", "127.0.0.1", port]).returncode == 0


def test_orthanc_pushes_a_study_and_finds_the_counterfactual_in_it(tmp_path, orthanc, listening, faults):
    file = saved(tmp_path)
    (stored,) = send(file, orthanc.address, ae_title="MODALITY")
    assert stored.stored
    sent = dcmread(file)
    here = listening(out=tmp_path / "out", forward_to=orthanc.address, senders=["ORTHANC"])
    orthanc.push("CAUSARAY", here.port, sent.StudyInstanceUID)
    images = orthanc.study(sent.StudyInstanceUID)
    (back,) = (image for image in images if image.SOPInstanceUID != sent.SOPInstanceUID)
    check(back, sent)
    assert faults(back) == []
    # Pushed once more, the study holds a counterfactual. None is made of it, and the other's is the same again.
    here.told.clear()
    orthanc.push("CAUSARAY", here.port, sent.StudyInstanceUID)
    here.wait_for("it is a counterfactual already")
    here.wait_for("stored by")
    assert len(orthanc.study(sent.StudyInstanceUID)) == 2
