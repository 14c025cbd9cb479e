"""The two verbs of the public counterfactual benchmark (Melistas et al. 2024, arXiv 2403.20287) for radiographs.

`AttributeEditor` has them by itself. Here an `Editor` gets them: findings are the causes of the image and have none.
"""

from collections import defaultdict
from collections.abc import Mapping

from torch import Tensor

from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.systems.causal_disentanglement.editor import Editor


class FindingVerbs:
    """`decode(interventions, **encode(**observation))` is the counterfactual.

    An observation is image (B, 1, S, S) in [0, 1] and, for each finding that is known, its name -> (B, 1), 1 present
    and 0 absent. `seed` and `strength` as in `Editor.edit`.
    """

    def __init__(self, editor: Editor, *, seed: int = 0, strength: float = 0.7) -> None:
        self.editor, self.seed, self.strength = editor, seed, strength

    def encode(self, **observation: Tensor) -> dict[str, Tensor]:
        """The noise of an observation: itself, since findings are roots and the editor abducts from the image."""
        return observation

    def decode(self, interventions: Mapping[str, Tensor] | None = None, **noise: Tensor) -> dict[str, Tensor]:
        """The observation under `interventions`, finding -> (B, 1). What a row has already is not asked for again.

        Raises BadInput for a finding that the editor does not know.
        """
        asked = dict(interventions or {})
        unknown = [name for name in asked if name not in self.editor.names]
        if unknown:
            raise BadInput(f"{self.editor.name} was not trained on {unknown[0]}, so it cannot be intervened on.")
        image = noise["image"].clone()
        for changes, rows in _alike(asked, noise).items():
            request = Findings.from_row(dict(changes))
            edit = self.editor.edit(image[rows], request, seed=self.seed, strength=self.strength)
            image[rows] = edit.counterfactual.to(image.device)
        return {**noise, **asked, "image": image}


def _alike(asked: Mapping[str, Tensor], noise: Mapping[str, Tensor]) -> dict[tuple[tuple[str, float], ...], list[int]]:
    """Rows by what changes in them: finding and value, where the value is not what the row has."""
    groups: dict[tuple[tuple[str, float], ...], list[int]] = defaultdict(list)
    for row in range(len(noise["image"])):
        values = {name: float(value[row]) for name, value in asked.items()}
        changes = [(k, v) for k, v in values.items() if k not in noise or float(noise[k][row]) != v]
        if changes:
            groups[tuple(changes)].append(row)
    return dict(groups)
