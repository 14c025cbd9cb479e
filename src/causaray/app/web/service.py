"""The one editor of a server, which many ask: its weights are loaded once, and it does one edit after the other."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from causaray.app.inputs import frontal, square_side
from causaray.app.web.editors import Edits, ServedEditor, chosen, edits_of
from causaray.app.web.orders import Order
from causaray.app.web.warnings import Warnings, warnings_of
from causaray.counterfactual import Counterfactual
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings, check_known
from causaray.imagefiles.apart import ApartReader
from causaray.reports.prompt import read_request
from causaray.scan import Scan
from causaray.worker import Busy, Job, Progress, Worker

if TYPE_CHECKING:
    from causaray.app.editing import EditingPipeline

LOG = logging.getLogger("causaray.web")
T = TypeVar("T")
LONGEST_PROMPT = 500


class Unavailable(Exception):
    """The weights cannot be loaded; the log says why."""

    def __init__(self) -> None:
        super().__init__("The editor cannot be loaded; the server's log says why.")


class Service:
    """Edits for several users at once. What one asks and gets is in nobody's hands but theirs.

    Uploads are read in a process of their own and are never on disk. Before `start`, work waits.
    """

    def __init__(
        self, weights: str | Path = "cxr-128", places: int = 8, device: str = AUTO, against: Sequence[str | Path] = ()
    ) -> None:
        """Find the weights (a shipped name, or a folder); `places` jobs may wait beside the one at work;
        device: where models run, as `devices.resolved` reads it; against: further editors, which may be chosen and are
        opened when one of them is chosen for the first time.

        Raises BadInput for weights that are not there or do not edit, and for two editors of one name.
        """
        first = ServedEditor.read(weights)
        self.spec, self.device = first.spec, device
        self.size, self.names = square_side(self.spec), self.spec.names
        self.weights = self.spec.folder.name
        self.editors = (first, *map(ServedEditor.read, against))
        if len({one.name for one in self.editors}) < len(self.editors):
            raise BadInput(f"Each editor is named once; here are {', '.join(one.name for one in self.editors)}.")
        self._opened = dict[str, Edits]()
        self._reader = ApartReader()
        self._worker = Worker(places)
        self._opening = self._worker.submit(self._open)

    def start(self) -> None:
        """Begin to load the weights, and then to work, in the background."""
        self._worker.start()

    def close(self) -> None:
        """Cancel all work and take no more."""
        self._worker.close()
        self._reader.close()

    @property
    def state(self) -> Literal["loading", "ready", "failed"]:
        """Whether the weights are in memory yet."""
        if not self._opening.future.done():
            return "loading"
        return "failed" if self._opening.future.cancelled() or self._opening.future.exception() else "ready"

    @property
    def places(self) -> int:
        """How many jobs may wait."""
        return self._worker.places

    @property
    def waiting(self) -> int:
        """How many jobs wait, the one at work not counted."""
        return self._worker.waiting

    @property
    def full(self) -> bool:
        """Whether the next job would be refused as Busy."""
        return self._worker.full

    def busy(self) -> Busy:
        """The refusal of a job, to be raised by who refuses before there is a job."""
        return self._worker.busy()

    def understood(self, prompt: str, editor: str = "") -> Findings:
        """What a prompt asks of an editor, the first where none is named.

        Raises BadInput for one that cannot be read, is too long, or asks for what the editor does not know, and for an
        editor that there is not.
        """
        known = chosen(self.editors, editor)
        if len(prompt) > LONGEST_PROMPT:
            raise BadInput(f"The prompt has {len(prompt)} characters, where at most {LONGEST_PROMPT} are read.")
        request = read_request(prompt, known.names)
        check_known(request, known.names, known.name)
        return request

    def read(self, data: bytes, size: int | None = None) -> Scan:
        """The frontal radiograph in a file's content, with nothing of its patient; letterboxed to (size, size) where a
        size is given.

        Raises BadInput for what is none.
        """
        return frontal(self._reader.read(data, size))

    def edit(self, order: Order, progress: Progress | None = None) -> Job[tuple[Counterfactual, ...]]:
        """Have an image edited: a counterfactual for each of `order.variants()`, when its turn comes.

        The job raises BadInput for an image that is none, and Unavailable when there is no editor. It can be cancelled
        between the steps of an edit; `progress` is called on the worker's thread with (edits done, edits in all).

        Raises BadInput for findings that the editor does not know, and Busy when as many as may wait are waiting.
        """
        editor = chosen(self.editors, order.editor)
        check_known(order.request, editor.names, editor.name)
        return self.run(partial(self._edited, order), progress)

    def run(self, work: "Callable[[EditingPipeline, Job[T]], T]", progress: Progress | None = None) -> Job[T]:
        """Have any work done with the editor and the judge, in the same queue. Raises Busy."""
        return self._worker.submit(lambda job: work(self._pipeline(), job), progress)

    def ahead(self, job: Job) -> tuple[int, float]:
        """How many jobs come before one that waits, and about how many seconds it is until it is done."""
        return self._worker.ahead(job)

    def warned(self, image: bytes) -> Job[Warnings]:
        """What is wrong with a radiograph, before it is edited, when its turn comes. Raises Busy."""
        return self.run(lambda pipeline, job: warnings_of(pipeline, self.read(image)))

    def _edited(self, order: Order, pipeline: "EditingPipeline", job: Job) -> tuple[Counterfactual, ...]:
        image, made = order.image, list[Counterfactual]()
        scan = frontal(image) if isinstance(image, Scan) else self.read(image)
        variants, edit = order.variants(), self._edits(order.editor, pipeline)
        for findings, seed in variants:
            job.tell(len(made), len(variants))
            request = EditRequest(findings, seed, order.strength, support_device=order.support_device)
            made.append(edit(scan, request, job.step))
        return tuple(made)

    def _edits(self, name: str, pipeline: "EditingPipeline") -> Edits:
        """What an editor does; on the worker's thread, which opens those that are not open yet."""
        editor = chosen(self.editors, name)
        if editor is self.editors[0]:
            return edits_of(pipeline)
        if editor.name not in self._opened:
            self._opened[editor.name] = editor.open(self.device)
        return self._opened[editor.name]

    def _open(self, job: "Job[EditingPipeline]") -> "EditingPipeline":
        self._reader.start()
        try:
            from causaray.app.editing import EditingPipeline  # torch takes seconds to import

            pipeline = EditingPipeline.open(self.spec, self.device)
            _try(pipeline)
            return pipeline
        except Exception as error:
            LOG.error("The weights cannot be loaded: %s", error)
            raise Unavailable from error

    def _pipeline(self) -> "EditingPipeline":
        if self.state == "failed":
            raise Unavailable
        return self._opening.result(0)


def _try(pipeline: "EditingPipeline") -> None:
    """An edit that nobody asked for: the first takes twice as long as those that follow."""
    size, names = pipeline.size, pipeline.editor.names
    ramp = Scan(np.linspace(0, 1, size**2).reshape(size, size))
    request = Findings([Finding(next(name for name in names if name != "No Finding"))])
    pipeline.edit([ramp], EditRequest(request, 0, 0.5))
