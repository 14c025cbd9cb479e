"""What `kill -9` and a lost process leave, and what a study costs in cohorts of three lengths: docs/results/scale.md.

python -m benchmarks.scale [--kills 20] [--work runs/scale] [--only prepare --only ranks ...]

What is measured goes into scale.json at once, so that parts can be measured one after the other.
"""

import argparse
import csv
import io
import json
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.imagefiles import write_png
from causaray.scan import Scan

RESULTS = Path(__file__).parent.parent / "docs" / "results"
SCRIPT = Path(__file__).parent.parent / "tests" / "training" / "by_ranks.py"
RECIPE = """
name: small
method: classifier
backbone: vit
size: 32
steps: 100
batch: 16
lr: 0.001
order: epochs
fewest: 5
labels: [Pleural Effusion]
"""
KILLED = ("prepare", "training", "batch edit")
PARTS = (*KILLED, "ranks", "lengths")
STUDIES = (10_000, 100_000, 1_000_000)


@dataclass
class Disturbed:
    """A command that is killed again and again, and what tells its results from others."""

    name: str
    line: Callable[[Path], Sequence[str]]
    digest: Callable[[Path], str]
    begun: Callable[[Path], bool]


def whole(folder: Path) -> str:
    """A digest of all files of a folder and their names."""
    held = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        held.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return held.hexdigest()


def trained(folder: Path) -> str:
    """A digest of the weights and of the losses, without the seconds."""
    with (folder / "classifier.csv").open() as file:
        losses = [(row[0], row[2], row[3]) for row in csv.reader(file)]
    return sha256((folder / "small/model.safetensors").read_bytes() + json.dumps(losses).encode()).hexdigest()


def disturb(one: Disturbed, work: Path, kills: int) -> dict[str, object]:
    """Run it undisturbed; then kill it `kills` times at random moments after it has begun, and go on with it."""
    calm = work / f"{one.name}-calm"
    shutil.rmtree(calm, ignore_errors=True)
    process, start = _start(one.line(calm)), time.monotonic()
    while not one.begun(calm):
        time.sleep(0.02)
    begun = time.monotonic()
    assert process.wait() == 0
    seconds, expected = time.monotonic() - begun, one.digest(calm)
    rng, left, equal, finished = random.Random(0), kills, 0, 0
    out = work / f"{one.name}-disturbed"
    shutil.rmtree(out, ignore_errors=True)
    while True:
        fresh = not one.begun(out)
        process = _start(one.line(out))
        while fresh and process.poll() is None and not one.begun(out):
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):  # one that goes on imports for as long as the first one did
            process.wait(rng.uniform(0, seconds) + (0 if fresh else begun - start) if left else None)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            left -= 1
            print(f"{one.name}: killed, {left} left", flush=True)
            continue
        assert process.returncode == 0, f"{one.name} ended with {process.returncode}"
        finished, equal = finished + 1, equal + (one.digest(out) == expected)
        print(f"{one.name}: finished {finished}, equal {equal}", flush=True)
        if not left:
            break
        shutil.rmtree(out)
    return {"kills": kills, "finished": finished, "equal": equal, "seconds_undisturbed": round(seconds, 1)}


def _start(line: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, start_new_session=True)


def verb(*arguments: object) -> list[str]:
    """The command line of a verb."""
    return [sys.executable, "-m", "causaray", *map(str, arguments)]


def disturbed(work: Path) -> list[Disturbed]:
    """Prepare, a training and a batch edit, to be ended by `kill -9`."""
    raw, phantoms, small = work / "raw", work / "phantoms", work / "small"
    _films(raw, 120)
    for folder, n, size in ((phantoms, 12, 64), (small, 200, 32)):
        if not folder.exists():
            prepare_phantom(folder, n, size=size, common=0.4)
    recipe = work / "small.yaml"
    recipe.write_text(RECIPE)
    asked = ("--prompt", "moderate left pleural effusion", "--weights", "phantom-64", "--batch", 3, "--shard-size", 3)
    return [
        Disturbed(
            "prepare",
            lambda out: verb(
                "prepare", raw, "--out", out, "--size", 64, "--size", 128, "--shard-size", 10, "--jobs", 1
            ),
            whole, lambda out: out.exists(),
        ),
        Disturbed(
            "training",
            lambda out: verb(
                "train", recipe, "--cohorts", small, "--out", out, "--resume", "--checkpoint-every", 10,
                "--device", "cpu",
            ),
            trained, lambda out: (out / "recipe.json").exists(),
        ),
        Disturbed(
            "batch edit", lambda out: verb("batch", "edit", phantoms, "--out", out, *asked), whole,
            lambda out: (out / "plan.json").exists(),
        ),
    ]  # fmt: skip


def ranks(work: Path) -> dict[str, object]:
    """1, 2 and 4 processes, and 4 of which one is lost: the last loss, and how far the weights are from one's."""
    small = work / "small"
    found: dict[str, object] = {}
    first: dict[str, torch.Tensor] = {}
    for name, processes, more in (("1", 1, []), ("2", 2, []), ("4", 4, []), ("4, one lost", 4, [work / "lost"])):
        out = work / f"ranks-{name.replace(', ', '-').replace(' ', '-')}"
        shutil.rmtree(out, ignore_errors=True)
        (work / "lost").unlink(missing_ok=True)
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        how = [*torchrun, "--max-restarts", "1"] if processes > 1 else []
        subprocess.run([sys.executable, *map(str, [*how, SCRIPT, small, out, 60, *more])], check=True)
        weights = torch.load(out / "weights.pt", weights_only=True)
        first = first or weights
        with (out / "net.csv").open() as file:
            loss = [float(row[3]) for row in csv.reader(file)][-1]
        apart = max(float((weights[key] - first[key]).abs().max()) for key in first)
        found[name] = {"loss": loss, "weights_apart": apart, "lost": bool(more) and (work / "lost").exists()}
        print(name, found[name], flush=True)
    return found


def lengths(work: Path) -> dict[str, object]:
    """Seconds and bytes a study of `prepare`, and its peak memory, for cohorts of three lengths, in tar files."""
    found: dict[str, object] = {}
    for n in STUDIES:
        tars, out = work / f"tars-{n}", work / f"prepared-{n}"
        shutil.rmtree(out, ignore_errors=True)
        _tars(tars, n)
        line = verb("prepare", tars, "--out", out, "--size", 32, "--shard-size", 2048, "--jobs", 1)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        peak = _peak(subprocess.Popen(line, stdout=subprocess.DEVNULL))
        after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        held = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        found[str(n)] = {
            "ms_a_study": round(1000 * seconds / n, 3), "cpu_ms_a_study": round(1000 * cpu / n, 3),
            "bytes_a_study": round(held / n, 1), "peak_mib": round(peak, 1), "open_ms": round(_open_ms(out), 1),
        }  # fmt: skip
        print(n, found[str(n)], flush=True)
        shutil.rmtree(tars)
    return found


def _peak(process: subprocess.Popen[bytes]) -> float:
    """The most anonymous memory of a process, in MiB, asked ten times a second; mapped files are the disk's."""
    peak = 0
    while process.poll() is None:
        with suppress(OSError, StopIteration, ValueError):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            peak = max(peak, next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")))
        time.sleep(0.1)
    assert process.returncode == 0
    return peak / 1024


def _open_ms(folder: Path) -> float:
    code = (
        "import sys, time; from causaray.cohorts import Cohort; t = time.perf_counter(); c = Cohort.open(sys.argv[1]);"
        "print(1000 * (time.perf_counter() - t))"
    )
    told = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    return float(told.stdout)


def _films(folder: Path, n: int) -> None:
    if folder.exists():
        return
    (folder / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(0), ["image,patient,findings,view"]
    for i in range(n):
        write_png(Scan(np.kron(rng.random((8, 8)), np.ones((32, 32))).astype(np.float32)), folder / f"images/{i}.png")
        rows.append(f"images/{i}.png,p{i // 2},{('Edema', 'No Finding')[i % 2]},PA")
    (folder / "metadata.csv").write_text("\n".join(rows) + "\n")


def _tars(folder: Path, n: int, each: int = 1000) -> None:
    """Tar files as WebDataset has them: small images of noise, and what a table would say of them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    images = []
    for seed in range(50):
        file = io.BytesIO()
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40), np.uint8)).save(file, "png")
        images.append(file.getvalue())
    for start in range(0, n, each):
        with tarfile.open(folder / f"{start:07d}.tar", "w") as tar:
            for i in range(start, start + each):
                about = json.dumps({"patient": f"p{i // 2}", "findings": ("Edema", "No Finding")[i % 2], "view": "PA"})
                for ending, content in (("png", images[i % 50]), ("json", about.encode())):
                    member = tarfile.TarInfo(f"{i:07d}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def page(found: dict[str, Any]) -> str:
    """The page in Markdown, of the parts that were measured; it names those that were not."""
    lines = [
        "# Scale: what is left after `kill -9`, by how many processes, and what a study costs", "",
        f"Made by `python -m benchmarks.scale` on {found['about']}. Figures: [scale.json](scale.json). What they "
        "come to for cohorts of one's own: [docs/scale.md](../scale.md). Nothing here was measured on a GPU.",
    ]  # fmt: skip
    if missing := [part for part in PARTS if part not in found]:
        lines += ["", f"Not measured yet: {', '.join(missing)} (`python -m benchmarks.scale --only NAME`)."]
    if any(name in found for name in KILLED):
        lines += ["", *_killed_lines(found)]
    if "ranks" in found:
        lines += ["", *_ranks_lines(found["ranks"])]
    if "lengths" in found:
        lines += ["", *_lengths_lines(found["lengths"])]
    return "\n".join(lines) + "\n"


def _killed_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        "## Killed at random moments, with all its processes, and begun again by the same line", "",
        "| what | killed | runs finished | of these equal to an undisturbed run | seconds of that after its start |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for name in KILLED:
        if name in found:
            values = [found[name][key] for key in ("kills", "finished", "equal", "seconds_undisturbed")]
            lines.append(f"| {name} | " + " | ".join(map(str, values)) + " |")
    return [
        *lines, "",
        "Equal: of `prepare` (120 films, 64 and 128 px, shards of 10) and of `batch edit` (12 phantoms, shards of 3) "
        "every file under the folder, byte by byte; of the training (a classifier, 100 updates, a checkpoint every "
        "10) the weights and all losses told.",
    ]  # fmt: skip


def _ranks_lines(ranks: dict[str, Any]) -> list[str]:
    rows = [f"| {name} | {one['loss']:.6f} | {one['weights_apart']:.1e} |" for name, one in ranks.items()]
    return [
        "## A training by several processes", "",
        "60 updates of a small net in single precision, batch 16 in all, gloo on one CPU.", "",
        "| processes | mean loss of the last 10 updates | weights farthest from one process's |", "|---|---|---|",
        *rows, "",
        "One lost: the fourth process ended at once at its update 12 of 60 (`os._exit`), and torchrun "
        "(`--max-restarts 1`) began all four again from the last checkpoint.",
    ]  # fmt: skip


def _lengths_lines(lengths: dict[str, Any]) -> list[str]:
    keys = ("ms_a_study", "cpu_ms_a_study", "bytes_a_study", "peak_mib", "open_ms")
    rows = [f"| {int(n):,} | " + " | ".join(str(one[key]) for key in keys) + " |" for n, one in lengths.items()]
    return [
        "## Cohorts of three lengths", "",
        "Small images (40 px) in tar files, prepared at 32 px in shards of 2048 by one process.", "",
        "| studies | ms a study | of these on the CPU | bytes a study | peak memory, MiB | to open it, ms |",
        "|---|---|---|---|---|---|", *rows, "",
        "Peak memory is that of the process that lists and writes, without mapped files.",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--work", type=Path, default=Path("runs/scale"))
    parser.add_argument("--page", action="store_true", help="write the page of what was measured, and measure nothing")
    parser.add_argument("--only", action="append", choices=PARTS)
    asked = parser.parse_args()
    if asked.page:
        (RESULTS / "scale.md").write_text(page(json.loads((RESULTS / "scale.json").read_text())), encoding="utf-8")
        return
    asked.work.mkdir(parents=True, exist_ok=True)
    work = asked.work.absolute()
    kinds = disturbed(work)
    parts: dict[str, Callable[[], object]] = {one.name: partial(disturb, one, work, asked.kills) for one in kinds}
    parts |= {"ranks": partial(ranks, work), "lengths": partial(lengths, work)}
    for name in asked.only or parts:
        _note(name, parts[name]())


def _note(name: str, measured: object) -> None:
    """Put what was measured into scale.json, and write the page."""
    path = RESULTS / "scale.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    found["about"] = f"{platform.machine()}, {len(os.sched_getaffinity(0))} CPU that others used too, {versions}"
    found[name] = measured
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "scale.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
