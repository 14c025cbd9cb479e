"""`python -m benchmarks.wheel` (or `make wheel`): build, install into a new environment, edit there without a network.

Writes dist/ (wheel, sdist, sbom.cdx.json) and docs/results/wheel.md. Fails when a file is larger than an index takes,
or the installed program cannot edit. It needs the extra `release`, and Linux to take the network away.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
DIST, OUT = ROOT / "dist", ROOT / "docs" / "results" / "wheel.md"
LARGEST = 100 * 10**6
"""Bytes of a file that the Python package index takes."""
FILM = "src/causaray/app/demo/adult.jpg"
REQUEST = "moderate left pleural effusion"
HEAD = """\
# What is released

Made by `python -m benchmarks.wheel` of version {version}, which the last tag tells. Wheel and sdist are built from the
sources, the wheel is installed into a new environment, and edits a radiograph from an empty folder {network}.
Seconds on {cores} cores, of a package index that is near.

| | |
|---|---|
{rows}

The index takes files of up to {largest:.0f} MB. `dist/sbom.cdx.json` lists what is installed with it (CycloneDX).

## Licences of what is installed with it

Causaray and its weights are Apache-2.0; the sources of the demo's radiographs are in src/causaray/app/demo/README.md.
What the packages say of themselves, without extras:

{licences}
"""


def main() -> None:
    """Build, check and write the page."""
    shutil.rmtree(DIST, ignore_errors=True)
    seconds: dict[str, float] = {}
    _timed(seconds, "build", [sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)])
    (wheel,), (sdist,) = list(DIST.glob("*.whl")), list(DIST.glob("*.tar.gz"))
    version = wheel.name.split("-")[1]
    for file in (wheel, sdist):
        assert version in file.name, file
        assert file.stat().st_size < LARGEST, f"{file.name} has {file.stat().st_size} bytes; the index takes {LARGEST}."
    with TemporaryDirectory(prefix="causaray-wheel-") as folder:
        place, python = Path(folder), Path(folder) / "venv" / "bin" / "python"
        _timed(seconds, "install", [sys.executable, "-m", "venv", str(place / "venv")])
        _timed(seconds, "install", [str(python), "-m", "pip", "install", "--quiet", str(wheel)])
        shutil.copyfile(ROOT / FILM, place / "film.jpg")
        edit = [str(python.with_name("causaray")), "edit", "film.jpg", "--prompt", REQUEST, "--out", "out"]
        _timed(seconds, "edit", [*_offline(), *edit], place)
        written = sorted(file.name for file in (place / "out").iterdir())
        assert "film-counterfactual-film.png" in written, written
        _timed({}, "sbom", [
            sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--output-reproducible",
            "--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(DIST / "sbom.cdx.json"),
        ])  # fmt: skip
        licences = _licences(python)
    rows = [
        f"| {wheel.name} | {wheel.stat().st_size / 1e6:.1f} MB |",
        f"| {sdist.name} | {sdist.stat().st_size / 1e6:.1f} MB |",
        f"| to build both | {seconds['build']:.0f} s |",
        f"| to install into a new environment, with what it needs | {seconds['install']:.0f} s |",
        f"| first edit, the start of the program included | {seconds['edit']:.0f} s |",
    ]
    network = "without a network" if _offline() else "(the network could not be taken away here)"
    OUT.write_text(
        HEAD.format(
            version=version, network=network, cores=os.cpu_count(), rows="\n".join(rows),
            largest=LARGEST / 1e6, licences=licences,
        ),
        encoding="utf-8",
    )  # fmt: skip
    print(
        f"{wheel.name}, {sdist.name} and sbom.cdx.json are in {DIST}; {OUT.relative_to(ROOT)} says what was measured."
    )


def _offline() -> list[str]:
    """What stands before a command that is to have no network, where this system can do that."""
    command = ["unshare", "--net", "--map-root-user"]
    done = shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if done else []


def _timed(seconds: dict[str, float], name: str, command: list[str], folder: Path | None = None) -> None:
    """Run a command as on a new machine, and add the seconds that it took."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "CAUSARAY"))}
    start = time.monotonic()
    subprocess.run(command, cwd=folder, env=clean, check=True, stdout=subprocess.DEVNULL)
    seconds[name] = seconds.get(name, 0) + time.monotonic() - start


def _licences(python: Path) -> str:
    command = [sys.executable, "-m", "piplicenses", "--python", str(python), "--format", "markdown", "--from", "mixed"]
    said = subprocess.run([*command, "--order", "name"], check=True, capture_output=True, text=True).stdout
    rows = [line for line in said.splitlines() if not re.match(r"\| (causaray|pip|setuptools) ", line)]
    return "\n".join(re.sub(r" {2,}", " ", re.sub(r"-{4,}", "---", line)) for line in rows)


if __name__ == "__main__":
    main()
