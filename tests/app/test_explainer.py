"""CounterfactualExplainer: any classifier, asked as scikit-learn's estimators are."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import made_onnx  # noqa: E402
from made_radiograph import radiograph  # noqa: E402
from sklearn.base import clone  # noqa: E402

from causaray import CounterfactualExplainer, to_range  # noqa: E402
from causaray.errors import BadInput  # noqa: E402

FINDING = "Pleural Effusion"


class Base(torch.nn.Module):
    """Reads the brightness of the lower half, by images of torchxrayvision's range; which classes it tells is known."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, images):
        assert images.shape[1] == 1 and images.min() >= -1024
        bright = (images + 1024)[:, :, images.shape[2] // 2 :].mean((1, 2, 3)) / 2048
        logit = 400 * (bright - self.threshold)
        return torch.stack([torch.zeros_like(logit), logit], 1)


@pytest.fixture
def images():
    film = torch.from_numpy(radiograph() / 255).float()[None, None]
    return torch.cat([film, film.flip(3)])


def test_a_net_is_explained_at_the_pixels_of_its_images(images, editor_folder):
    bright = float(images[0, :, images.shape[2] // 2 :].mean())
    net = Base(bright + 1e-3).eval()
    explainer = CounterfactualExplainer(
        net, findings=["Fracture", FINDING], range="torchxrayvision", output="logit", editor=editor_folder
    )
    explained = explainer.explain(to_range(images, "torchxrayvision"))
    assert len(explained) == 2 and all(len(one) == 1 for one in explained)
    (one,) = explained[0]
    assert (one.finding, one.state) == (FINDING, "present") and one.before < 0.5
    assert one.factual.shape == one.counterfactual.shape == tuple(images.shape[2:])
    assert np.allclose(one.factual, images[0, 0], atol=1e-6) and np.abs(one.difference).max() > 0
    (said,) = net(to_range(torch.from_numpy(one.counterfactual)[None, None], "torchxrayvision"))
    assert one.after == pytest.approx(float(said[1].sigmoid()), abs=1e-4)
    assert one.flipped == (one.after >= 0.5) and one.strength in explainer.strengths


def test_the_weakest_strength_that_changes_the_reading_is_kept(images, editor_folder):
    answers = iter([0.4, 0.45, 0.6])

    def steps(batch):
        return torch.full((len(batch), 1), next(answers))

    explainer = CounterfactualExplainer(steps, findings=[FINDING], editor=editor_folder, strengths=(0.2, 0.5, 0.9))
    ((one,),) = explainer.explain(images[0])
    assert one.flipped and one.strength == 0.5 and one.after == pytest.approx(0.6)


def test_an_onnx_file_says_itself_how_it_is_asked(images, editor_folder, tmp_path):
    model = made_onnx.written(tmp_path, made_onnx.base_reader())
    ((one,), _) = CounterfactualExplainer(model, editor=editor_folder).explain(images.numpy(), [FINDING])
    assert 0 <= one.before <= 1 and one.finding == FINDING


def test_parameters_are_those_of_an_estimator():
    explainer = CounterfactualExplainer("judge-224", strengths=(0.5,))
    assert explainer.get_params()["strengths"] == (0.5,)
    assert clone(explainer.set_params(seed=3)).get_params() == explainer.get_params()
    assert "seed=3" in repr(explainer)


def test_what_is_refused(images, editor_folder, tmp_path):
    def zeros(batch):
        return torch.zeros(len(batch), 1)

    def explain(given=images, classifier=zeros, **parameters):
        parameters = {"findings": [FINDING], "editor": editor_folder} | parameters
        CounterfactualExplainer(classifier, **parameters).explain(given)

    with pytest.raises(BadInput, match=r"not torchxrayvision.*look like unit"):
        explain(range="torchxrayvision")
    with pytest.raises(BadInput, match="Name what the outputs"):
        explain(findings=None)
    with pytest.raises(BadInput, match="training mode"):
        explain(classifier=Base(0.5))
    with pytest.raises(BadInput, match="none of probability, logit"):
        explain(output="softmax")
    with pytest.raises(BadInput, match="strengths"):
        explain(strengths=())
    with pytest.raises(BadInput, match="no weights called nothing"):
        explain(classifier="nothing")
    with pytest.raises(BadInput, match="whole films"):
        explain(editor="anatomy-128")
    (tmp_path / "net.pt").write_bytes(b"")
    with pytest.raises(BadInput, match="pickle"):
        explain(classifier=tmp_path / "net.pt")
