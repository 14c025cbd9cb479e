"""C-STORE: giving DICOM files to a server."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pynetdicom import Association

from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.network.association import associated
from causaray.network.instances import Instance, contexts_of
from causaray.network.peer import Peer
from causaray.network.statuses import is_stored, meaning

_LOST = "the association was lost before"


@dataclass(frozen=True)
class Sent:
    """What became of a file.

    Attributes:
        status: the server's answer (PS3.4, B.2.3), or None when there was none.
        reason: why it is not stored, or "". It is in words of ours: what a server answers may name the patient.
    """

    path: Path
    status: int | None
    reason: str = ""

    @property
    def stored(self) -> bool:
        return not self.reason


def store(
    instances: Sequence[Instance],
    peer: Peer,
    calling: str,
    timeout: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Sent]:
    """Send files in one association, which is checked by C-ECHO first. One that is refused does not stop the others.

    Args:
        calling: our AE title.
        timeout: seconds to wait for the connection, and for each answer.
        progress: called with (files sent, files in all).

    Returns: what became of each file, in their order.

    Raises:
        BadInput: there is no association, or there are too many kinds of object for one.
    """
    sent = []
    with associated(peer, contexts_of(instances), calling, timeout) as association:
        for one in _each(association, instances, peer):
            sent.append(one)
            progress(len(sent), len(instances))
    return sent


def _each(association: Association, instances: Sequence[Instance], peer: Peer) -> Iterator[Sent]:
    with warnings.catch_warnings(action="ignore"):  # pydicom's may quote the header, so the patient
        for instance in instances:
            if not association.is_established:
                yield Sent(instance.path, None, _LOST)
            elif not _accepted(association, instance):
                what = f"{instance.storage_class.name} in {instance.syntax.name}"
                yield Sent(instance.path, None, f"{peer.title} takes no {what}")
            else:
                yield _stored(association, instance)


def _accepted(association: Association, instance: Instance) -> bool:
    return any(
        context.abstract_syntax == instance.storage_class and context.transfer_syntax[0] in instance.offered
        for context in association.accepted_contexts
    )


def _stored(association: Association, instance: Instance) -> Sent:
    try:
        answer = association.send_c_store(read_dataset(instance.path))
    except Exception:  # many kinds, as pydicom meets damage, and some quote the header
        fault = "the file is damaged, or cannot be written in a form that was agreed on"
        return Sent(instance.path, None, fault if association.is_established else _LOST)
    status = answer.get("Status")
    if status is None:
        return Sent(instance.path, None, "there was no answer in time, or the association was lost")
    return Sent(instance.path, status, "" if is_stored(status) else meaning(status))
