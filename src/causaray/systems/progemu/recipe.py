"""The recipe of a model of follow-ups."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.training.recipe import Named, Run, Section

STAYS = 0.1
"""Share of phantoms' pairs that are one film twice, where the recipe says none."""


class TokeniserRun(Run):
    """Training of a tokeniser."""

    width: int = Field(48, ge=16, description="channels of the convolutions")
    codes: int = Field(512, ge=16, description="how many codes a place may have")


class ChangesRun(TokeniserRun):
    """Training of the tokeniser of what changes between two films."""

    drawing_steps: int = Field(
        0, ge=0, description="further updates of what draws changes, on tokens that stay as they are"
    )


class TransformerRun(Run):
    """Training of the transformer on tokens of films and words."""

    dim: int = Field(128, ge=32, description="width of a token")
    layers: int = Field(4, ge=1, description="layers of the transformer")
    heads: int = Field(4, ge=1, description="heads of attention of a layer; they divide dim")
    spread: float = Field(0.02, gt=0, description="deviation of the vectors of tokens and places at the beginning")
    learns: Literal["all", "answer", "film", "text"] = Field(
        "all",
        description="which next tokens are learned: all, as the paper has it; those of follow-up film and text; or "
        "those of one of both alone",
    )
    no_film: float = Field(0.05, ge=0, lt=1, description="probability that the prior film is dropped")
    no_prompt: float = Field(0.1, ge=0, lt=1, description="probability that what is to happen is dropped")


class PairsSection(Section):
    """Pairs of films of patients, as ICG-CXR has them."""

    folder: str = Field(description="folder with a JSON file a pair, at any depth, beside its two films")


class ProgEmuRecipe(Named):
    """A whole training of system 13."""

    method: Literal["progemu"] = Field(description="tells this recipe from those of other trainings")
    size: int = Field(64, ge=32, multiple_of=8, description="side of the films in pixels")
    pairs: PairsSection | None = Field(
        None, description="pairs of patients; the phantoms of the cohorts, followed up, when null"
    )
    still: float | None = Field(
        None, ge=0, lt=1, description="share of phantoms' pairs that are one film twice; 0.1 when null"
    )
    prompt_words: int = Field(
        32, ge=4, description="places of the prompt and its end; longer ones lose their last sentences or wishes"
    )
    text_words: int = Field(36, ge=4, description="the same of the text")
    tokeniser: TokeniserRun
    changes: ChangesRun
    transformer: TransformerRun

    @property
    def stays(self) -> float:
        """Share of phantoms' pairs that are one film twice."""
        return STAYS if self.still is None else self.still

    @model_validator(mode="after")
    def _still_is_of_phantoms(self) -> Self:
        """Pairs of patients are taken as they are."""
        if self.pairs is not None and self.still is not None:
            raise ValueError("still is of phantoms and does not go with pairs")
        return self
