"""What every editor is: whatever changes a radiograph to show a request, and can be used by all verbs."""

from collections.abc import Set
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from causaray.editors.edit import Edit, EditRequest
from causaray.errors import BadInput
from causaray.findings import Findings

ATTENTION = ("pathology that is looked at", "identity that looks at pathology")
"""Titles of the two pictures of a layer that an `Attentive` editor gives."""


class Editor(Protocol):
    """An editor of radiographs.

    name: its own; weights, digest: of its weights, the latter as SHA-256 in hexadecimal. method: what it is of, as
    records say it. names: the findings that it knows. size: side in pixels of the square images that it takes, None for
    any. takes: the options of an `EditRequest` that it heeds. adds_only: whether it takes no finding away. config: its
    settings, `guidance` among them.
    """

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def size(self) -> int | None: ...
    @property
    def takes(self) -> Set[str]: ...
    @property
    def adds_only(self) -> bool: ...
    @property
    def config(self) -> Any: ...

    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What images (B, 1, S, S) in [0, 1] would look like under a request, each as it would be edited alone.

        Raises BadInput for a request that it cannot be asked.
        """

    def reconstruct(self, images: Tensor) -> Tensor:
        """What it makes of images when nothing is asked: (B, 1, S, S) in [0, 1]."""


@runtime_checkable
class Generator(Protocol):
    """An editor that makes new radiographs, too."""

    def generate(self, request: Findings, n: int, *, seed: int, identity: Tensor | None) -> Tensor:
        """n images (n, 1, S, S) with a request; identity (1 or n, 1, S, S): whose anatomy, where the editor has any."""


@runtime_checkable
class Attentive(Protocol):
    """An editor that can show what it looks at."""

    def attention(self, images: Tensor) -> "list[list[tuple[np.ndarray, np.ndarray]]]":
        """For each of images two pictures (S, S, 3) a layer: what is looked at, and what looks."""


@runtime_checkable
class Segmenter(Protocol):
    """An editor that can tell where the findings are. `segments`: whether these weights do."""

    @property
    def segments(self) -> bool: ...

    def segment(self, images: Tensor) -> Tensor:
        """How much of each place of images (B, 1, S, S) each of `names` takes: (B, n, p, p) in [0, 1]."""


def segmenter(editor: Editor) -> Segmenter | None:
    """The editor as a `Segmenter`, where it is one and its weights tell where findings are; else None."""
    return editor if isinstance(editor, Segmenter) and editor.segments else None


@runtime_checkable
class Finer(Protocol):
    """An editor that takes images of more pixels than its `size`, too. `finest`: side in pixels of the finest."""

    @property
    def finest(self) -> int: ...


def finest(editor: Editor) -> int | None:
    """Side in pixels of the finest images that an editor takes; None for any."""
    return editor.finest if isinstance(editor, Finer) else editor.size


def takes_side(editor: Editor, side: int) -> bool:
    """Whether an editor takes square images of `side` pixels."""
    return editor.size is None or side in (editor.size, finest(editor))


@runtime_checkable
class Writer(Protocol):
    """An editor that writes what changed, too: `written` in the notes of its edits. `writes`: whether it does."""

    @property
    def writes(self) -> bool: ...


@runtime_checkable
class Disentangled(Protocol):
    """An editor that tells the patient's own channels from those of the findings."""

    def channels(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Means of identity (B, n, h, w) and of pathology channels (B, k, p, p) of images (B, 1, S, S)."""


def check_options(editor: Editor, request: EditRequest) -> None:
    """Raises BadInput for an option that the editor does not take."""
    strange = [option for option in request.options if option not in editor.takes]
    if strange:
        known = ", ".join(sorted(editor.takes)) or "none"
        raise BadInput(f"{editor.name} takes no {strange[0]}; of the options of an edit it takes {known}.")
