"""Answers kept on disk: a JSON file a report, holding where the findings are mentioned, but not the report's words."""

import json
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from causaray.errors import BadInput
from causaray.reports.llm.request import Body
from causaray.reports.reading import Mention
from causaray.writing import make_folder, whole_file

_FORM = 1  # counts up whenever the same answer would be read into other mentions
_MENTIONS = TypeAdapter(tuple[Mention, ...])


def key_of(endpoint: str, body: Body) -> str:
    """The name of an answer: SHA-256 of the endpoint and the whole request (model, instructions, schema, report)."""
    asked = json.dumps([_FORM, endpoint.rstrip("/"), body], sort_keys=True)
    return sha256(asked.encode()).hexdigest()


def load(path: Path) -> tuple[Mention, ...] | None:
    """The mentions kept in a file; None where there is none, or it cannot be read."""
    try:
        return _MENTIONS.validate_json(path.read_bytes())
    except (OSError, ValidationError, BadInput):
        return None


def store(mentions: tuple[Mention, ...], path: Path) -> None:
    """Keep mentions in a file. Raises BadInput when it cannot be written."""
    make_folder(path.parent)
    with whole_file(path) as beside:
        beside.write_bytes(_MENTIONS.dump_json(mentions))
