"""The recipe of a debiased classifier and its counterfactual generator."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.classifiers.backbones import Backbone
from causaray.training.recipe import OnCohorts, Run, Section


class GeneratorPlan(Section):
    """The generator, its discriminator and their losses; weights are named as in the paper's sources."""

    widths: tuple[int, ...] = Field((8, 16, 32), min_length=2, description="channels of the U-Net, from fine to coarse")
    discriminator: int = Field(16, ge=4, description="channels of the first layer of the discriminator")
    edited: int = Field(8, ge=2, multiple_of=2, description="images of a batch that are edited")
    lr: float = Field(2e-3, gt=0, description="peak learning rate of the generator; the discriminator's is the same")
    adversarial: float = Field(0.3, ge=0, description="of L_adv: what is made looks real")
    cycle: float = Field(10.0, ge=0, description="of L_cyc: the way back leads to the image")
    identity: float = Field(10.0, ge=0, description="of L_id: the class that it has changes nothing")
    classifier: float = Field(1.0, gt=0, description="of L_clf: the classifier sees the class asked for")


class DebiasingRecipe(OnCohorts):
    """Training of a classifier of one finding and of the generator of its counterfactuals, together."""

    method: Literal["debiasing"] = Field(description="tells this recipe from those of other trainings")
    graded: Literal[False] = False
    finding: str = Field(description="whose presence is the class")
    backbone: Backbone = Field("small", description="the net that looks")
    objective: Literal["erm", "reweighting", "group-dro", "dfr"] = Field(
        description="of the classifier; dfr is erm, then its last layer anew on split val, with as many of each group"
    )
    group: tuple[str, ...] = Field((), description="columns of the cohort whose values together are the groups")
    group_rate: float = Field(0.05, gt=0, description="eta_q: step size of the weights of the groups of group-dro")
    weight_decay: float = Field(0.05, ge=0, description="of AdamW, of the classifier")
    run: Run = Field(description="of the classifier, and of what trains with it")
    generator: GeneratorPlan = GeneratorPlan()

    @model_validator(mode="after")
    def _groups_go_with_their_objectives(self) -> Self:
        if bool(self.group) != (self.objective != "erm"):
            raise ValueError("objectives reweighting, group-dro and dfr need group, and erm has none")
        if self.generator.edited > self.run.batch:
            raise ValueError("generator.edited is at most run.batch")
        return self
