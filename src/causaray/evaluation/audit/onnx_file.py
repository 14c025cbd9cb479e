"""An ONNX file of a stranger, looked through before anything of it is run."""

from collections.abc import Iterator
from typing import Any

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from causaray.errors import BadInput

STANDARD = ("", "ai.onnx", "ai.onnx.ml")
"""The domains of operators that belong to ONNX itself."""
LARGEST_SIDE = 1024


def read(data: bytes) -> ModelProto:
    """The model in a file's content.

    Raises BadInput for what is no ONNX model, keeps its weights in other files, or has operators of its own.
    """
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf has a kind of error for each of its engines
        raise BadInput(REFUSED) from error
    if not model.graph.node or not model.graph.input or not model.graph.output:
        raise BadInput(REFUSED)
    nodes = [*_nodes(model.graph), *(node for function in model.functions for node in _deep(function.node))]
    if strange := sorted({node.domain for node in nodes} - set(STANDARD)):
        raise BadInput(f'The model has operators of its own ("{strange[0][:40]}"); export it with those of ONNX alone.')
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in _tensors(model.graph, nodes)):
        raise BadInput("The model keeps its weights in another file; save it as one file, with the weights in it.")
    return model


REFUSED = "The file is no ONNX model, or a damaged one; export the model anew (docs/formats.md says how)."


def described(model: ModelProto) -> dict[str, Any]:
    """What it takes and says of itself: `channels`, `side` (None for any), `batch` (None for any), `metadata`.

    Raises BadInput for an input that is no batch of square images of one or three channels.
    """
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in stored]
    kind = inputs[0].type.tensor_type if len(inputs) == 1 else None
    if kind is None or kind.elem_type != TensorProto.FLOAT or len(kind.shape.dim) != 4:
        raise BadInput("The model does not take one float32 input (images, channels, height, width).")
    batch, channels, height, width = (dim.dim_value or None for dim in kind.shape.dim)
    if channels not in (1, 3):
        raise BadInput(f"The model takes images of {channels or 'any number of'} channels, where 1 or 3 are known.")
    if height != width or (height or 1) > LARGEST_SIDE or batch not in (None, 1):
        raise BadInput(
            f"The model takes {batch or 'any number of'} images of {height or 'any'} x {width or 'any'}; "
            f"it should take one or any number, square, of at most {LARGEST_SIDE}."
        )
    metadata = {entry.key: entry.value[:10_000] for entry in model.metadata_props}
    return {"batch": batch, "channels": channels, "side": height, "metadata": metadata}


def _nodes(graph: GraphProto) -> Iterator[NodeProto]:
    """All nodes of a graph, those of the graphs within it, too."""
    yield from _deep(graph.node)


def _deep(nodes: Any) -> Iterator[NodeProto]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in _graphs(attribute):
                yield from _nodes(graph)


def _graphs(attribute: AttributeProto) -> list[GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _tensors(graph: GraphProto, nodes: list[NodeProto]) -> Iterator[TensorProto]:
    """All tensors that are stored: of the graph, of the graphs in its nodes, and of the nodes themselves."""
    attributes = [attribute for node in nodes for attribute in node.attribute]
    for one in [graph, *(inner for attribute in attributes for inner in _graphs(attribute))]:
        yield from one.initializer
        yield from (part for sparse in one.sparse_initializer for part in (sparse.values, sparse.indices))
    for attribute in attributes:
        yield from [attribute.t, *attribute.tensors]
        for sparse in [attribute.sparse_tensor, *attribute.sparse_tensors]:
            yield from (sparse.values, sparse.indices)
