"""The images that were misnamed, with what was said of them; after the study those that an editor made are marked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from causaray.counterfactual import MARK
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.pictures import embedded
from causaray.evaluation.reading_room.scores import Reading
from causaray.finding import Finding
from causaray.imagefiles import burn_in, read_scan

SIDE, MOST = 256, 48
TITLES = {
    True: "Edited films that were misnamed, or placed on the other side",
    False: "Radiographs that were misnamed, or placed on the other side",
}


def galleries(found: Sequence[Reading], images: Path) -> Iterator[Markup]:
    """A gallery of edited films and one of radiographs of patients, of at most MOST images each; `images` has them."""
    for edited, title in TITLES.items():
        wrong: dict[str, list[Reading]] = {}
        for reading in found:
            if reading.entry.edited == edited and not reading.named_with_side:
                wrong.setdefault(reading.answer.image, []).append(reading)
        if wrong:
            yield element("h2", title)
            more = f"The first {MOST} of {len(wrong)} images." if len(wrong) > MOST else f"Images: {len(wrong)}."
            yield element("p", more, class_="reading")
            shown = [_shown(images / name, wrong[name]) for name in sorted(wrong)[:MOST]]
            yield element("div", *shown, class_="ranks films")


def _shown(file: Path, wrong: Sequence[Reading]) -> Markup:
    entry = wrong[0].entry
    pixels = read_scan(file, SIDE).pixels
    there = element("b", f"{entry.source}: {entry.finding.to_text()}")
    said = [element("span", f"{reading.reader} said {_said(reading)}") for reading in wrong]
    picture = embedded(burn_in(pixels, MARK) if entry.edited else pixels, file.stem)
    return element("figure", element("div", picture, class_="strip one"), element("figcaption", there, *said))


def _said(reading: Reading) -> str:
    said = Finding(reading.answer.finding, side=reading.answer.side).to_text()
    remark = f" (“{reading.answer.remark}”)" * bool(reading.answer.remark)
    return f"{said}, looks real: {reading.answer.real}{remark}"
