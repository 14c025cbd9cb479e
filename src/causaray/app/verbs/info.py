"""causaray info: about the program, a radiograph, a cohort or weights."""

import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import __version__, weightfiles
from causaray.app.outputs import check_outputs
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.imagefiles import read_scan
from causaray.study import Study
from causaray.systems import systems as declared_systems


def info(
    target: Annotated[
        str | Path | None, str, typer.Argument(help="Image, cohort folder or weights; none is the program.")
    ] = None,
    *,
    picture: Annotated[
        str | Path | None,
        Path,
        typer.Option(help="PNG to write of an image: the film with the outlines that are read of it."),
    ] = None,
    systems: Annotated[bool, typer.Option("--systems", help="The published systems, instead.")] = False,
) -> dict[str, Any]:
    """What is known of an image file, a prepared cohort, a folder of images with or without a table, or weights.

    Without a target, of the program itself. Never says who the patient is. Of an image file also the signs that are
    measured of it; `picture` is a PNG to be written of it, with the outlines of lungs, heart, ribs and clavicles.
    With `systems` the published systems, by the name of their folder.
    Raises BadInput when there is no such thing, or it cannot be read, and for a picture of anything but an image.
    """
    if systems:
        return _about_systems()
    if target is None:
        _no_picture(picture, "The program")
        return _about_program()
    path = Path(target)
    if str(target) in {folder.name for folder in weightfiles.shipped()} or (path / weightfiles.MODEL).is_file():
        _no_picture(picture, str(target))
        return _about_weights(weightfiles.find(target))
    if path.is_dir() or path.suffix.lower() in (".csv", ".tsv", ".gz"):
        _no_picture(picture, str(target))
        return _about_cohort(path)
    if not path.exists():
        raise BadInput(f"{target} does not exist; name an image file, a folder, or weights ({_shipped() or 'none'}).")
    return _about_scan(path, picture)


def _no_picture(picture: str | Path | None, target: str) -> None:
    if picture is not None:
        raise BadInput(f"{target} is no image file; a picture is made of one alone.")


def _about_program() -> dict[str, Any]:
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "torch": _version("torch"),
        "weights": _shipped(),
        "findings": ", ".join(NAMES),
    }


def _about_systems() -> dict[str, Any]:
    return {
        one.name: {
            "number": one.number,
            "title": one.title,
            "arxiv": one.arxiv,
            "for": one.about,
            "reproduced": one.reproduced,
            "page": f"docs/results/{one.page}" if one.page else "",
            "editors": ", ".join([*one.editors, *one.kinds]),
            "experiments": ", ".join(one.experiments),
        }
        for one in declared_systems()
    }


def _about_scan(path: Path, picture: str | Path | None) -> dict[str, Any]:
    scan = read_scan(path)
    if picture is not None:
        check_outputs([Path(picture)], force=True, inputs=[path])
    from causaray.app.verbs.info_film import film_signs  # torch takes seconds to import, and only films need it

    height, width = scan.pixels.shape
    meta = getattr(scan.header, "file_meta", None)
    return {
        "file": str(path),
        "size": f"{width} x {height}",
        "spacing_mm": scan.spacing,
        "view": scan.view,
        "turned": scan.turned,
        "modality": scan.header and scan.header.get("Modality"),
        "transfer_syntax": meta and meta.TransferSyntaxUID.name,
        **film_signs(scan, picture),
    }


def _about_cohort(path: Path) -> dict[str, Any]:
    from causaray.cohorts import Cohort
    from causaray.cohorts.cohort import CARD
    from causaray.cohorts.sources import cohort_sources

    if any(path.glob(CARD)) or any(path.glob(f"*/{CARD}")):
        cards = Cohort.open(path).cards
        return {card["name"]: {"prepared": f"{card['size']} x {card['size']}", **card["counts"]} for card in cards}
    return {source.name: _unprepared(source) for source in cohort_sources(path)}


def _unprepared(source: Path) -> dict[str, Any]:
    from causaray.cohorts import read_studies

    said: list[str] = []
    studies = read_studies(source, tell=said.append)
    return _counts(studies) | ({"left_out": " ".join(said)} if said else {})


def _counts(studies: Sequence[Study]) -> dict[str, Any]:
    return {
        "images": len(studies),
        "patients": len({study.patient for study in studies}),
        "open": sum(study.open for study in studies),
        "splits": dict(Counter(study.split for study in studies)),
        "present": dict(Counter(name for study in studies for name in study.findings.present).most_common()),
    }


def _about_weights(folder: Path) -> dict[str, Any]:
    config = weightfiles.config(folder)
    return {
        "weights": folder.name,
        "method": config.get("method"),
        "findings": ", ".join(config.get("names", ())),
        "bytes": (folder / weightfiles.MODEL).stat().st_size,
        "digest": weightfiles.digest(folder),
        "licence": weightfiles.licence(folder),
    }


def _shipped() -> str:
    return ", ".join(folder.name for folder in weightfiles.shipped())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
