"""Damaged files sent to a server: `python -m benchmarks.fuzz 10000 --api 200`.

Each of so many image files, damaged at random, has to be answered with a counterfactual or with one clear sentence,
never with 5xx; the server must stay, leave no file, and say nothing of the patient. `--api` lets schemathesis send as
many examples to each path of the OpenAPI description (`pip install schemathesis`).
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.mutated import SECRETS, mutated, originals
from benchmarks.served import Served, served

EXPECTED = {200, 413, 422}
KILLED = "422 (its reader died)"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def faults(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer to a damaged file."""
    found = [] if answer.status_code in EXPECTED else [f"status {answer.status_code}"]
    found += [f"it says {secret}" for secret in SECRETS if secret.encode() in answer.content]
    if answer.status_code != 200:
        said = answer.json().get("error", "") if answer.headers["content-type"] == "application/json" else ""
        if not said.endswith((".", "?")) or "\n" in said or "Traceback" in said:
            found.append(f"it is no sentence: {answer.text[:200]}")
    return found


def outcome(answer: httpx.Response) -> str:
    """What became of a damaged file: the status, or that it killed the process in which it was read."""
    return (
        KILLED
        if answer.status_code == 422 and "so that it cannot be decoded" in answer.text
        else str(answer.status_code)
    )


def fuzz(server: Served, n: int, start: int) -> Iterator[tuple[str, str, list[str]]]:
    """Name of the original, outcome, and faults of the answer, for `n` damaged files."""
    files = list(originals().items())
    with server.client() as web:
        for seed in range(start, start + n):
            name, content = files[seed % len(files)]
            # Strength 0 gives the image back, so that only the reading takes time.
            form = {"prompt": "pneumonia", "strength": "0"}
            answer = web.post("/v1/edit", files={"image": ("Doe.dcm", mutated(content, seed))}, data=form)
            yield name, outcome(answer), [f"{name}, seed {seed}: {fault}" for fault in faults(answer)]


def schemathesis(server: Served, examples: int) -> int:
    """Its exit code: 0 when all answers are as the description says."""
    command = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--checks", CHECKS]
    return subprocess.run([command, "run", f"{server.url}/openapi.json", *options]).returncode


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("files", type=int)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--api", type=int, default=0, help="examples that schemathesis sends to each path")
    parser.add_argument("--weights", default="cxr-128")
    asked = parser.parse_args()
    with served("--weights", asked.weights) as server:
        begun, before, counts, wrong = time.monotonic(), server.resident_mib(), Counter[tuple[str, str]](), list[str]()
        for name, became, found in fuzz(server, asked.files, asked.start):
            counts[name, became] += 1
            wrong += found
        seconds = time.monotonic() - begun
        if asked.api and schemathesis(server, asked.api):
            wrong.append("schemathesis found faults")
        left, log = list(server.temporary.iterdir()), server.log.read_text()
        after = server.resident_mib()
    wrong += [f"left behind: {path.name}" for path in left]
    wrong += [f"in the log: {word}" for word in (*SECRETS, "Doe.dcm", "Traceback", "Warning", "fault:") if word in log]
    for name in dict.fromkeys(name for name, _ in counts):
        print(f"{name}: " + ", ".join(f"{n} x {became}" for (of, became), n in sorted(counts.items()) if of == name))
    print(
        f"{asked.files} files in {seconds:.0f} s; resident memory {before:.0f} -> {after:.0f} MiB; {len(wrong)} faults"
    )
    print(*wrong[:40], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
