"""ONNX classifiers of which it is known what they read: a weighted sum of the pixels, and a sigmoid."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

SAID = {"findings": "Pleural Effusion", "range": "unit", "output": "probability"}
NAMES = 1


def content(
    weights: np.ndarray, shift: float, steep: float = 60.0, said: dict[str, str] | None = None, **other
) -> bytes:
    """The file of sigmoid(steep * (weights (S, S) . pixels - shift)); `other` goes to `graph`."""
    flat = (steep * weights).reshape(-1, 1).astype(np.float32)
    stored = [numpy_helper.from_array(flat, "w"), numpy_helper.from_array(np.float32([-steep * shift]), "b")]
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["y"]),
    ]
    return graph(nodes, stored, ["n", 1, *weights.shape], SAID if said is None else said, **other)


def graph(nodes, stored, shape, said, kind=TensorProto.FLOAT, domains=("",)) -> bytes:
    """The file of any graph from "x" to "y"."""
    taken = helper.make_tensor_value_info("x", kind, shape)
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", NAMES])
    made = helper.make_graph(nodes, "made", [taken], [given], stored)
    opsets = [helper.make_opsetid(domain, 17 if not domain else 1) for domain in domains]
    model = helper.make_model(made, opset_imports=opsets, ir_version=9)
    helper.set_model_props(model, said)
    return model.SerializeToString()


def marker_reader(size: int = 64) -> bytes:
    """Reads whether a letter stands in the corner at the patient's left: that corner beside the other."""
    weights, side = np.zeros((size, size)), -(-size // 5)
    weights[:side, -side:], weights[:side, :side] = 1 / side**2, -1 / side**2
    return content(weights, 0.01, steep=1000.0)


def base_reader(size: int = 64) -> bytes:
    """Reads the mean brightness of the lower lungs."""
    weights = np.zeros((size, size))
    weights[size // 2 : -size // 8, size // 8 : -size // 8] = 1
    return content(weights / weights.sum(), 0.5)


def constant(size: int = 64) -> bytes:
    """Says 0.3 of everything."""
    return content(np.zeros((size, size)), np.log(0.7 / 0.3), steep=1.0)


def written(folder: Path, data: bytes, name: str = "model.onnx") -> Path:
    """The content as a file."""
    (folder / name).write_bytes(data)
    return folder / name
