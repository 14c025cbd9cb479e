"""What one film costs on this machine, measured: read, listed, learned from, edited and classified."""

import io
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless, SecondaryCaptureImageStorage, generate_uid
from torch import nn

from causaray import devices
from causaray.classifiers.backbones import backbone
from causaray.classifiers.judge import Judge
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.cohorts.reader import each_study
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.imagefiles.read import read_file
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.guide import Guide
from causaray.systems.causal_disentanglement.training.stages import train_stage1
from causaray.systems.causal_disentanglement.training.train import configure
from causaray.training.recipe import load_recipe
from causaray.training.source import Source
from causaray.training.updates import adamw, update

SIDE, ROWS = 1024, 4000
"""Pixels of a side of the films that are read, as NIH has published its own, and rows of the table that is listed."""
SIZE, BATCH, EDITOR, RECIPE, BACKBONE = 128, 16, "cxr-128", "ablation-128", "resnet-18"


def measure(device: str = devices.AUTO, tell: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """Seconds a film of each piece of work, and bytes a study, as units.json holds them.

    On a CPU they are seconds of one core's own time, which other programs do not lengthen; on a GPU, by the clock, of
    what the nets do there. tell: called with the name of each piece of work before it begins.
    """
    place = devices.resolved(device)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pieces: dict[str, Callable[[], dict[str, float]]] = {
            "read": lambda: _reading(work), "list": lambda: _listing(work / "table"),
            "train": lambda: _training(work, place), "edit": lambda: _editing(work, place),
        }  # fmt: skip
        found: dict[str, float] = {}
        for name, piece in pieces.items():
            tell(name)
            found |= piece()
    machine = f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    return {"about": {"device": str(place.type), "machine": machine}, "units": found}


def _seconds(work: Callable[[], object], films: int, place: torch.device, repeats: int = 3) -> float:
    """Seconds a film of work on so many films: the least of some repeats, after one that counts for nothing."""
    clock = time.process_time if place.type == "cpu" else time.perf_counter
    taken = []
    for _ in range(repeats + 1):
        devices.wait_for(place)
        start = clock()
        work()
        devices.wait_for(place)
        taken.append(clock() - start)
    return min(taken[1:]) / films


def _reading(folder: Path) -> dict[str, float]:
    """Of each format, with scaling to two sizes; not the second process in which films are decoded."""
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    noise = np.random.default_rng(0).normal(0, 0.01, x.shape)
    shades = (0.5 + 0.4 * np.sin(9 * x) * np.cos(7 * y) + noise).clip(0, 1)
    wide, narrow = (shades * 65535).astype(np.uint16), Image.fromarray((shades * 255).astype(np.uint8))
    files = {name: folder / f"film.{name}" for name in ("png", "jpg")}
    Image.fromarray(wide).save(files["png"])
    narrow.save(files["jpg"], quality=90)
    files["dicom"], files["jpeg2000"] = folder / "plain.dcm", folder / "jpeg2000.dcm"
    _write_dicom(files["dicom"], (wide >> 4), ExplicitVRLittleEndian)
    _write_dicom(files["jpeg2000"], (wide >> 4), JPEG2000Lossless)

    def read(file: Path) -> None:
        scan = read_file(file, file)
        for size in (128, 256):
            scan.square(size)

    cpu = devices.resolved("cpu")
    return {f"read_{name}": _seconds(lambda file=file: read(file), 1, cpu) for name, file in files.items()}  # type: ignore[misc]


def _write_dicom(path: Path, pixels: np.ndarray, syntax: UID) -> None:
    film = Dataset()
    film.SOPClassUID, film.SOPInstanceUID, film.Modality = SecondaryCaptureImageStorage, generate_uid(), "DX"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PixelRepresentation = 1, "MONOCHROME2", 0
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    if syntax == JPEG2000Lossless:
        stream = io.BytesIO()
        Image.fromarray(pixels.astype(np.uint16)).save(stream, "JPEG2000", irreversible=False, no_jp2=True)
        film.BitsStored, film.HighBit = 16, 15
        film.PixelData = encapsulate([stream.getvalue()])
        film["PixelData"].is_undefined_length = True
    else:
        film.PixelData = pixels.astype("<u2").tobytes()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = syntax
    film.file_meta.MediaStorageSOPClassUID = film.SOPClassUID
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    film.save_as(path, enforce_file_format=True)


def _listing(folder: Path) -> dict[str, float]:
    """Reading a row of a table as a study, and the bytes of its row in memory and on the disk."""
    folder.mkdir()
    rows = {"image": [f"images/{i:08d}.png" for i in range(ROWS)], "patient": [f"p{i // 3}" for i in range(ROWS)]}
    rows |= {"findings": [("Edema", "No Finding", "Effusion|Cardiomegaly")[i % 3] for i in range(ROWS)]}
    pd.DataFrame(rows | {"view": "PA", "age": 60, "sex": "F"}).to_csv(folder / "metadata.csv", index=False)
    from causaray.cohorts.store import as_parquet, table_of_studies

    studies = list(each_study(folder, None, lambda sentence: None))
    table = table_of_studies(studies, str(folder))
    return {
        "list": _seconds(lambda: sum(1 for _ in each_study(folder, None, str)), ROWS, devices.resolved("cpu"), 1),
        "table_bytes": float(table.memory_usage(deep=True).sum()) / ROWS,
        "stored_table_bytes": len(as_parquet(table)) / ROWS,
    }


def _training(folder: Path, place: torch.device) -> dict[str, float]:
    """A film read back from a prepared cohort, learned from by a classifier, and by stage 1 of an editor."""
    cohort = prepare_phantom(folder / "films", 48, size=SIZE)
    rows = np.arange(BATCH)
    net = backbone(BACKBONE, 14, SIZE).to(place).train()
    optimiser = adamw(net, 1e-3)
    images = torch.from_numpy(cohort.images(rows)).to(place)

    def step() -> None:
        with devices.autocast(place, True):
            said = net(images)
        update(nn.functional.binary_cross_entropy_with_logits(said.float(), torch.zeros_like(said)), optimiser, 5.0)

    plan, steps = load_recipe(RECIPE), 4
    plan = plan.model_copy(update={"stage1": plan.stage1.model_copy(update={"steps": steps, "swap_from": 0})})
    names = ("No Finding", "Pleural Effusion")
    source = Source(cohort, names, plan, place)
    model = CausalAutoencoder(configure(plan, names).shape, source.n)
    guide = Guide(len(names), plan.guide.views, plan.guide.width).to(place)

    def stage1() -> None:
        with redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as out:
            train_stage1(model, guide, source, plan, Path(out))

    return {
        "read_prepared": _seconds(lambda: cohort.images(rows), BATCH, devices.resolved("cpu")),
        "train_classifier": _seconds(step, BATCH, place),
        "train_stage1": _seconds(stage1, steps * plan.stage1.batch, place, 1),
    }


def _editing(folder: Path, place: torch.device) -> dict[str, float]:
    """A film edited and classified in batches, as `causaray batch` does it; the judge works on the CPU."""
    images = torch.from_numpy(Cohort.open(folder / "films").images(np.arange(BATCH)))
    editor, request = EditorSpec.of(EDITOR).open(str(place)), EditRequest(parse_prompt("pleural effusion"))
    judge = Judge.load()
    return {
        "edit": _seconds(lambda: editor.edit(images, request), BATCH, place, 1),
        "classify": _seconds(lambda: judge.predict(images), BATCH, devices.resolved("cpu"), 1),
    }


def check_units(told: Any, where: object) -> dict[str, Any]:
    """What `measure` has given. Raises BadInput for what is none; where: what sentences call it."""
    units = told.get("units") if isinstance(told, dict) else None
    known = ("read_png", "read_jpeg2000", "list", "train_classifier", "train_stage1", "edit", "classify", "table_bytes")
    if not isinstance(units, dict) or any(not isinstance(units.get(name), int | float) for name in known):
        raise BadInput(f"{where} holds no units; write them by `causaray plan --measure units.json`.")
    found: dict[str, Any] = told
    return found
