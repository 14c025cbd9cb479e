"""The editors that a server offers, as what they do for it: one edit of one film."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from causaray.app.drawing_options import WEIGHTS as DRAWING
from causaray.app.web.orders import QUOTED
from causaray.counterfactual import Counterfactual
from causaray.editors.edit import EditRequest
from causaray.editors.spec import DRAWN, EditorSpec
from causaray.errors import BadInput
from causaray.scan import Scan

if TYPE_CHECKING:
    from torch import nn

    from causaray.app.drawing import DrawingTable
    from causaray.app.editing import EditingPipeline

Edits = Callable[[Scan, EditRequest, Callable[[], None]], Counterfactual]
"""One edit of a film; what is given last is called between its steps, and ends it by what it raises."""


@dataclass(frozen=True)
class ServedEditor:
    """An editor that may be chosen: its name, and its weights, found and looked at but not opened."""

    name: str
    spec: EditorSpec

    @classmethod
    def read(cls, weights: str | Path) -> Self:
        """Of what `--weights` takes, or "drawn" for the editor that draws. Raises BadInput for what does not edit."""
        spec = EditorSpec.read(DRAWING if weights == DRAWN else weights)
        if spec.size is None:
            return cls(DRAWN, spec)
        return cls(f"{spec.kind}={spec.folder.name}" if spec.kind else spec.folder.name, spec)

    @property
    def adds_only(self) -> bool:
        """Whether it takes no finding away."""
        return self.spec.size is None

    @property
    def names(self) -> tuple[str, ...]:
        """The findings that it knows."""
        if not self.adds_only:
            return self.spec.names
        from causaray.anatomy.editor import DrawnEditor  # torch takes seconds to import

        return DrawnEditor.names

    def open(self, device: str) -> Edits:
        """Load its weights and the judge. Raises BadInput when something cannot be read."""
        if self.adds_only:
            from causaray.app.drawing import DrawingTable

            return partial(_drawn, DrawingTable.open(self.spec.folder))
        from causaray.app.editing import EditingPipeline

        return edits_of(EditingPipeline.open(self.spec, device))


def edits_of(pipeline: "EditingPipeline") -> Edits:
    """What an opened editor does."""
    return partial(_edited, pipeline)


def chosen(editors: Sequence[ServedEditor], name: str) -> ServedEditor:
    """The editor of a name, the first for none. Raises BadInput for a name that is none of them."""
    found = {one.name: one for one in editors} | {"": editors[0]}
    if name not in found:
        raise BadInput(f'The editor "{name[:QUOTED]}" is none of {", ".join(one.name for one in editors)}.')
    return found[name]


def _edited(pipeline: "EditingPipeline", scan: Scan, request: EditRequest, step: Callable[[], None]) -> Counterfactual:
    if "support_device" not in pipeline.editor.takes:
        request = replace(request, support_device=None)
    with _before_each_call(getattr(pipeline.editor, "denoiser", None), step):
        (made,) = pipeline.edit([scan], request)
    return made


def _drawn(table: "DrawingTable", scan: Scan, request: EditRequest, step: Callable[[], None]) -> Counterfactual:
    return table.edit(scan, request.findings, request.first_seed, request.strength, request.support_device)


@contextmanager
def _before_each_call(net: "nn.Module | None", check: Callable[[], None]) -> Iterator[None]:
    """Call `check` before each call of `net`, where there is one; what it raises ends the work that called."""
    if net is None:
        yield
        return
    hook = net.register_forward_pre_hook(lambda *_: check())
    try:
        yield
    finally:
        hook.remove()
