"""`causaray edit` on the command line."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from causaray.app.commandline import of_verb
from causaray.app.terminal import only_json, progress_bar, say_json
from causaray.arguments import Json
from causaray.counterfactual import Counterfactual


@of_verb("edit", "edits", out=Path("out"))
def edit(verb: partial[Iterator[Counterfactual]], json: Json = False) -> None:
    start, lines = time.monotonic(), list[str]()
    files, about, measured, verdicts = list[Path](), dict[str, Any](), dict[str, Any](), dict[str, Any]()
    texts = dict[str, str | None]()
    how = {"seed": verb.keywords["seed"], "strength": verb.keywords["strength"]}
    with only_json(json), progress_bar("Editing") as progress:
        for one in verb(progress=progress):
            files += one.files
            said = (one.verdict.text if one.verdict else None, one.interpretation)
            lines.append(f"{one.files[0]}: {one.text}. {' '.join(filter(None, said))}".rstrip())
            about = {"request": one.asked, **how, "weights": one.weights, "digest": one.digest, "judge": one.judge}
            measured[str(one.factual.source)] = one.measured
            verdicts[str(one.factual.source)] = one.verdict.record() if one.verdict else None
            texts[str(one.factual.source)] = one.interpretation
    if not json:
        print("\n".join(lines))
        return
    say_json({"files": files, **about, "seconds": round(time.monotonic() - start, 3), "measured": measured,
              "verdict": verdicts, "interpretation": texts})  # fmt: skip
