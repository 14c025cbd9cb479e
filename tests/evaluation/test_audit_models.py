"""Classifiers of strangers: how they are asked, and what is refused before or while they run."""

import json

import made_onnx
import numpy as np
import pytest
import torch
from made_onnx import SAID, content, graph, helper, numpy_helper, onnx

from causaray.errors import BadInput
from causaray.evaluation.audit import onnx_model
from causaray.evaluation.audit.interface import Interface
from causaray.evaluation.audit.onnx_model import onnx_classifier
from causaray.evaluation.audit.opening import open_classifier

MEAN = np.full((8, 8), 1 / 64)
IMAGES = torch.tensor([0.25, 0.75]).view(2, 1, 1, 1).expand(2, 1, 64, 64)


def asked(data: bytes, **stated: str) -> np.ndarray:
    with onnx_classifier(data, "model", stated) as classifier:
        return classifier.predict(IMAGES)


def passing(nodes, shape=("n", 1, 8, 8), said=SAID, stored=(), **other) -> bytes:
    return graph(nodes, list(stored), list(shape), said, **other)


def mean(*names: str, shape=("n", 1, 8, 8), said=SAID, **other) -> bytes:
    """The mean of each image, as it is."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Flatten", ["m"], ["y"]),
    ]
    return passing(nodes, shape, said, **other)


def test_images_of_any_size_come_at_the_side_it_takes():
    np.testing.assert_allclose(asked(mean())[:, 0], [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(asked(mean(shape=("n", 1, "h", "w")))[:, 0], [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(asked(mean(shape=(1, 3, 16, 16)))[:, 0], [0.25, 0.75], atol=1e-6)


def test_grey_values_are_scaled_as_it_says_and_logits_read_as_such():
    said = {**SAID, "range": "torchxrayvision", "output": "logit"}
    np.testing.assert_allclose(asked(mean(said=said))[:, 0], [0, 1], atol=1e-6)
    standard = asked(mean(shape=("n", 3, 8, 8), said={**SAID, "range": "imagenet", "output": "logit"}))
    expected = np.mean([(0.25 - m) / d for m, d in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))])
    assert standard[0, 0] == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-4)


def test_the_user_may_say_what_the_file_does_not():
    with onnx_classifier(mean(said={}), "model", {"findings": "A_b, C", "threshold": "0.2"}) as classifier:
        assert classifier.interface == Interface(("A b", "C"), threshold=0.2)
        with pytest.raises(BadInput, match="gives 1 numbers an image, where 2 findings are named"):
            classifier.predict(IMAGES)


def test_whoever_runs_it_keeps_no_diary(tmp_path, monkeypatch):
    """ONNX Runtime keeps what it means to report to its makers in these folders."""
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    asked(mean())
    assert not list(tmp_path.rglob("*"))


def _external() -> bytes:
    model = onnx.load_model_from_string(content(MEAN, 0.5))
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model.SerializeToString()


def _inner() -> bytes:
    """The same, hidden in a constant of a branch."""
    constant = numpy_helper.from_array(np.zeros((1, 1), np.float32), "c")
    constant.data_location = onnx.TensorProto.EXTERNAL
    constant.external_data.add(key="location", value="../x")
    given = helper.make_tensor_value_info("o", onnx.TensorProto.FLOAT, [1, 1])
    branch = helper.make_graph([helper.make_node("Constant", [], ["o"], value=constant)], "b", [], [given])
    true = numpy_helper.from_array(np.array(True), "t")
    return passing([helper.make_node("If", ["t"], ["y"], then_branch=branch, else_branch=branch)], stored=[true])


OWN = helper.make_node("Magic", ["x"], ["y"], domain="com.example")
HUGE = [
    helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(np.array([2**20, 2**14], np.int64))),
    helper.make_node("ConstantOfShape", ["s"], ["y"]),
]
UNKNOWN = helper.make_node("NoSuchOperator", ["x"], ["y"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no ONNX model"),
        (b"\x80\x04\x95" + bytes(50), "no ONNX model"),
        (content(MEAN, 0.5)[:-200], "no ONNX model|cannot be run"),
        (_external(), "weights in another file"),
        (_inner(), "weights in another file"),
        (passing([OWN], domains=("", "com.example")), r'operators of its own \("com.example"\)'),
        (passing([UNKNOWN]), "cannot be run by ONNX Runtime"),
        (mean(shape=("n", 2, 8, 8)), "images of 2 channels"),
        (mean(shape=("n", 1, 8, 9)), "of 8 x 9; it should take one or any number, square"),
        (mean(shape=("n", 1, 4096, 4096)), "of at most 1024"),
        (mean(shape=("n", 64)), "does not take one float32 input"),
        (mean(kind=onnx.TensorProto.FLOAT16), "does not take one float32 input"),
        (mean(said={}), "name them in its metadata"),
        (mean(said={"findings": "A,A"}), "not each named once"),
        (mean(said={"findings": "[1]"}), "not known which findings"),
        (mean(said={**SAID, "range": "[0, 255]"}), 'range "\\[0, 255\\]" of the model is none of'),
        (mean(said={**SAID, "threshold": "2"}), "not between 0 and 1"),
        (mean(said={**SAID, "range": "torchxrayvision"}), "which is no probability"),
        (passing(HUGE), "cannot be run|more memory|ended its process"),
    ],
)
def test_what_is_no_classifier_is_refused_in_one_sentence(data, said):
    with pytest.raises(BadInput, match=said) as refused:
        asked(data)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_model_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(onnx_model, "LARGEST", 100)
    with pytest.raises(BadInput, match="larger than 0 MiB"):
        asked(mean())


def test_a_model_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(onnx_model, "SECONDS", 0.01)
    with pytest.raises(BadInput, match=r"took longer than 0\.01 s"):
        asked(mean())


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pkl", ".bin"])
def test_a_pickle_is_never_opened(tmp_path, ending):
    file = made_onnx.written(tmp_path, b"\x80\x04.", "model" + ending)
    with pytest.raises(BadInput, match=r"is a pickle.*torch\.onnx\.export"), open_classifier(file, None, {}):
        pass


def test_safetensors_need_an_architecture_that_is_known(tmp_path):
    with (
        pytest.raises(BadInput, match="no architecture vgg; known are judge, resnet"),
        open_classifier(tmp_path, "vgg", {}),
    ):
        pass
    with pytest.raises(BadInput, match="is no ONNX file"), open_classifier(tmp_path / "none.onnx", None, {}):
        pass


def test_a_resnet_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1], layer_type="basic", id2label={0: "Edema", 1: "Mass"}
    )
    transformers.ResNetForImageClassification(config).save_pretrained(tmp_path)
    with open_classifier(tmp_path / "model.safetensors", "resnet", {}) as classifier:
        assert classifier.interface == Interface(("Edema", "Mass"), "imagenet", "logit")
        said = classifier.predict(IMAGES)
    assert said.shape == (2, 2) and (said > 0).all() and (said < 1).all()
    (tmp_path / "config.json").write_text(json.dumps({"names": ["Edema"]}))
    with pytest.raises(BadInput), open_classifier(tmp_path, "judge", {}):
        pass
