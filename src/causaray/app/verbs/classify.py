"""causaray classify: which findings images show, how probable each is, and where the classifier is not sure enough."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causaray import __version__, weightfiles
from causaray.app.inputs import frontal, scan_files
from causaray.app.outputs import check_outputs
from causaray.arguments import Force, Out
from causaray.errors import BadInput
from causaray.imagefiles import read_scan
from causaray.writing import make_folder, whole_file

if TYPE_CHECKING:
    from causaray.evaluation.audit.classifier import Classifier

CSV, JSON = "classify.csv", "classify.json"
COLUMNS = ("image", "finding", "probability", "uncertainty", "reading")
SIDE, BATCH = 224, 8
"""Side of the images that a classifier is shown which takes any and says none, and how many at once."""


def classify(
    images: Annotated[
        str | Path | Sequence[str | Path], list[Path], typer.Argument(help="Images, and folders of images.")
    ],
    weights: Annotated[
        str | Path, str, typer.Option(help="Shipped judge, folder of a trained classifier, or an ONNX file.")
    ] = weightfiles.JUDGE,
    out: Out = "out",
    *,
    finding: Annotated[
        Sequence[str], list[str], typer.Option(help="Which to tell of; may be given several times. Else all.")
    ] = (),
    coverage: Annotated[
        float | None, typer.Option(help="Share of images to be answered; on the others it abstains.")
    ] = None,
    force: Force = False,
    stated: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Tell of each image how probable each finding is, and write classify.csv and classify.json to the folder `out`.

    Args:
        images: files, and folders of images.
        weights: a shipped judge, a folder that `train` has written of a judge or classifier, or an ONNX file.
        out: folder for the results.
        finding: which to tell of; all that the classifier knows when none is named.
        coverage: in (0, 1]. On images less sure than that share of held-out ones was, the reading is "abstained".
        force: replace results that are there already.
        stated: how an ONNX model is asked, in place of what the file says: `findings`, `range`, `output`, `threshold`.
        progress: called with (images done, images in all).

    Returns: the contents of classify.json.

    Raises:
        BadInput: for weights that hold no classifier, a finding that it does not know, a coverage that the weights
            cannot decide, and images that cannot be read; nothing has been written then.
    """
    files, folder = scan_files(images), Path(out)
    check_outputs([folder / CSV, folder / JSON], force, inputs=files)
    with _opened(weights, stated or {}) as (classifier, config):
        names = _asked(classifier.interface.findings, finding)
        least: dict[str, float] = {}
        if coverage is not None:
            from causaray.classifiers.confidence import least_sure

            least = {name: least_sure(config, classifier.name, name, coverage) for name in names}
        told: list[dict[str, Any]] = []
        for start in range(0, len(files), BATCH):
            told += _told(classifier, _side(classifier, config), files[start : start + BATCH], names, least)
            if progress is not None:
                progress(len(told), len(files))
        about = {
            "version": __version__, "weights": classifier.name, "digest": classifier.digest,
            "calibrated": bool(config), "threshold": classifier.interface.threshold, "coverage": coverage,
            "least_sure": least or None,
        }  # fmt: skip
    report = {"about": about, "images": told}
    make_folder(folder)
    _write(report, folder)
    return report


@contextmanager
def _opened(weights: str | Path, stated: Mapping[str, str]) -> Iterator[tuple["Classifier", dict[str, Any]]]:
    """The classifier, and what config.json says of it, {} of an ONNX file."""
    path = Path(weights)
    if path.suffix.lower() == ".onnx" or path.suffix.lower() in weightfiles.PICKLES:
        from causaray.evaluation.audit.opening import open_classifier

        with open_classifier(path, None, stated) as classifier:
            yield classifier, {}
        return
    folder = weightfiles.find(weights)

    from causaray.evaluation.audit.named import architecture_of, named_classifier

    yield named_classifier(folder, architecture_of(folder), stated), weightfiles.config(folder)


def _asked(known: Sequence[str], findings: Sequence[str]) -> list[str]:
    spelled = {name.lower(): name for name in known}
    if strange := [name for name in findings if name.lower() not in spelled]:
        raise BadInput(f"{strange[0][:40]} is not told by this classifier; it knows {', '.join(known)[:300]}.")
    return [spelled[name.lower()] for name in findings] or list(known)


def _side(classifier: "Classifier", config: Mapping[str, Any]) -> int:
    size = config.get("size", SIDE)
    return classifier.side or (max(size) if isinstance(size, list) else int(size))


def _told(
    classifier: "Classifier", side: int, files: Sequence[Path], names: Sequence[str], least: Mapping[str, float]
) -> list[dict[str, Any]]:
    """What the classifier says of some images.

    The uncertainty is the standard deviation of the probability over the image and slightly shifted, noisy copies.
    """
    import torch

    from causaray.classifiers.confidence import sureness
    from causaray.evaluation.images.jitter import SHIFTS, copies

    pixels = [torch.from_numpy(frontal(read_scan(file, side)).pixels) for file in files]
    films = torch.stack(pixels)[:, None]
    said = classifier.predict(torch.cat([films, copies(films)])).reshape(1 + len(SHIFTS), len(films), -1)
    columns = {name: i for i, name in enumerate(classifier.interface.findings)}
    threshold = classifier.interface.threshold
    surely = sureness(said[0], threshold)

    def one(row: int, name: str) -> dict[str, Any]:
        probability = float(said[0, row, columns[name]])
        sure = name not in least or surely[row, columns[name]] >= least[name]
        reading = ("present" if probability >= threshold else "absent") if sure else "abstained"
        doubt = float(said[:, row, columns[name]].std())
        return {"probability": round(probability, 6), "uncertainty": round(doubt, 6), "reading": reading}

    return [
        {"image": str(file), "findings": {name: one(row, name) for name in names}} for row, file in enumerate(files)
    ]


def _write(report: Mapping[str, Any], folder: Path) -> None:
    with whole_file(folder / CSV) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for image in report["images"]:
            table.writerows(
                {"image": image["image"], "finding": name, **said} for name, said in image["findings"].items()
            )
    with whole_file(folder / JSON) as beside:
        beside.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
