"""Digests of the edits of all shipped weights, to be compared before and after a change that must not change them.

python -m benchmarks.same_edits FILMS BEFORE.json            # before: digests of the edits of the films in a folder
python -m benchmarks.same_edits FILMS AFTER.json BEFORE.json # after: which are no longer the same
"""

import argparse
import hashlib
import json
from pathlib import Path

import causaray
from causaray.errors import BadInput

KINDS = ("prism", "paired", "drift", "inpainting")
EDITORS = (
    ("cxr-128", None), ("phantom-64", None), ("anatomy-128", None),
    *((prior, kind) for prior in ("prior-128", "prior-phantom-64") for kind in KINDS),
)  # fmt: skip
"""Weights, and the kind of editor where they are a prior."""
REQUESTS, SEEDS = ("moderate left pleural effusion", "cardiomegaly", "no edema"), (0, 1)


def digests(films: Path) -> dict[str, str]:
    """Editor, request and seed -> SHA-256 of the counterfactuals of all films, or the sentence of a refusal."""
    found = {}
    for weights, kind in EDITORS:
        for request in REQUESTS:
            for seed in SEEDS:
                key = f"{weights} {kind or ''} {request} {seed}".replace("  ", " ")
                found[key] = _digest(films, request, weights, kind, seed)
                print(key, found[key][:60], flush=True)
    return found


def _digest(films: Path, request: str, weights: str, kind: str | None, seed: int) -> str:
    whole = hashlib.sha256()
    try:
        for made in causaray.edit(films, request, weights=weights, editor=kind, seed=seed):
            whole.update(made.counterfactual.pixels.tobytes())
    except BadInput as refusal:
        return str(refusal)
    return whole.hexdigest()


def main() -> int:
    """The number of edits that are no longer the same."""
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("films", "out"):
        arguments.add_argument(name, type=Path)
    arguments.add_argument("before", type=Path, nargs="?")
    told = arguments.parse_args()
    now = digests(told.films)
    told.out.write_text(json.dumps(now, indent=1) + "\n")
    if told.before is None:
        return 0
    before = json.loads(told.before.read_text())
    changed = [key for key in now if before.get(key) != now[key]]
    print("\n".join(f"not the same: {key}" for key in changed) or f"All {len(now)} are the same.")
    return len(changed)


if __name__ == "__main__":
    raise SystemExit(main())
