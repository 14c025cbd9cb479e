"""The one door to editors: what is named is found, its config.json read, and the editor opened."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causaray import weightfiles
from causaray.devices import AUTO, resolved
from causaray.errors import BadInput
from causaray.systems import declared
from causaray.systems.system import imported

if TYPE_CHECKING:
    from causaray.editors.protocol import Editor

ITS_OWN, DRAWN = "causal", "drawn"
"""Kinds that stand for weights by their own method, and for the editor that draws."""
PRIOR, ANATOMY, DEFAULT_KIND = "text-prior", "anatomy", "prism"
"""Methods of weights that are a prior's, and that read anatomy; and how a prior edits where nothing is said."""


@dataclass(frozen=True)
class EditorSpec:
    """Weights that edit, found and looked at but not opened: torch is not needed yet.

    folder: of the weights, or a Stable Diffusion folder; kind: how a prior edits, None for weights by their own method;
    filters: a chest encoder by which prism keeps the best of five edits; config: what config.json says.
    """

    folder: Path
    kind: str | None
    filters: str | Path | None
    config: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, weights: str | Path, kind: str | None = None, filters: str | Path | None = None) -> "EditorSpec":
        """Of the name of shipped weights, a weights folder or a Stable Diffusion folder.

        Raises BadInput when it is none, for a kind that there is not, and for a kind or filters without a prior.
        """
        stable = weightfiles.is_stable(weights)
        folder = Path(weights) if stable else weightfiles.find(weights)
        config = {} if stable else weightfiles.config(folder)
        if stable or config.get("method") == PRIOR:
            return cls(folder, _checked(kind or DEFAULT_KIND, filters), filters, config)
        if kind not in (None, ITS_OWN) or filters:
            raise BadInput(f"Editors by words and filters need a prior, such as prior-128; {folder.name} holds none.")
        return cls(folder, None, None, config)

    @classmethod
    def read(cls, text: str | Path) -> "EditorSpec":
        """From weights, or from "prism=prior-128", or "prism=prior-128+encoder-128" with a chest encoder as filters.

        "causal=cxr-128" is the same as cxr-128. Raises BadInput as `of`, and for a kind without weights.
        """
        kind, equals, weights = str(text).partition("=")
        if not equals or "/" in kind:
            return cls.of(text)
        weights, _, filters = weights.partition("+")
        if kind not in (ITS_OWN, *declared("kinds")) or not weights:
            raise BadInput(
                f'"{text}" names no editor with its weights; write one of {", ".join(editor_kinds())}=WEIGHTS.'
            )
        return cls.of(weights, kind, filters or None)

    @property
    def size(self) -> int | None:
        """Side in pixels of the square images that it takes, None for any. Raises BadInput when it is no editor's."""
        if not self.config:
            return weightfiles.STABLE_SIZE
        if self.config.get("method") == ANATOMY:
            return None
        try:
            return int(self.config["size"] if self.kind else self.config["shape"]["size"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                f"{self.folder} holds no weights of an editor; name weights that edit, such as cxr-128."
            ) from error

    @property
    def names(self) -> tuple[str, ...]:
        """The findings that it knows, as config.json says."""
        return tuple(self.config.get("names", ()))

    @property
    def cohorts(self) -> list[dict[str, Any]]:
        """The cards of the cohorts that the weights were trained on."""
        return list(self.config.get("cohorts", []))

    def open(self, device: str = AUTO) -> "Editor":
        """The editor, on a device as `devices.resolved` reads it.

        Raises BadInput for weights that are not whole, or no editor's.
        """
        place = resolved(device)
        if self.kind:
            return self._on_prior(str(place))
        method = self.config.get("method")
        if method not in declared("editors"):
            raise BadInput(
                f"{self.folder} holds weights of method {method}; those that edit are of "
                f"{', '.join(declared('editors'))}, or a prior."
            )
        editor: Editor = imported(declared("editors")[str(method)]).load(self.folder, str(place))
        return editor

    def _on_prior(self, device: str) -> "Editor":
        from causaray.priors.text_prior import load_prior

        prior = load_prior(self.folder).to(device)
        if self.filters is None:
            editor: Editor = imported(declared("kinds")[str(self.kind)])(prior)
            return editor
        from causaray.classifiers.encoders import References
        from causaray.systems.prism.edit_filters import Filters
        from causaray.systems.prism.filtered_prism import FilteredPrism

        encoder = References.load(weightfiles.find(self.filters))
        return FilteredPrism(prior, Filters(encoder))


def editor_kinds() -> tuple[str, ...]:
    """The kinds of editors that can be named with their weights."""
    return (ITS_OWN, *declared("kinds"))


def _checked(kind: str, filters: str | Path | None) -> str:
    known = declared("kinds")
    if kind not in known:
        raise BadInput(f"There is no editor {kind} on a prior; known are {', '.join(known)}.")
    if filters is not None and kind != DEFAULT_KIND:
        raise BadInput(f"Filters are prism's; {kind} has none.")
    return kind
