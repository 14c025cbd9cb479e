"""`python -m benchmarks.watermark FOLDER...`: whether marks of synthetic films are found again, and found in no other.

FOLDERs hold radiographs that nobody edited. Each is written as a synthetic film is, SYNTHETIC burned in and with the
watermark, goes through what happens to pictures, and is looked at as `causaray is-synthetic` does. Writes
docs/results/watermark.md.
"""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from causaray.counterfactual import MARK
from causaray.imagefiles import burn_in, find_scans, read_scan
from causaray.imagefiles.visible_mark import PRESENT as SEEN
from causaray.imagefiles.visible_mark import visible_mark
from causaray.imagefiles.watermark import PRESENT, score, watermarked

FILMS, SEED = 240, 0
OUT = Path(__file__).parent.parent / "docs" / "results"
HEAD = """\
# Marks of synthetic films, found again

Made by `python -m benchmarks.watermark FOLDER...`: {n} radiographs drawn from {folders} ({least} to {most} pixels on
their longer side), none of them synthetic. Marked, each is written as a synthetic film is: SYNTHETIC burned in, and
the invisible watermark. Then it goes through what the row says, and is looked at as `causaray is-synthetic` does, which
says yes from a score of {present:g} of the watermark on, or from a correlation of {seen:g} with the burned-in word.
Metadata are left out: they do not survive most of this.

The watermark changes a film by {change:.1f} grey levels of 255 on average (largest {largest:.1f}), PSNR {psnr:.1f} dB
(lowest {psnr_least:.1f}).

| | watermark found | least score | word found |
|---|---|---|---|
"""
UNMARKED = """
## False alarms

The same films as they are, unmarked: of each row the highest score, which chance makes, and how many would be called
synthetic.

| | watermark found | highest score | word found | highest correlation |
|---|---|---|---|---|
"""
TAIL = """
What cuts, mirrors or turns a film takes the watermark away, and who reads how it is made can take it out.
"""
Way = Callable[[np.ndarray], np.ndarray]


def main(*folders: str) -> None:
    """Measure, and write the page."""
    films = _films(folders)
    made = [watermarked(burn_in(film, MARK)) for film in films]
    whole = [burn_in(film, MARK) for film in films]
    change = [255 * np.abs(one - other) for one, other in zip(made, whole, strict=True)]
    psnr = [-10 * np.log10(np.square(one / 255).mean()) for one in change]
    sides = [max(film.shape) for film in films]
    text = HEAD.format(
        n=len(films), folders=" and ".join(Path(folder).name for folder in folders), least=min(sides), most=max(sides),
        present=PRESENT, seen=SEEN, change=np.mean([one.mean() for one in change]),
        largest=max(one.max() for one in change), psnr=np.mean(psnr), psnr_least=min(psnr),
    )  # fmt: skip
    for name, way in WAYS.items():
        scores, words = _looked([way(one) for one in made])
        text += f"| {name} | {_share(scores >= PRESENT)} | {scores.min():.1f} | {_share(words >= SEEN)} |\n"
    text += UNMARKED
    for name in ("8 bits (PNG)", "JPEG 85", "half the pixels and back"):
        scores, words = _looked([WAYS[name](one) for one in films])
        found = f"{_share(scores >= PRESENT)} | {scores.max():.1f} | {_share(words >= SEEN)} | {words.max():.2f}"
        text += f"| {name} | {found} |\n"
    (OUT / "watermark.md").write_text(text + TAIL, encoding="utf-8")


def _films(folders: tuple[str, ...]) -> list[np.ndarray]:
    files = [file for folder in folders for file in find_scans(Path(folder))]
    chosen = np.random.default_rng(SEED).permutation(len(files))[:FILMS]
    return [read_scan(files[i]).pixels for i in np.sort(chosen)]


def _looked(pictures: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score(one) for one in pictures]), np.array([visible_mark(one, MARK) for one in pictures])


def _share(found: np.ndarray) -> str:
    return f"{np.count_nonzero(found)} of {len(found)}"


def _as_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(255 * pixels).astype(np.uint8))


def _as_pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32) / 255


def _jpeg(quality: int) -> Way:
    def way(pixels: np.ndarray) -> np.ndarray:
        file = BytesIO()
        _as_image(pixels).save(file, "JPEG", quality=quality)
        return _as_pixels(Image.open(file))

    return way


def _half(pixels: np.ndarray) -> np.ndarray:
    image = _as_image(pixels)
    return _as_pixels(image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC))


def _half_and_back(pixels: np.ndarray) -> np.ndarray:
    size = pixels.shape[1], pixels.shape[0]
    return _as_pixels(_as_image(_half(pixels)).resize(size, Image.Resampling.BICUBIC))


def _without_edges(pixels: np.ndarray) -> np.ndarray:
    rows, columns = (side // 20 for side in pixels.shape)
    return pixels[rows:-rows, columns:-columns]


WAYS: dict[str, Way] = {
    "8 bits (PNG)": lambda pixels: _as_pixels(_as_image(pixels)),
    "12 bits (DICOM)": lambda pixels: np.rint(4095 * pixels) / 4095,
    "JPEG 85": _jpeg(85),
    "JPEG 60": _jpeg(60),
    "half the pixels": _half,
    "half the pixels and back": _half_and_back,
    "half and back, then JPEG 85": lambda pixels: _jpeg(85)(_half_and_back(pixels)),
    "brighter (gamma 0.7)": lambda pixels: pixels**0.7,
    "a 20th cut off each edge": _without_edges,
    "mirrored": lambda pixels: pixels[:, ::-1],
}

if __name__ == "__main__":
    main(*sys.argv[1:])
