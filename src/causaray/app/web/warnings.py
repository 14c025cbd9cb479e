"""What is wrong with a radiograph, said before it is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from causaray.scan import Scan

if TYPE_CHECKING:
    from causaray.app.editing import EditingPipeline


class Warnings(TypedDict):
    """`unlike`: distance and limit, where the film is unlike those of the training; `unread`: why its anatomy cannot be
    read, as a sentence; both None where all is well."""

    unlike: dict[str, Any] | None
    unread: str | None


def warnings_of(pipeline: EditingPipeline, scan: Scan) -> Warnings:
    """The warnings about one film."""
    from causaray.app.editing import as_tensor  # torch takes seconds to import

    typicality = pipeline.typical.told(as_tensor([scan.square(pipeline.size)]))[0] if pipeline.typical else None
    films = pipeline.films
    fault = films.faults(films.read([scan]), [0])[0] if films else None
    return {
        "unlike": typicality if typicality and typicality["unlike"] else None,
        "unread": f"The film {fault}" if fault else None,
    }
