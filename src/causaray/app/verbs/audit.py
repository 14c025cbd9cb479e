"""causaray audit: does a classifier read the disease, or what stands beside it?"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from causaray.app.inputs import frontal, scan_files, square_side
from causaray.app.outputs import check_outputs
from causaray.arguments import Device, Out, Seed, Weights
from causaray.cohorts.cohort import CARD, Cohort
from causaray.devices import AUTO
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.imagefiles import read_scan
from causaray.scan import Scan
from causaray.writing import check_folder

if TYPE_CHECKING:
    from torch import Tensor

SPLIT = "test"


def audit(
    model: Annotated[
        str | Path, Path, typer.Argument(help="The classifier: an ONNX file, or a folder with --architecture.")
    ],
    images: Annotated[
        str | Path, Path, typer.Argument(help="Folder of images, or cohort written by `prepare` (split test).")
    ],
    out: Out | None = None,
    *,
    finding: Annotated[
        Sequence[str], list[str], typer.Option(help="Which to audit; may be given several times. Else all in common.")
    ] = (),
    architecture: Annotated[
        str | None,
        typer.Option(help="Of safetensors: judge, resnet, ladine, diffusion-classifier, text-prior or debiasing."),
    ] = None,
    weights: Weights = "cxr-128",
    limit: Annotated[int | None, typer.Option(min=2, help="At most so many images, drawn at random.")] = None,
    seed: Seed = 0,
    attribution: Annotated[
        bool, typer.Option("--attribution", help="Integrated gradients beside the counterfactuals, too (Captum).")
    ] = False,
    device: Device = AUTO,
    stated: Mapping[str, str] | None = None,
    command: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure how far a classifier answers to a finding, to devices, to letters, and to nothing.

    Args:
        model: an ONNX file (docs/formats.md, "A classifier to audit"), or with `architecture` a folder of safetensors.
        images: an image, a folder of them, or a cohort written by `prepare`, of which split test is taken.
        out: folder for report.html, audit.json and the worst cases; None writes nothing.
        finding: which to audit; all that classifier and editor know when none is named.
        architecture: "judge", "resnet", or the method of a system (`System.classifiers`), for safetensors.
        weights: the editor, a shipped name or a weights folder.
        limit: at most so many images, drawn by `seed`.
        seed: of noise, places and draws.
        attribution: integrated gradients beside the counterfactuals, too; of classifiers with gradients (no ONNX).
        device: where the editor runs, as `devices.resolved` reads it.
        stated: how the classifier is asked, in place of what the file says: `findings`, `range`, `output`, `threshold`.
        command: the command line, to be printed above the figures.
        progress: called with (steps done, steps in all).

    Returns: the contents of audit.json.

    Raises:
        BadInput: for a pickle, a model that cannot be run or does not say what its outputs are, images that cannot be
            read, findings that model or editor do not know, and attributions of a model without gradients; nothing has
            been written then.
    """
    spec = EditorSpec.read(weights)
    if out is not None:
        check_folder(out)
    from causaray.evaluation.audit.opening import open_classifier

    with open_classifier(Path(model), architecture, stated or {}) as classifier:
        pixels, patients = _images(Path(images), square_side(spec), limit, seed)

        from causaray.evaluation.audit.audit import common, run_audit
        from causaray.evaluation.audit.report import AUDIT, PAGE, attribution_name, worst_name, write_audit

        editor = spec.open(device)
        asked = common(classifier.interface.findings, editor.names, finding)
        if out is not None:
            names = [AUDIT, PAGE, *map(worst_name, asked), *(map(attribution_name, asked) if attribution else ())]
            check_outputs([Path(out) / name for name in names], force=True)
        about = {"trained": trained_on(spec), "command": command}
        made = run_audit(classifier, editor, pixels, patients, [*asked], seed, about, progress, attribution)
    if out is not None:
        write_audit(made, Path(out))
    return made.report


def trained_on(spec: EditorSpec) -> str:
    """A sentence of where an editor, and the shipped judge, come from."""
    from causaray.evaluation.audit.report import trained

    return trained(spec.folder.name, [card["name"] for card in spec.cohorts])


def _images(path: Path, size: int, limit: int | None, seed: int) -> "tuple[Tensor, np.ndarray]":
    """(N, 1, size, size) in [0, 1], and whose each is."""
    import torch

    if (path / CARD).is_file():
        return _of_cohort(Cohort.open(path), size, limit, seed)
    files = scan_files(path)
    chosen = [files[i] for i in _drawn(len(files), limit, seed)]
    scans = [frontal(read_scan(file, size)) for file in chosen]
    pixels = torch.stack([torch.from_numpy(scan.pixels) for scan in scans])[:, None]
    return pixels, np.array([_patient(scan, i) for i, scan in enumerate(scans)])


def _of_cohort(cohort: Cohort, size: int, limit: int | None, seed: int) -> "tuple[Tensor, np.ndarray]":
    import torch

    if cohort.size != size:
        raise BadInput(f"The cohort was prepared at {cohort.size} px; the editor works at {size} px.")
    rows = cohort.subset(split=SPLIT).frontal()
    chosen = _drawn(len(rows), limit, seed)
    if not len(chosen):
        raise BadInput(f"Split {SPLIT} of {cohort.name} holds no frontal images; prepare it with a split column.")
    return torch.from_numpy(rows.images(chosen)), rows.table["patient"].to_numpy()[chosen]


def _drawn(count: int, limit: int | None, seed: int) -> np.ndarray:
    """The numbers of all, or of `limit` drawn at random, in order."""
    most = count if limit is None else min(limit, count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _patient(scan: Scan, number: int) -> str:
    """Whose image it is, where its header says so; else each is somebody else's."""
    return f"known {scan.patient}" if scan.patient else f"image {number}"
