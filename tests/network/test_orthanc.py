"""Against a real server: Orthanc of Debian's package, started here on loopback; dcmtk and dicom3tools look on."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pytest

pytest.importorskip("pynetdicom")
from made_study import free_port, saved
from pydicom import Dataset, dcmread

from causaray.app.verbs.send import send
from causaray.imagefiles import burn_in


def installed(program: str) -> str:
    """Its path; the test is skipped where it is missing."""
    # Debian puts servers where only root looks.
    return shutil.which(program, path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin") or pytest.skip(
        f"{program} is not installed (apt-get install orthanc dcmtk dicom3tools)"
    )


class Orthanc:
    """A running Orthanc, asked over its REST interface."""

    def __init__(self, folder: Path) -> None:
        self.port, self._web = free_port(), free_port()
        self.address = f"ORTHANC@127.0.0.1:{self.port}"
        settings = {
            "Name": "ORTHANC", "DicomAet": "ORTHANC", "DicomPort": self.port, "HttpPort": self._web,
            "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "Plugins": [],
            "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "index"),
            "DicomModalitiesInDatabase": True, "DicomCheckCalledAet": True,
        }  # fmt: skip
        (folder / "orthanc.json").write_text(json.dumps(settings))
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen([installed("Orthanc"), folder / "orthanc.json"], stdout=log, stderr=log)

    def ask(self, path: str, method: str = "GET", body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"http://127.0.0.1:{self._web}{path}", data, method=method), timeout=30) as answer:
            return answer.read()

    def wait_until_it_runs(self) -> None:
        for _ in range(300):
            try:
                self.ask("/system")
                return
            except URLError:
                assert self._process.poll() is None, "Orthanc ended"
                time.sleep(0.1)
        raise AssertionError("Orthanc did not start in 30 s")

    def study(self, uid: str, images: int = 2) -> list[Dataset]:
        """The images of a study, once there are so many."""
        found = []
        for _ in range(300):
            found = json.loads(
                self.ask("/tools/find", "POST", {"Level": "Instance", "Query": {"StudyInstanceUID": uid}})
            )
            if len(found) == images:
                return [dcmread(BytesIO(self.ask(f"/instances/{one}/file"))) for one in found]
            time.sleep(0.1)
        raise AssertionError(f"{len(found)} images where {images} were expected")

    def push(self, title: str, port: int, study_uid: str) -> None:
        """Have it send a study to a listener, as a rule of a PACS would."""
        self.ask(f"/modalities/{title}", "PUT", {"AET": title, "Host": "127.0.0.1", "Port": port})
        (study,) = self._find("Study", study_uid)
        self.ask(f"/modalities/{title}/store", "POST", {"Resources": [study], "Permissive": True})

    def _find(self, level: str, study_uid: str) -> list[str]:
        asked = {"Level": level, "Query": {"StudyInstanceUID": study_uid}}
        return json.loads(self.ask("/tools/find", "POST", asked))

    def stop(self) -> None:
        self._process.kill()  # its storage is thrown away
        self._process.wait(30)


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
