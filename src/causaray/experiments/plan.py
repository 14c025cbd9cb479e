"""What a cohort takes: hours, disk and memory, as arithmetic from measured units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOUR = 3600.0
FORMATS = ("png", "jpg", "dicom", "jpeg2000")
APART = 1.15
"""Decoding in a process of its own may take so many times as long (docs/results/benchmarks.md holds it to that)."""


@dataclass(frozen=True)
class Line:
    """One piece of work: what it is, how its figure comes about, the figure, and its unit; None is not measured."""

    what: str
    how: str
    value: float | None
    unit: str


def plan(
    units: Mapping[str, Any], studies: int, cores: int, gpus: int, sizes: Sequence[int], source: str, epochs: int,
    price: float | None = None, core_price: float | None = None,
) -> list[Line]:  # fmt: skip
    """The work on so many studies, on so many cores and GPUs, in order.

    units: as `experiments.units.measure` gives them; source: one of FORMATS; epochs: that a training sees each film;
    price, core_price: of an hour of a GPU and of a core, in any currency. What nets do is reckoned on GPUs where there
    are some: the units must have been measured on one then, else it is not measured.
    """
    u, on_gpu = units["units"], gpus > 0
    measured = units["about"]["device"] != "cpu" if on_gpu else units["about"]["device"] == "cpu"
    workers, kind = (gpus, "GPUs") if on_gpu else (cores, "cores")
    read, seen, stored = u[f"read_{source}"] * APART, studies * epochs, u["stored_table_bytes"]
    lines = [
        Line("list", f"2 x {u['list'] * 1e3:.2f} ms x {studies:,}, one core", 2 * u["list"] * studies / HOUR, "h"),
        _work(f"prepare from {source}", read, studies, cores, "cores", True),
        _work("train a classifier (resnet-18, 128 px)", u["train_classifier"], seen, workers, kind, measured),
        _work("train stage 1 of an editor (128 px)", u["train_stage1"], seen, workers, kind, measured),
        _work("edit every film once (cxr-128)", u["edit"], studies, workers, kind, measured),
        _work("classify every film (judge-224)", u["classify"], studies, cores, "cores", True),
    ]  # fmt: skip
    for size in sizes:
        lines.append(Line(f"disk at {size} px", f"{size}^2 bytes x {studies:,}", size**2 * studies / 1e9, "GB"))
    table = u["table_bytes"] * studies / 1e9
    lines += [
        Line("disk of tables", f"2 x {stored:.0f} bytes x {studies:,}", 2 * stored * studies / 1e9, "GB"),
        Line("memory of the table, once read", f"{u['table_bytes']:.0f} bytes x {studies:,}", table, "GB a process"),
    ]  # fmt: skip
    return lines + _costs(lines, studies, gpus, cores, price, core_price)


def _work(what: str, seconds: float, films: int, workers: int, kind: str, measured: bool) -> Line:
    if not measured:
        return Line(what, f"? x {films:,} / {workers} {kind}", None, "h")
    how = f"{seconds * 1e3:.3g} ms x {films:,} / {workers} {kind}"
    return Line(what, how, seconds * films / workers / HOUR, "h")


def _costs(
    lines: Sequence[Line], studies: int, gpus: int, cores: int, price: float | None, core_price: float | None
) -> list[Line]:
    """What all of it costs a thousand studies, where prices are said and everything was measured."""
    found = []
    for kind, number, each in (("GPUs", gpus, price), ("cores", cores, core_price)):
        of = [line.value for line in lines if line.unit == "h" and line.how.endswith(kind)]
        if each is not None and of and None not in of:
            hours = sum(value for value in of if value is not None)
            how = f"{hours:.3g} h x {number} {kind} x {each:g}"
            found.append(Line(f"cost of {kind}, a thousand studies", how, hours * number * each / studies * 1000, ""))
    return found


def printed(line: Line) -> str:
    """A row of the table."""
    value = "not measured" if line.value is None else f"{line.value:,.3g} {line.unit}".strip()
    return f"{line.what:<44} {value:>16}   = {line.how}"
