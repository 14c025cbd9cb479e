"""`python -m benchmarks` (or `make bench`): run everything, print it, write docs/results/benchmarks.md."""

import platform
from pathlib import Path

import torch

from benchmarks import apart, editing, phantom, reports, training

LIMITS = {
    "warm_seconds": 1.0,
    "cold_seconds": 8.0,
    "cold_peak_mib": 2048,
    "help_seconds": 0.5,
    "phantom_128_seconds_per_100": 1.0,
    "read_apart_prepared_ratio": 1.15,
    "read_apart_whole_ratio": 1.15,
    "peak_mib": 6144,
}


def table(figures: dict[str, float]) -> str:
    rows = [f"| {k} | {v:.4g} | {LIMITS.get(k, '')} |" for k, v in figures.items()]
    return "\n".join(["| figure | measured | at most |", "|---|---|---|", *rows])


def main() -> None:
    parts = [
        editing.help_seconds,
        editing.cold,
        editing.warm,
        phantom.seconds_per_100,
        apart.ratios,
        reports.per_second,
        training.stage1,
    ]
    figures: dict[str, float] = {}
    for part in parts:
        print(f"{part.__module__}.{part.__name__} ...", flush=True)
        figures |= part()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    about = f"{platform.machine()}, {torch.get_num_threads()} threads, {versions}"
    text = f"# Speed and memory\n\nMade by `make bench` on {about}.\n\n{table(figures)}\n"
    out = Path(__file__).parent.parent / "docs" / "results" / "benchmarks.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
