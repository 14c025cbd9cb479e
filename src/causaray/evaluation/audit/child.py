"""The process in which a stranger's ONNX model runs: `python -m causaray.evaluation.audit.child`.

Asked first with the file, it answers what `onnx_file.described` says; asked then with `shape` and float32 images, with
`shape` and float32 outputs (`confined.py`).
"""

from typing import Any

import numpy as np
import onnxruntime

from causaray.confined import answer_parent
from causaray.errors import BadInput
from causaray.evaluation.audit.onnx_file import described, read

MEMORY = 6 * 2**30
"""Bytes of address space: the largest file is held three times while it is read, and threads reserve theirs."""
THREADS = 2


class Runner:
    """Answers for the one model it was sent first."""

    def __init__(self) -> None:
        self._session: onnxruntime.InferenceSession | None = None

    def answer(self, data: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            return self._open(data) if self._session is None else self._run(data, asked["shape"])
        except BadInput as error:
            return {"error": str(error)}, b""
        except MemoryError:
            return {"error": "The model takes more memory than a classifier of radiographs may."}, b""
        except Exception:  # onnxruntime's messages quote the model, and are not one sentence
            return {"error": "The model cannot be run by ONNX Runtime; export it anew and try it there first."}, b""

    def _open(self, data: bytes) -> tuple[dict[str, Any], bytes]:
        told = described(read(data))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return told, b""

    def _run(self, data: bytes, shape: list[int]) -> tuple[dict[str, Any], bytes]:
        assert self._session is not None
        images = np.frombuffer(data, np.float32).reshape(shape)
        first = self._session.get_outputs()[0].name
        (outputs,) = self._session.run([first], {self._session.get_inputs()[0].name: images})
        given = np.ascontiguousarray(outputs, np.float32)
        return {"shape": given.shape}, given.tobytes()


if __name__ == "__main__":
    answer_parent(Runner().answer, MEMORY)
