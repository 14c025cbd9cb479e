"""Where the losses of a run go to: a CSV file always, and TensorBoard, MLflow or Weights & Biases where asked for.

All write to the folder of the training; nothing is sent to another host unless the user's own environment says so.
"""

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from causaray.errors import BadInput
from causaray.extras import need


class Tracker(Protocol):
    """Takes losses as they come."""

    def log(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """values: name to mean since the last time; step: updates done; seconds: since this run began."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class CsvTracker:
    """out/<name>.csv with rows of step, seconds, loss, value. Steps that a stopped run had done after its checkpoint,
    and that are done again, are taken out."""

    def __init__(self, out: Path, name: str, start: int) -> None:
        self.path = out / f"{name}.csv"
        if self.path.exists():
            with self.path.open(newline="") as file:
                kept = [row for row in csv.reader(file) if row and row[0].isdigit() and int(row[0]) <= start]
            with self.path.open("w", newline="") as file:
                csv.writer(file).writerows(kept)

    def log(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerows([[step, round(seconds, 1), k, f"{v:.6g}"] for k, v in values.items()])

    def close(self) -> None:
        pass


class TensorBoardTracker:
    """out/tensorboard/<name>, for `tensorboard --logdir` (extra `tracking`)."""

    def __init__(self, out: Path, name: str, start: int) -> None:
        need("tensorboard", "tracking")
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(out / "tensorboard" / name), purge_step=start + 1)

    def log(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def close(self) -> None:
        self._writer.close()


class MlflowTracker:
    """out/mlflow.db, unless MLFLOW_TRACKING_URI names a server (extra `mlflow`)."""

    def __init__(self, out: Path, name: str, start: int) -> None:
        need("mlflow", "mlflow")
        import mlflow

        mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{(out / 'mlflow.db').absolute()}"))
        mlflow.set_experiment(out.absolute().name)
        mlflow.start_run(run_name=name)
        self._mlflow: Any = mlflow

    def log(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        self._mlflow.log_metrics(dict(values), step=step)

    def close(self) -> None:
        self._mlflow.end_run()


class WandbTracker:
    """out/wandb, offline unless WANDB_MODE says otherwise (extra `wandb`)."""

    def __init__(self, out: Path, name: str, start: int) -> None:
        need("wandb", "wandb")
        import wandb

        self._run: Any = wandb.init(
            project="causaray", name=name, dir=str(out), mode=os.environ.get("WANDB_MODE", "offline")
        )

    def log(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()


TRACKERS: dict[str, Callable[[Path, str, int], Tracker]] = {
    "csv": CsvTracker,
    "tensorboard": TensorBoardTracker,
    "mlflow": MlflowTracker,
    "wandb": WandbTracker,
}


def check_trackers(names: Sequence[str]) -> None:
    """Raises BadInput for a name that is none of TRACKERS, and for one whose package is missing."""
    for name in names:
        if name not in TRACKERS:
            raise BadInput(f'There is no tracker "{name[:40]}"; name one of {", ".join(TRACKERS)}.')
        if name != "csv":
            need(name, "tracking" if name == "tensorboard" else name)


def opened(names: Sequence[str], out: Path, name: str, start: int) -> list[Tracker]:
    """The trackers of a run that begins at step `start`, the CSV file first."""
    return [TRACKERS[one](out, name, start) for one in dict.fromkeys(("csv", *names))]
