from pathlib import Path

import pytest
import torch
from fitted_line import task
from torch import nn

from causaray.errors import BadInput
from causaray.training.loop import cosine, run


def test_it_learns_and_returns_the_average(tmp_path: Path) -> None:
    weights = run(task(), 600, tmp_path, "line")
    torch.testing.assert_close(weights["weight"], torch.ones(1, 3), atol=0.1, rtol=0)


def test_a_stopped_run_resumes_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    whole = run(task(), 60, tmp_path / "whole", "line")
    stopped = task()
    inner = stopped.step

    def interrupted(i: int) -> dict[str, float]:
        if i == 37:
            raise KeyboardInterrupt
        return dict(inner(i))

    stopped.step = interrupted
    with pytest.raises(KeyboardInterrupt):
        run(stopped, 60, tmp_path / "parts", "line")
    resumed = run(task(), 60, tmp_path / "parts", "line")
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)
    assert not list((tmp_path / "parts").glob("*.tmp"))


def test_cosine_warms_up_and_cools_down() -> None:
    assert cosine(0, 1000) == pytest.approx(0.01)
    assert cosine(100, 1000) == pytest.approx(1.0)
    assert cosine(1000, 1000) == pytest.approx(0.02)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_checkpoint_of_other_nets_or_of_none_is_refused_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        torch.save({"modules": {"net": nn.Linear(7, 1).state_dict()}}, tmp_path / "line.pt")
    else:
        (tmp_path / "line.pt").write_bytes(content)
    with pytest.raises(BadInput, match="is no checkpoint of this recipe"):
        run(task(), 3, tmp_path, "line")
