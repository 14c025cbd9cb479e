"""A classifier of the user's, from whatever file or folder it is in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.evaluation.audit.classifier import Classifier
from causaray.evaluation.audit.named import named_classifier
from causaray.evaluation.audit.onnx_model import check_size, onnx_classifier


@contextmanager
def open_classifier(path: Path, architecture: str | None, stated: Mapping[str, str]) -> Iterator[Classifier]:
    """The classifier in an ONNX file, or with an architecture in a folder of safetensors, as long as the block lasts.

    Raises BadInput for pickles and anything else, and whatever `onnx_classifier` and `named` refuse.
    """
    if path.suffix.lower() in weightfiles.PICKLES:
        raise BadInput(
            f"{path} is a pickle, which is never opened; export the model to ONNX with torch.onnx.export, "
            "as docs/formats.md shows."
        )
    if architecture is not None:
        yield named_classifier(path, architecture, stated)
        return
    try:
        check_size(path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path} is no ONNX file that can be read; name one, or a folder with --architecture."
        ) from error
    with onnx_classifier(data, path.stem, stated) as classifier:
        yield classifier
