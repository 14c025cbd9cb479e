"""A trained net in use: what it reads of images and a table, and what it would read were the table another."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.nets.guide import resized
from causaray.nets.tabular import Column, table_values
from causaray.systems.hyperfusion.fusion_nets import FusionNet, Method, build, sizes

if TYPE_CHECKING:
    import pandas as pd

METHOD = "hyperfusion"
_BATCH = 256


class FusionReader:
    """A net that reads images with a table.

    names: of what it reads. number: whether that is a number, such as an age in years, in place of probabilities;
    centre, spread: of those numbers, in which the net works. size: side of the images in pixels that it looks at.
    fusion: how the net reads the table, of `fusion_nets.METHODS`.
    """

    def __init__(
        self, net: FusionNet, fusion: Method, columns: Sequence[Column], names: Sequence[str], number: bool,
        centre: float, spread: float, size: int,
    ) -> None:  # fmt: skip
        self.net, self.fusion, self.columns, self.names = net, fusion, tuple(columns), tuple(names)
        self.number, self.centre, self.spread, self.size = number, centre, spread, size

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a weights folder that `causaray train` made. Raises BadInput where it holds none of these."""
        net, config = load_weights(folder, METHOD, _built)
        return cls(net.eval(), config["fusion"], _columns(config), **{key: config[key] for key in _SAID})

    def save(self, folder: Path, **more: Any) -> None:
        """Write config.json, with `more` in it, and model.safetensors."""
        columns = [[name, list(categories)] for name, categories in self.columns]
        width, hidden = sizes(self.fusion, self.columns, len(self.names))
        net = {"fusion": self.fusion, "width": width, "hidden": hidden, "columns": columns}
        config = {"method": METHOD, **net, **{key: getattr(self, key) for key in _SAID}, **more}
        save_weights(self.net, config, folder)

    @torch.inference_mode()
    def read(self, images: Tensor, values: np.ndarray) -> np.ndarray:
        """(N, n): probabilities, or numbers, of images (N, 1, S, S) in [0, 1] and values (N, C), NaN where missing."""
        self.net.eval()
        parts = zip(images.split(_BATCH), torch.from_numpy(values).split(_BATCH), strict=True)
        readings = torch.cat([self.net(resized(seen, self.size), told) for seen, told in parts], 1)
        read = readings if self.number else readings.sigmoid()
        made: np.ndarray = (read.mean(0) * self.spread + self.centre).numpy()
        return made

    def read_table(self, images: Tensor, table: "pd.DataFrame") -> "pd.DataFrame":
        """The same of a table with a row an image, as a table with a column for each of `names`.

        Columns of the training that the table lacks are missing values. Raises BadInput for another number of rows than
        images, for text where numbers are needed, and for a category that the training did not know.
        """
        import pandas as pd

        if len(table) != len(images):
            raise BadInput(f"There are {len(images)} images and {len(table)} rows of the table; there is one an image.")
        return pd.DataFrame(self.read(images, self.values_of(table)), index=table.index, columns=list(self.names))

    def values_of(self, table: "pd.DataFrame") -> np.ndarray:
        """The values (N, C) of a table; errors as `read_table`."""
        for name, categories in self.columns:
            strange = set() if name not in table else set(table[name].dropna().astype(str)) - set(categories)
            if categories and strange:
                raise BadInput(
                    f"{name} was {' or '.join(categories)} in the training, never {sorted(strange)[0]}; leave it empty "
                    "where it is not known."
                )
        return table_values(table.reindex(columns=[column.name for column in self.columns]), self.columns)

    def what_if(self, images: Tensor, table: "pd.DataFrame", change: Mapping[str, Any]) -> "pd.DataFrame":
        """How much each reading changes when columns of the table are set to what `change` says, the images held.

        None sets a column missing. Raises BadInput for a column that the training did not have, and as `read_table`.
        """
        known = [column.name for column in self.columns]
        for name in change:
            if name not in known:
                raise BadInput(f"These weights read no column {name}; they read {', '.join(known)}.")
        return self.read_table(images, table.assign(**change)) - self.read_table(images, table)


_SAID = ("names", "number", "centre", "spread", "size")


def _columns(config: Mapping[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(name, tuple(categories)) for name, categories in config["columns"])


def _built(config: Mapping[str, Any]) -> FusionNet:
    return build(config["fusion"], _columns(config), len(config["names"]), config["width"], config["hidden"])
