"""How `causaray edit` draws findings on films at their own resolution."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from causaray.app.drawing_options import check_memory, meant_device
from causaray.app.inputs import RESULT, Region, as_findings, frontal, scan_files
from causaray.app.outputs import check_outputs, formats_of, stems
from causaray.counterfactual import FILES, Counterfactual
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import read_scan
from causaray.scan import Scan
from causaray.writing import check_folder


def edit_drawn(
    inputs: str | Path | Sequence[str | Path],
    prompt: str | Findings | None,
    out: str | Path | None,
    *,
    weights: Path,
    seed: int,
    strength: float,
    support_device: str | None,
    mask: str | Path | None,
    dicom: bool,
    keep_identity: bool,
    lesions: bool,
    sr: bool,
    watermark: bool,
    force: bool,
    tell: Callable[[int, int], None],
) -> list[Counterfactual]:
    """Draw what `prompt` asks for on each film, as it was read; arguments and errors are those of `edit`.

    All films are drawn on before the first result is written.
    """
    if prompt is None:
        raise BadInput("Say what to draw by --prompt.")
    request, files = as_findings(prompt), scan_files(inputs)
    kind = meant_device(prompt, request, support_device)
    if out is not None:
        check_folder(out)
    region = Region(mask) if mask is not None else None
    scans = _read(files, region, lambda done: tell(done, 2 * len(files)))
    names = [stem + RESULT for stem in stems(files)]
    written = [formats_of(dicom or scan.header is not None, lesions, sr) for scan in scans]
    if out is not None:
        planned = [name + FILES[f] for name, formats in zip(names, written, strict=True) for f in formats]
        check_outputs([Path(out) / name for name in planned], force, inputs=files)

    from causaray.app.drawing import DrawingTable  # torch takes seconds to import: only once all else is in order

    table, allowed, done = DrawingTable.open(weights), region.whole() if region else None, list[Counterfactual]()
    for scan in scans:
        done.append(replace(table.edit(scan, request, seed, strength, kind, allowed), watermark=watermark))
        tell(len(files) + len(done), 2 * len(files))
    if out is None:
        return done
    return [
        replace(made, files=tuple(made.save(out, name, formats, keep_identity)))
        for made, name, formats in zip(done, names, written, strict=True)
    ]


def _read(files: Sequence[Path], region: Region | None, tell: Callable[[int], None]) -> list[Scan]:
    scans = list[Scan]()
    for file in files:
        scan = frontal(read_scan(file))
        if region:
            region.check(scan)
        scans.append(scan)
        check_memory(scans)
        tell(len(scans))
    return scans
