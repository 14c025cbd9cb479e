"""What `listen` does with a radiograph it has taken: edit it, keep the result, send it back."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from causaray.app.inputs import RESULT
from causaray.counterfactual import Counterfactual
from causaray.errors import BadInput
from causaray.network.instances import find_instances
from causaray.network.peer import Peer
from causaray.network.receiver import Received
from causaray.network.storing import store
from causaray.scan import Scan


@dataclass(frozen=True)
class Answerer:
    """Makes the counterfactual of what was received, a Secondary Capture of the same patient and study.

    Attributes:
        edit: makes it.
        out: folder for <name>-counterfactual.dcm and .json, or None to keep nothing.
        peer: the server that gets it, or None.
        title: what we call ourselves there, and `timeout` how many seconds to wait for it.
        tell: called with a sentence for each, without a patient in it.
    """

    edit: Callable[[Scan], Counterfactual]
    out: str | Path | None
    peer: Peer | None
    title: str
    timeout: float
    tell: Callable[[str], None]

    def __call__(self, received: Received) -> None:
        """Never raises: the one who sent it has had an answer, so a fault can only be told."""
        try:
            self._answer(received)
        except BadInput as error:
            self.tell(str(error))
        except Exception as error:
            self.tell(f"A radiograph that was taken could not be edited ({type(error).__name__}).")

    def _answer(self, received: Received) -> None:
        made = self.edit(received.scan)
        name = _name(received.instance, made) + RESULT
        with self._folder() as folder:
            made.save(folder, name, ("dicom", "json"), keep_identity=True)
            self.tell(f"{name}: {made.text}.")
            if self.peer is not None:
                self._send(Path(folder, f"{name}.dcm"), self.peer)

    @contextmanager
    def _folder(self) -> Iterator[str | Path]:
        if self.out is not None:
            yield self.out
        else:
            with TemporaryDirectory(prefix="causaray-") as folder:
                yield folder

    def _send(self, file: Path, peer: Peer) -> None:
        (sent,) = store(find_instances(file), peer, self.title, self.timeout)
        self.tell(
            f"{file.stem}: {'stored by' if sent.stored else 'not stored by'} {peer}{sent.reason and ': '}{sent.reason}."
        )


def _name(instance: str, made: Counterfactual) -> str:
    """The same for the same object and request, and nobody can read the object's UID from it."""
    asked = (instance, made.request.to_text(), made.digest, str(made.seed), f"{made.strength:g}")
    return hashlib.sha256("|".join(asked).encode()).hexdigest()[:16]
