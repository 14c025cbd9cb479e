"""causaray generate: new radiographs that show what a prompt asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from causaray.app.inputs import as_findings, scan_files, square_side
from causaray.app.outputs import check_outputs
from causaray.app.verbs.demo import DEMO
from causaray.arguments import Device, Force, Out, Prompt, Seed, Watermark, Weights
from causaray.counterfactual import MARK
from causaray.devices import AUTO
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import Panel, burn_in, film_png, read_scan, write_grid
from causaray.imagefiles.watermark import watermarked
from causaray.scan import Scan
from causaray.writing import make_folder, whole_file

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
    prompt: Prompt,
    n: Annotated[int, typer.Option("-n", min=1, help="How many images.")] = 4,
    out: Out | None = None,
    *,
    seed: Seed = 0,
    identity: Annotated[
        str | Path | Sequence[str | Path] | None,
        Path,
        typer.Option(help="Image, or folder to draw from, for the anatomy."),
    ] = None,
    weights: Weights = "cxr-128",
    watermark: Watermark = True,
    device: Device = AUTO,
    force: Force = False,
) -> Generated:
    """Make `n` new radiographs of the findings asked for.

    The anatomy is that of a radiograph drawn by `seed` from `identity`, an image file or a folder of them (the
    radiographs of the demo when not given); the pathology is made anew from noise. A prior draws the whole image of the
    words, and takes no `identity`. With `out`, writes
    generated-1.png and so on, marked SYNTHETIC, and contact-sheet.png; `force` replaces what is there already. The
    files have the invisible `watermark`, the returned images have not.

    Raises:
        BadInput: for what cannot be read, asked for or written; nothing has been written then.
    """
    request, spec = as_findings(prompt), EditorSpec.read(weights)
    if not 1 <= n <= MOST:
        raise BadInput(f"{n} images were asked for; ask for 1 to {MOST} at a time.")
    planned = [Path(out) / name for name in _names(n)] if out is not None else []
    check_outputs(planned, force)
    if identity is None and spec.kind is None:
        identity = DEMO
    scans = [] if identity is None else _draw(scan_files(identity), n, seed, square_side(spec))

    from causaray.app.editing import as_scan, as_tensor
    from causaray.editors.protocol import Generator

    editor = spec.open(device)
    if not isinstance(editor, Generator):
        raise BadInput(f"{editor.name} edits radiographs and makes no new ones; weights of system 1 and priors do.")
    made = editor.generate(request, n, seed=seed, identity=as_tensor(scans) if scans else None)
    images = tuple(as_scan(image, scans[i]) if scans else Scan(image[0].numpy()) for i, image in enumerate(made))
    if planned:
        _write(images, request.to_text(), planned, watermark)
    return Generated(images, request, editor.weights, editor.digest, seed, tuple(planned))


def _names(n: int) -> list[str]:
    return ["contact-sheet.png", *(f"generated-{i}.png" for i in range(1, n + 1))]


def _draw(files: Sequence[Path], n: int, seed: int, size: int) -> list[Scan]:
    picked = np.random.default_rng(seed).choice(len(files), n, replace=n > len(files))
    return [read_scan(files[i], size) for i in picked]


def _write(images: Sequence[Scan], text: str, planned: Sequence[Path], watermark: bool) -> None:
    sheet, *singles = planned
    make_folder(sheet.parent)
    for scan, file in zip(images, singles, strict=True):
        burned = burn_in(scan.pixels, MARK)
        with whole_file(file) as beside:
            beside.write_bytes(film_png(watermarked(burned) if watermark else burned, MARK))
    panels = [Panel(scan.pixels, f"{i}: {text}", MARK) for i, scan in enumerate(images, 1)]
    write_grid([panels[i : i + 4] for i in range(0, len(panels), 4)], sheet)
