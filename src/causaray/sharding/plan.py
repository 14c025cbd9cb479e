"""What a folder of shards was begun with: it is gone on with under the same settings, and under no others."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from causaray.errors import BadInput
from causaray.sharding.whole import durable_file

PLAN = "plan.json"


def begun(out: Path, settings: Mapping[str, Any], beside: Collection[str] = ()) -> dict[str, Any] | None:
    """The plan of a folder that was begun with these settings; None of one that is still to be begun.

    beside: what may lie in it before there is a plan. Raises BadInput for a folder of other settings, and for one that
    holds anything else.
    """
    path, wanted = out / PLAN, json.loads(json.dumps(settings))
    if path.exists():
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if told["settings"] != wanted:
            changed = ", ".join(name for name, value in wanted.items() if told["settings"].get(name) != value)
            raise BadInput(f"{out} was begun with another {changed}; go on with what it was, or choose another folder.")
        return told
    held = [one for one in out.iterdir() if one.name not in beside and one.name[0] != "."] if out.is_dir() else []
    if held or out.is_file():
        raise BadInput(f"{out} is there already; remove it, or choose another place to write to.")
    return None


def begin(out: Path, settings: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Write the plan, with what else it says; from now on the folder is begun."""
    durable_file(out / PLAN, json.dumps({"settings": settings, **told}, indent=1).encode())
