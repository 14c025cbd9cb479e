"""Damaged files named by a user: `python -m benchmarks.fuzz_files 10000 --processes 20`.

Each of so many image files, damaged at random, is given to `causaray edit`, with a mask of other pixels, so that what
can be read is refused once it was read; and all of them, in folders, to `causaray prepare --skip-bad`. No exit code may
be other than 0 and 2, what is refused has to be refused in one clear sentence that says nothing of the patient, and
nothing may be left behind: no file, no folder, no process. The command line is driven within this process; of the first
`--processes` files `causaray info` is asked in a process of its own, too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from PIL import Image
from typer.main import get_command

from benchmarks.editing import CAUSARAY
from benchmarks.mutated import SECRETS, mutated, originals
from benchmarks.served import children
from causaray.app import cli
from causaray.imagefiles import apart

FOLDER = 500
"""Files of each folder that is prepared."""
KILLED, READ = "so that it cannot be decoded", "The mask "
MASK = (64, 64)
"""Pixels of a picture that no file has."""


def fuzz(n: int, start: int, processes: int, place: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name of the original, outcome, and faults, for `n` damaged files named, and as many in folders prepared."""
    kinds, mask = list(originals().items()), place / "mask.png"
    Image.linear_gradient("L").resize(MASK).save(mask)
    for first in range(start, start + n, FOLDER):
        source = place / "source"
        source.mkdir()
        seeds = range(first, min(first + FOLDER, start + n))
        for seed in seeds:
            name, content = kinds[seed % len(kinds)]
            file = source / f"{seed}.dcm"
            file.write_bytes(mutated(content, seed))
            asked = [
                (_here, ["edit", str(file), "--prompt", "pneumonia", "--mask", str(mask), "--out", str(place / "out")])
            ]
            asked += [(_apart, ["info", str(file)])] if seed < start + processes else []
            for way, arguments in asked:
                code, out, err = way(arguments)
                yield name, _outcome(code, err), [f"{name}, seed {seed}: {fault}" for fault in _faults(code, out, err)]
        for name, outcome, found in _prepared(source, place):
            yield name, outcome, [f"prepare, seeds from {first}: {fault}" for fault in found]
        for file in source.iterdir():
            file.unlink()
        source.rmdir()


def _prepared(source: Path, place: Path) -> Iterator[tuple[str, str, list[str]]]:
    out = place / "out"
    code, said, err = _here(["prepare", str(source), "--out", str(out), "--size", "32", "--skip-bad"])
    found = _faults(code, said, err)
    if code == 0:
        reasons = json.loads((out / "cohort.json").read_text())["unreadable"]
        found += [f"no sentence: {reason}" for reason in reasons.values() if not _is_sentence(reason)]
        found += [f"it says {secret}" for secret in SECRETS if any(secret in reason for reason in reasons.values())]
        for file in out.iterdir():
            file.unlink()
        out.rmdir()
        for reason in reasons.values():
            yield "prepare", _outcome(2, reason), []
    found += [f"left behind: {path.name}" for path in place.iterdir() if path.name not in ("source", "mask.png")]
    yield "prepare, folders", str(code), found


def _here(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code and what is printed, of the command line within this process."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        return cli.main(arguments), out.getvalue(), err.getvalue()


def _apart(arguments: list[str]) -> tuple[int, str, str]:
    done = subprocess.run([CAUSARAY, *arguments], capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout, done.stderr


def _faults(code: int, out: str, err: str) -> list[str]:
    found = [] if code in (0, 2) else [f"exit code {code}"]
    found += [f"it says {secret}" for secret in SECRETS if secret in out + err]
    if code and not _is_sentence(err.strip()):
        found.append(f"it is no sentence: {err[:200]}")
    return found


def _is_sentence(said: str) -> bool:
    return said.endswith((".", "?")) and "\n" not in said and "Traceback" not in said


def _outcome(code: int, said: str) -> str:
    """The exit code, and whether the file was read, or killed the process in which it was decoded."""
    told = " (its reader died)" if KILLED in said else " (read)" if READ in said else ""
    return f"{code}{told}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_files", description=__doc__)
    parser.add_argument("files", type=int)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument(
        "--processes", type=int, default=0, help="how many files are given to a process of their own, too"
    )
    asked = parser.parse_args()
    cli.app = get_command(cli.app)  # type: ignore[assignment]  # built once
    begun, counts, wrong = time.monotonic(), Counter[tuple[str, str]](), list[str]()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as temporary:
        tempfile.tempdir = temporary
        for name, became, found in fuzz(asked.files, asked.start, asked.processes, Path(folder)):
            counts[name, became] += 1
            wrong += found
        wrong += [
            f"left behind: {path.name}"
            for path in (*Path(folder).iterdir(), *Path(temporary).iterdir())
            if path.name != "mask.png"
        ]
    apart._close_all()
    wrong += [f"a process is left: {child}" for child in children(os.getpid())]
    for name in dict.fromkeys(name for name, _ in counts):
        print(f"{name}: " + ", ".join(f"{n} x {became}" for (of, became), n in sorted(counts.items()) if of == name))
    print(f"{asked.files} files in {time.monotonic() - begun:.0f} s; {len(wrong)} faults")
    print(*wrong[:40], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
