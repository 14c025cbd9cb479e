"""causaray generate: new radiographs that show what a prompt asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from causaray import weightfiles
from causaray.app.inputs import as_findings, editor_size, scan_files
from causaray.app.outputs import check_outputs
from causaray.app.verbs.demo import DEMO
from causaray.counterfactual import MARK
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import Panel, burn_in, read_scan, write_grid, write_png
from causaray.scan import Scan
from causaray.writing import make_folder

MOST = 1000


@dataclass(frozen=True, eq=False)
class Generated:
    """New images for a request: square synthetic scans, how they were made, and the files that were written."""

    images: tuple[Scan, ...]
    request: Findings
    weights: str
    digest: str
    seed: int
    files: tuple[Path, ...] = ()


def generate(
    prompt: str | Findings,
    n: int = 4,
    out: str | Path | None = None,
    *,
    seed: int = 0,
    identity: str | Path | Sequence[str | Path] | None = None,
    weights: str | Path = "cxr-128",
    force: bool = False,
) -> Generated:
    """Make `n` new radiographs of the findings asked for.

    The anatomy is that of a radiograph drawn by `seed` from `identity`, an image file or a folder of them (the
    radiographs of the demo when not given); the pathology is made anew from noise. With `out`, writes
    generated-1.png and so on, marked SYNTHETIC, and contact-sheet.png; `force` replaces what is there already.

    Raises:
        BadInput: for what cannot be read, asked for or written; nothing has been written then.
    """
    request, folder = as_findings(prompt), weightfiles.find(weights)
    if not 1 <= n <= MOST:
        raise BadInput(f"{n} images were asked for; ask for 1 to {MOST} at a time.")
    planned = [Path(out) / name for name in _names(n)] if out is not None else []
    check_outputs(planned, force)
    scans = _draw(scan_files(identity or DEMO), n, seed, editor_size(folder))

    from causaray.app.editing import as_scan, as_tensor
    from causaray.systems.causal_disentanglement.editor import Editor

    editor = Editor.load(folder)
    made = editor.generate(request, n, seed=seed, identity=as_tensor(scans))
    images = tuple(as_scan(image, scan) for image, scan in zip(made, scans, strict=True))
    if planned:
        _write(images, request.to_text(), planned)
    return Generated(images, request, editor.name, editor.digest, seed, tuple(planned))


def _names(n: int) -> list[str]:
    return ["contact-sheet.png", *(f"generated-{i}.png" for i in range(1, n + 1))]


def _draw(files: Sequence[Path], n: int, seed: int, size: int) -> list[Scan]:
    picked = np.random.default_rng(seed).choice(len(files), n, replace=n > len(files))
    return [read_scan(files[i], size) for i in picked]


def _write(images: Sequence[Scan], text: str, planned: Sequence[Path]) -> None:
    sheet, *singles = planned
    make_folder(sheet.parent)
    for scan, file in zip(images, singles, strict=True):
        write_png(Scan(burn_in(scan.pixels, MARK)), file)
    panels = [Panel(scan.pixels, f"{i}: {text}", MARK) for i, scan in enumerate(images, 1)]
    write_grid([panels[i : i + 4] for i in range(0, len(panels), 4)], sheet)
