"""A running Orthanc, of Debian's package, on loopback."""

import json
import shutil
import subprocess
import time
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from made_study import free_port
from pydicom import Dataset, dcmread


def installed(program: str) -> str:
    """Its path; the test is skipped where it is missing."""
    # Debian puts servers where only root looks.
    return shutil.which(program, path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin") or pytest.skip(
        f"{program} is not installed (apt-get install orthanc dcmtk dicom3tools)"
    )


class Orthanc:
    """A running Orthanc, asked over its REST interface."""

    def __init__(self, folder: Path, settings: dict | None = None) -> None:
        """In a folder of its own; `settings` take the place of ours, but for the ports."""
        self.port, self._web = free_port(), free_port()
        self.address = f"ORTHANC@127.0.0.1:{self.port}"
        ours = {
            "Name": "ORTHANC", "DicomAet": "ORTHANC", "RemoteAccessAllowed": False, "Plugins": [],
            "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "index"),
            "AuthenticationEnabled": False, "DicomModalitiesInDatabase": True, "DicomCheckCalledAet": True,
        }  # fmt: skip
        settings = (settings or ours) | {"DicomPort": self.port, "HttpPort": self._web}
        (folder / "orthanc.json").write_text(json.dumps(settings))
        with (folder / "log").open("wb") as log:
            program = [installed("Orthanc"), folder / "orthanc.json"]
            self._process = subprocess.Popen(program, cwd=folder, stdout=log, stderr=log)

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
