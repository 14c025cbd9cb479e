"""`python -m benchmarks.attribution`: an attribution of the judge that ships beside the counterfactuals of an audit.

Audits judge-224 on the adults of `causaray demo`, with integrated gradients. Writes docs/results/attribution.md and
attribution.jpg.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import causaray

FINDING, KEY = "Pleural Effusion", "pleural-effusion"
DEMO = Path(causaray.__file__).parent / "app" / "demo"
OUT = Path(__file__).parent.parent / "docs" / "results"
ROWS = {
    "inside": "share of the attribution on pixels that the counterfactual changes",
    "even": "the same of an attribution that knows nothing: the share of these pixels",
    "control_inside": "the same with the counterfactual of another film",
    "correlation": "correlation of both sizes over the pixels",
}
PAGE = """\
# What an answer rests on, and what would change it

Made by `python -m benchmarks.attribution`: `causaray audit --attribution` of judge-224 on {n} radiographs of adults
that come along, for {finding}. Integrated gradients say which pixels an answer rests on (orange for the finding, blue
against it); the counterfactual says what would change it.

![Radiograph, integrated gradients, counterfactual difference](attribution.jpg)

| | value | 95 % interval |
|---|---|---|
{rows}

Where the first figure is no higher than the second, the answer does not rest, by this attribution, on what the
counterfactual changes. So few films show what an audit draws, and measure nothing; the judge is our own, and no
independent classifier.
"""


def main() -> None:
    """Audit, and write the page."""
    with TemporaryDirectory() as work:
        films, out = Path(work, "films"), Path(work, "out")
        films.mkdir()
        for film in sorted(DEMO.glob("adult*.jpg")):
            shutil.copyfile(film, films / film.name)
        report = causaray.audit("judge-224", films, out, finding=[FINDING], architecture="judge", attribution=True)
        Image.open(out / f"{KEY}-attribution.png").convert("RGB").save(OUT / "attribution.jpg", quality=80)
    told = report["findings"][FINDING]["attribution"]
    rows = [f"| {said} | {_print(told[key]['value'])} | {_print(told[key]['low'])} to {_print(told[key]['high'])} |"
            for key, said in ROWS.items()]  # fmt: skip
    text = PAGE.format(n=report["about"]["images"], finding=FINDING.lower(), rows="\n".join(rows))
    (OUT / "attribution.md").write_text(text, encoding="utf-8")


def _print(value: float) -> str:
    return f"{value:.2f}"


if __name__ == "__main__":
    main()
