"""One edit at 128 px, file to file: warm within a process, and the whole command cold."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

CAUSARAY = str(Path(sys.executable).parent / "causaray")
PROMPT = "moderate left pleural effusion"
DEMO = Path(str(files("causaray.app") / "demo" / "adult.jpg"))


def warm(repeats: int = 10) -> dict[str, float]:
    """Median seconds of reading, editing, judging and writing one image, the nets being in memory."""
    from causaray.app.editing import EditingPipeline
    from causaray.editors.edit import EditRequest
    from causaray.editors.spec import EditorSpec
    from causaray.findings import parse_prompt
    from causaray.imagefiles import read_scan

    place, request = EditingPipeline.open(EditorSpec.of("cxr-128")), EditRequest(parse_prompt(PROMPT))
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(repeats + 2):
            start = time.perf_counter()
            (made,) = place.edit([read_scan(DEMO).square(128)], request)
            made.save(Path(folder), f"edit{i}", ("png", "json"))
            seconds.append(time.perf_counter() - start)
    return {"warm_seconds": statistics.median(seconds[2:])}


def cold(repeats: int = 3) -> dict[str, float]:
    """Median seconds and peak resident memory (MiB) of the whole command, from process start to its end."""
    seconds = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            command = [CAUSARAY, "edit", str(DEMO), "--prompt", PROMPT, "--out", folder, "--json"]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
            seconds.append(time.perf_counter() - start)
            json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"cold_seconds": statistics.median(seconds), "cold_peak_mib": peak}


def help_seconds(repeats: int = 5) -> dict[str, float]:
    """Median seconds of `causaray --help`."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([CAUSARAY, "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return {"help_seconds": statistics.median(seconds)}
