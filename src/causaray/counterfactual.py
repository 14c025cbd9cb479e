"""Counterfactual: what an editor gives back, with what was asked, how it was made and what was measured."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from causaray import __version__
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.interpretation import interpretation
from causaray.place import CHANGED
from causaray.record import before_after, record_of
from causaray.scan import Scan
from causaray.verdict import Evidence, Verdict, verdict
from causaray.writing import make_folder, whole_file

if TYPE_CHECKING:
    from causaray.imagefiles import Panel

MARK = "SYNTHETIC"
SUFFIXES = {"png": ".png", "json": ".json", "dicom": ".dcm"}
FILM, DIFFERENCE, LESIONS, SR = "-film", "-difference", "-lesions", "-sr"
ENDINGS = {**SUFFIXES, "film": FILM + ".png", "difference": DIFFERENCE + ".png"}
"""What the names of all files of a counterfactual end in; "film" is the synthetic image alone, "difference" what it
changed, both at the film's own pixels."""
MASKS = {"lesions": LESIONS + ".png", "segmentation": LESIONS + ".dcm"}
"""The same of the files that say where the findings are: a PNG, and a DICOM segmentation."""
FILES = {**ENDINGS, **MASKS, "sr": SR + ".dcm"}
"""The same of all; "sr" is a DICOM structured report of what was measured."""


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """One radiograph as it is, and as it would be under a request.

    Attributes:
        factual: the radiograph, of as many pixels as it was read with.
        counterfactual: the synthetic image, of as many; spacing and view are the factual's, and nothing else is.
        request: the findings asked for.
        method: the published system that made it, such as "causal-disentanglement".
        weights: name of the weights, and `digest` their SHA-256 in hexadecimal.
        seed: of the noise, and `strength` in [0, 1]: the same request, seed and strength give the same image.
        judge: name and digest of the classifier that judged, or None when none did. It had no part in the making.
        judged: finding -> the judge's probability before (on the factual image) and after, for the findings
            asked for that it knows; `unasked` the same for all others that it knows.
        change_sd: finding -> standard deviation of (after - before) under small shifts and noise, for both.
        typicality: "distance" of the factual image from the training images, the "limit" below which 99 % of real ones
            lie, and whether it is "unlike" them; None where the weights tell of no such.
        negative: findings that the request was guided away from, where they were given.
        pulled: of a noise optimised toward references: engine, encoder, references, and their distance before and
            after.
        words: of an edit from caption to caption both of them, else None; the request is empty then.
        mask: share of the pixels that were allowed to change, where a mask was given.
        signs: figures measured on both films by their anatomy, "factual", "counterfactual" and "change", with the
            "doubt" of each reading and whether the counterfactual is "readable"; None where the factual cannot be read.
        signs_note: a sentence that says why there are no signs, or why they may be wrong; else None.
        filtered: what PRISM's filters say of the edit, where they chose it: scores in [-1, 1], and "accepted".
        shares: finding asked for -> how much of each place of the film it takes, float32 (rows, columns) in [0, 1], of
            fewer pixels than the film has; empty for editors that do not know. What was to go is where it was.
        lesions: finding -> side -> area before and after, as the weights' own maps tell it; see docs/formats.md.
        watermark: whether the film and the DICOM file get the invisible watermark (`imagefiles.watermark`), all over
            the picture; `counterfactual` itself never has it.
        verdict: whether what was asked for is shown (`causaray.verdict`); None where no findings were asked for.
        interpretation: what changed, where and how much, as a radiologist would write it (`causaray.interpretation`);
            None until it has been judged.
        written: what the editor itself wrote of the change, of an editor that writes; else None.
        edited_at: side in pixels of the square copy that was edited; None where the film itself was.
        version: of Causaray.
        files: where it has been saved.
    """

    factual: Scan
    counterfactual: Scan
    request: Findings
    method: str
    weights: str
    digest: str
    seed: int
    strength: float
    judge: str | None = None
    judged: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    unasked: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    change_sd: Mapping[str, float] = field(default_factory=dict)
    typicality: Mapping[str, Any] | None = None
    negative: Findings | None = None
    pulled: Mapping[str, Any] | None = None
    words: tuple[str, str] | None = None
    mask: float | None = None
    filtered: Mapping[str, Any] | None = None
    shares: Mapping[str, np.ndarray] = field(default_factory=dict)
    lesions: Mapping[str, Any] | None = None
    signs: Mapping[str, Any] | None = None
    signs_note: str | None = None
    watermark: bool = False
    verdict: Verdict | None = None
    interpretation: str | None = None
    written: str | None = None
    edited_at: int | None = None
    version: str = __version__
    files: tuple[Path, ...] = ()

    @property
    def asked(self) -> str:
        """The request as text, or the caption that was asked for in place of another."""
        source, target = self.words or ("", "")
        return f'"{target}" instead of "{source}"' if self.words else self.request.to_text()

    @property
    def difference(self) -> np.ndarray:
        """Counterfactual minus factual, float32 (H, W) in [-1, 1]: what the request changed, and only that."""
        return self.counterfactual.pixels - self.factual.pixels

    @property
    def difference_limit(self) -> float:
        """The change that is full colour in the picture of the difference: the largest, or CHANGED."""
        return max(float(np.abs(self.difference).max()), CHANGED)

    @property
    def measured(self) -> dict[str, Any]:
        """What changed: {finding: {"before": p, "after": p}}, with the two shares below beside them.

        "mean_abs_change" is the mean absolute difference of the grey values in [0, 1], "changed_fraction" the share of
        the pixels that changed by CHANGED or more.
        """
        size = np.abs(self.difference)
        changed = {"mean_abs_change": float(size.mean()), "changed_fraction": float((size >= CHANGED).mean())}
        return before_after(self.judged) | {name: round(value, 6) for name, value in changed.items()}

    @property
    def text(self) -> str:
        """One line: what was asked, what changed and by how much."""
        measured = self.measured
        parts = [
            f"{self.asked}: {measured['changed_fraction']:.0%} of the pixels changed, "
            f"by {measured['mean_abs_change']:.3f} of the grey range on average"
        ]
        parts += [f"judged {name.lower()} {p:.2f} -> {q:.2f}" for name, (p, q) in self.judged.items()]
        if self.typicality and self.typicality["unlike"]:
            parts.append("the input is unlike the radiographs that the weights learned from")
        if self.filtered and not self.filtered["accepted"]:
            parts.append("the filters do not let it through")
        return "; ".join(parts)

    @cached_property
    def published(self) -> Scan:
        """The synthetic image as it is written: with SYNTHETIC burned in and, where it is to have it, the watermark."""
        from causaray.imagefiles import burn_in
        from causaray.imagefiles.watermark import watermarked

        burned = burn_in(self.counterfactual.pixels, MARK)
        return replace(self.counterfactual, pixels=watermarked(burned) if self.watermark else burned)

    def judged_by(self, evidence: Evidence | None) -> Counterfactual:
        """The same with the verdict that evidence and judge give, where findings were asked for, and the text of both.

        evidence: None for a film whose anatomy cannot be read.
        """
        changed = bool(np.abs(self.difference).max() >= CHANGED)
        said = verdict(self.request, evidence, self.judged, self.change_sd, changed) if self.request else None
        text = interpretation(self.request, said, evidence, self.signs, {**self.unasked, **self.judged}, changed)
        return replace(self, verdict=said, interpretation=text)

    def masks(self) -> dict[str, np.ndarray]:
        """`shares` at the film's own pixels: finding -> uint8 (H, W), 255 where it takes the whole of a pixel."""
        from causaray.imagefiles.masks import enlarged

        return {name: enlarged(share, self.factual.pixels.shape) for name, share in self.shares.items()}

    def record(self) -> dict[str, Any]:
        """What the JSON file holds (docs/formats.md): how the image was made and measured, nothing of the patient."""
        return record_of(self)

    def panels(self) -> list[Panel]:
        """Factual, counterfactual and difference, for `imagefiles.write_grid`; full colour is the largest change."""
        from causaray.panels import panels_of

        return panels_of(self)

    def save(
        self,
        folder: str | Path,
        stem: str,
        formats: Collection[str] = ("png", "json", "dicom"),
        keep_identity: bool = False,
    ) -> list[Path]:
        """Write <stem>.png (the panels), <stem>.json (the record) and <stem>.dcm to `folder`: all of them or none.

        The format "film" is <stem>-film.png, the counterfactual alone at its own pixels, marked SYNTHETIC, and
        "difference" <stem>-difference.png, counterfactual minus factual in colours (`diverging`). The formats of MASKS
        are "lesions", a PNG that is white where the findings asked for are, and "segmentation", a DICOM object with a
        segment for each of them. "sr" is a DICOM structured report of what was measured.
        `keep_identity` puts the patient of a DICOM source into the DICOM file, and nowhere else. Returns the files.

        Raises:
            BadInput: a format that is not one of these, or the folder cannot be written to.
        """
        if strange := [name for name in formats if name not in FILES]:
            raise BadInput(f"A counterfactual cannot be saved as {strange[0]}; the formats are {', '.join(FILES)}.")
        files = [Path(folder) / (stem + FILES[name]) for name in formats]
        make_folder(folder)
        with ExitStack() as stack:
            for name, file in zip(formats, files, strict=True):
                stack.enter_context(whole_file(file)).write_bytes(self.encoded(name, keep_identity))
        return files

    def encoded(self, name: str, keep_identity: bool = False) -> bytes:
        """The file of one of the formats that `save` writes. Raises BadInput where it cannot be made."""
        from causaray.imagefiles import dicom_bytes, difference_png, film_png, grid_png
        from causaray.imagefiles.masks import mask_png
        from causaray.imagefiles.provenance import with_words

        if name == "json":
            return (json.dumps(self.record(), indent=2) + "\n").encode()
        if name == "png":
            return with_words(grid_png([self.panels()]), self.provenance)
        if name == "film":
            return with_words(film_png(self.published.pixels, MARK), self.provenance)
        if name == "difference":
            return with_words(difference_png(self.difference, self.difference_limit), self.provenance)
        if name == "lesions":
            return with_words(mask_png(self.masks(), self.factual.pixels.shape), self.provenance)
        if name == "segmentation":
            from causaray.imagefiles.dicom.segmentation import segmentation_bytes

            return segmentation_bytes(self.masks(), self.encoded("dicom", keep_identity), self.weights, self.version)
        if name == "sr":
            from causaray.imagefiles.dicom.structured_report import report_bytes

            return report_bytes(self.record(), self.encoded("dicom", keep_identity))
        return dicom_bytes(
            self.published,
            derived_from=self.factual,
            description=self.provenance,
            comment=self.interpretation or "",
            seed=self.seed,
            keep_identity=keep_identity,
        )

    @property
    def provenance(self) -> str:
        """What it is and how it was made, as every picture of it says in its header."""
        how = f"Causaray {self.version} {self.method} {self.weights} {self.digest[:16]}, strength {self.strength:g}"
        return f"Synthetic counterfactual, request: {self.asked}; {how}, seed {self.seed}"
