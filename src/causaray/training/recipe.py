"""Recipes: everything a training depends on, in one validated YAML file."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.writing import make_folder, whole_file


class Section(BaseModel):
    """Part of a recipe: no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Section):
    """What every whole recipe says: what it makes, what for, and from which seed."""

    name: str = Field(description="name of the weights that it makes")
    about: str = Field("", description="one sentence: what it is for, how long it takes on what")
    seed: int = Field(0, ge=0, description="seed of weights, batches and noise")


class Latent(Section):
    """Geometry of the latent and of the nets around it."""

    channels: int = Field(4, ge=2, description="n: latent channels; the last is pathology, the others identity")
    pathology_size: int = Field(
        8, ge=8, description="side of the pathology map in pixels; smaller starves it of identity"
    )
    width: int = Field(64, ge=16, description="channels of the convolutional nets")
    depth: int = Field(3, ge=1, description="residual blocks at the latent resolution")
    transformer_layers: int = Field(4, ge=0, description="k: layers of the interaction transformer T; 0 is no T")
    transformer_dim: int = Field(96, ge=16, description="token width of T")
    transformer_patch: int = Field(4, ge=1, description="side of T's patches in latent pixels")
    noise: bool = Field(False, description="eps of eq. (1): T is given a channel of noise, drawn in training, 0 in use")
    pathology_channels: int = Field(1, ge=1, description="how many of the channels are pathology, one in the paper")
    fine: int = Field(1, ge=1, le=4, description="with groups: edits are painted on films so many times as fine")


class Run(Section):
    """One run of the training loop."""

    steps: int = Field(ge=1, description="optimiser updates")
    batch: int = Field(ge=6, description="images per update")
    lr: float = Field(gt=0, description="peak learning rate of AdamW; linear warm-up, then a half cosine")


class GuideRun(Run):
    """Training of the guide, on fold `guide` alone."""

    width: int = Field(32, ge=8, description="channels of the guide's first block")
    views: tuple[tuple[Literal["small", "alexnet", "vgg16"], int], ...] = Field(
        (("small", 64), ("small", 128)),
        description="nets and the resolutions that they look at; alexnet and vgg16 come with their ImageNet weights",
    )


class LossWeights(Section):
    """Stage 1 loss weights, named as in the paper where it has a name."""

    ssim: float = Field(0.01, ge=0, description="lambda: weight of 1 - SSIM in the reconstruction")
    kl_identity: float = Field(0.1, ge=0, description="alpha on the identity channels")
    kl_pathology: float = Field(0.1, ge=0, description="alpha on the pathology channel")
    classify: float = Field(5.0, ge=0, description="beta: classifier on the pathology channel")
    identity: float = Field(1.0, ge=0, description="gamma: L_ID between a swapped image and its patient")
    pathology: float = Field(2.5, ge=0, description="delta: L_PC between a swapped image and its donor")
    adversarial: float = Field(0.0, ge=0, description="realism of swapped images under the patch discriminator")
    minimality: float = Field(0.0, ge=0, description="mean absolute change that a swap makes to its patient")
    cycle: float = Field(0.0, ge=0, description="a swapped image is encoded back to the channels it was made of")
    leak: float = Field(0.0, ge=0, description="findings are not to be read from the identity channels")


class Stage1(Run):
    """Training of autoencoder, interaction transformer and classifier, with group supervision."""

    swap_every: int = Field(5, ge=1, description="every how many steps the pathology channels are swapped")
    swap_from: int = Field(0, ge=0, description="step of the first swap: reconstruction comes first")
    pathology_target: Literal["donor", "self"] = Field(
        "donor", description="what L_PC compares with; `self` as printed"
    )
    pathology_space: str | None = Field(
        None, description="folder of an image model of transformers in whose space L_PC compares; the guide when null"
    )
    identity_space: Literal["structure", "vgg16"] = Field(
        "structure", description="what L_ID compares: local structure, or VGG-16 features as in the paper"
    )
    identity_sigma: float = Field(2.0, gt=0, description="pixels; the structure of L_ID is seen above this blur only")
    critic_lr: float = Field(2e-4, gt=0, description="learning rate of the patch discriminator")
    clip: float = Field(0.1, gt=0, description="largest gradient norm")
    weights: LossWeights = LossWeights()


class Stage2(Run):
    """Training of the diffusion model of the pathology channel."""

    dim: int = Field(128, ge=32, description="token width of the denoiser")
    layers: int = Field(4, ge=1, description="layers of the denoiser")
    cache: int = Field(16384, ge=64, description="augmented images encoded once, before the training, and drawn from")
    null: float = Field(0.15, ge=0, le=1, description="probability that all conditions are dropped")
    text: str | None = Field(
        None, description="folder of a text model of transformers that reads the findings' phrases; learned when null"
    )
    reads: Literal["labels", "refined", "raw"] = Field(
        "labels", description="what it is told: labels, reports refined to findings, or reports as they are"
    )
    guidance: float = Field(3.0, ge=1, description="guidance scale of an edit, kept with the weights")
    sampling_steps: int = Field(20, ge=1, description="denoising steps of an edit, kept with the weights")


class Stage3(Stage1):
    """Training of interaction transformer and decoder on the moves that requests make, as stage 1 on swaps."""

    reach: tuple[float, float] = Field(
        (0.3, 2.0),
        description="how far the direction of a request is followed, drawn evenly; one length where it is graded",
    )
    sampling_steps: int = Field(5, ge=1, description="denoising steps of a direction in training")
    pathology_space: None = Field(None, description="requests name findings, and only the guide can read those")


class GroupLossWeights(Section):
    """Weights of the losses on pairs, see `stage1_drawn_groups.GroupWeights`."""

    edit: float = Field(1.0, ge=0, description="adding and removing: absolute error of the edit, weighed by change")
    gradient: float = Field(1.0, ge=0, description="the same of differences between neighbouring pixels")
    like: float = Field(0.3, ge=0, description="blurred error with the pathology of another patient, like request")
    identity: float = Field(0.1, ge=0, description="difference of the identity channels of a pair")
    share: float = Field(0.05, ge=0, description="the map of each finding, read from the pathology channels")
    adversarial: float = Field(0.0, ge=0, description="realism of the edits under the patch discriminator")


class Maps(Run):
    """Training of the maps of findings alone, after stage 1; `batch` counts pairs."""

    films: int = Field(24, ge=6, description="real films per update, whose labels are compared with the maps")
    weak: float = Field(0.15, ge=0, description="weight of that comparison")


class Refinement(Run):
    """Training of what makes the maps of findings finer, after the maps; `batch` counts pairs."""


class Edits(Run):
    """Training of the decoder of edits alone, after the maps; `batch` counts pairs."""

    told: float = Field(0.7, ge=0, le=1, description="share of the films that are told the true map, not the one read")
    told_going: float = Field(0.7, ge=0, le=1, description="the same of films from which the finding goes")


class TrueGroups(Section):
    """Pairs of films without and with a finding: drawn on the training films, or set in phantoms, which know them."""

    findings: tuple[str, ...] = Field(min_length=1, description="what is drawn, all alike; the weights know no others")
    pairs: int = Field(ge=16, description="pairs drawn once, before the training, and drawn from")
    batch: int = Field(ge=4, multiple_of=2, description="pairs per update of stage 1")
    weights: GroupLossWeights = GroupLossWeights()
    maps: Maps | None = Field(None, description="go on with the maps of findings alone; left out when null")
    fine_maps: Refinement | None = Field(None, description="then learn to make them finer; left out when null")
    edits: Edits | None = Field(None, description="go on with the decoder of edits alone; left out when null")
    formed: tuple[Literal["Pleural Effusion", "Pneumothorax", "Cardiomegaly"], ...] = Field(
        (), description="findings that are formed on the film when they come, not painted by the decoder of edits"
    )


class Distillation(Run):
    """Training of the student that takes the place of the denoisings of an edit."""

    steps: int = Field(4000, ge=1, description="optimiser updates")
    batch: int = Field(64, ge=6, description="lessons per update")
    lr: float = Field(1e-3, gt=0, description="peak learning rate of AdamW; linear warm-up, then a half cosine")
    lessons: int = Field(12288, ge=64, description="pairs of denoisings that are learned from")
    teacher_steps: int = Field(16, ge=1, description="steps of those denoisings")


class OnCohorts(Named):
    """What all trainings on radiographs depend on."""

    size: int = Field(ge=64, multiple_of=32, description="image side in pixels")
    open_only: bool = Field(True, description="train only on rows whose licence allows the weights to be shipped")
    precision: Literal["bf16", "fp32"] = Field("bf16", description="autocast of the forward pass")
    graded: bool = Field(False, description="learn severity and side too, from cohorts that tell them (phantoms)")
    augment: float = Field(1.0, ge=0, description="strength of shift, scale, rotation and gamma")


class OnRadiographs(OnCohorts):
    """Of those, what a training with a guide depends on."""

    guide: GuideRun


class Recipe(OnRadiographs):
    """A whole training of system 1."""

    latent: Latent = Latent()
    stage1: Stage1
    stage2: Stage2
    stage3: Stage3 | None = Field(None, description="beyond the paper; left out when null")
    distill: Distillation | None = Field(None, description="a student of the denoisings; left out when null")
    groups: TrueGroups | None = Field(None, description="learn from pairs, beyond the paper; left out when null")

    @property
    def prepared(self) -> int:
        """Side in pixels at which its cohorts are prepared."""
        return self.size * self.latent.fine

    @model_validator(mode="after")
    def _pairs_take_the_place_of_moves(self) -> Self:
        """With pairs the decoder sees true edits, severity and side are told, and maps are as fine as the identity."""
        if self.groups is None:
            if self.latent.pathology_channels != 1 or self.latent.fine != 1:
                raise ValueError("latent.pathology_channels and fine other than 1 go with groups alone")
            return self
        if self.stage3 or self.distill or self.graded or self.stage2.reads != "labels" or self.stage2.text:
            raise ValueError("groups goes with neither stage3, distill, graded nor a stage2 that reads text")
        if self.latent.pathology_size != self.size // 4:
            raise ValueError("with groups latent.pathology_size is a quarter of size")
        return self

    @model_validator(mode="after")
    def _requests_are_labels(self) -> Self:
        """Stage 3 and students draw requests as labels, which a prior that reads text does not understand."""
        if self.stage2.reads != "labels" and (self.stage3 or self.distill or self.stage2.text):
            raise ValueError("stage2.reads other than labels goes with neither stage3, distill nor stage2.text")
        return self


class EncoderRecipe(OnRadiographs):
    """Training of the chest encoder of the long-tail optimisation; findings alone are learned, not their severity."""

    method: Literal["chest-encoder"] = Field(description="tells this recipe from those of other trainings")
    graded: Literal[False] = False
    references: int = Field(10, ge=1, description="most reference images of a finding, one a patient")


class PriorRecipe(OnCohorts):
    """Training of the text-conditioned prior of whole radiographs."""

    method: Literal["text-prior"] = Field(description="tells this recipe from those of other trainings")
    autoencoder: str = Field(description="weights of system 1 whose latents are learned: a shipped name, or a folder")
    patch: int = Field(1, ge=1, description="latent pixels a side that are folded into channels")
    width: tuple[int, ...] = Field((64, 128), min_length=1, description="channels of the U-Net at each resolution")
    dim: int = Field(96, ge=16, multiple_of=4, description="width of the text encoder")
    length: int = Field(32, ge=8, description="most words of a caption that are read")
    cache: int = Field(16384, ge=64, description="augmented images encoded once, before the training, and drawn from")
    null: float = Field(0.1, ge=0, le=1, description="probability that the caption is dropped")
    run: Run


class AnatomyRecipe(OnCohorts):
    """Training of the net of coordinates: on phantoms, then on real films by what it reads in several views of each."""

    method: Literal["anatomy"] = Field(description="tells this recipe from those of other trainings")
    phantoms: int = Field(ge=64, description="phantoms drawn to learn from")
    widths: tuple[int, ...] = Field(min_length=2, description="channels of the U-Net, from fine to coarse")
    drawn: Run = Field(description="on phantoms alone")
    tuned: Run = Field(description="on phantoms and real films, half and half, each round")
    films: int = Field(2000, ge=8, description="most real films that a round reads, as many of each cohort")
    rounds: int = Field(2, ge=0, description="how often the real films are read again and learned from")


Plan = TypeVar("Plan", bound=Section)


def recipe_of(weights: Path) -> Recipe:
    """The recipe that a weights folder was made of. Raises BadInput where it does not say."""
    config = weightfiles.config(weights)
    if "recipe" not in config:
        raise BadInput(
            f"{weights} does not say of what recipe it was made; only weights of `causaray train` can be distilled."
        )
    return Recipe.model_validate(config["recipe"])


def claim(out: Path, plan: Section) -> None:
    """Say in recipe.json of a training's folder what is trained there.

    Raises BadInput where it is said already, and of another recipe: its checkpoints would be taken for this one's.
    """
    path, told = out / "recipe.json", plan.model_dump(mode="json")
    if not path.is_file():
        make_folder(out)
        with whole_file(path) as beside:
            beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        return
    before, now = (_flat(values) for values in (json.loads(path.read_text(encoding="utf-8")), told))
    changed = [key for key in (before | now) if before.get(key) != now.get(key) and not key.startswith("about")]
    if changed:
        key = changed[0]
        raise BadInput(
            f"{out} holds a training of another recipe: {key} is {before.get(key)} there and {now.get(key)} here; "
            "choose another folder."
        )


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(values, dict):
        return {prefix: values}
    return {k: v for name, one in values.items() for k, v in _flat(one, f"{prefix}.{name}".lstrip(".")).items()}


def recipes() -> dict[str, Path]:
    """The recipes that come with the package: name -> YAML file."""
    folder = Path(str(files("causaray.training") / "recipes"))
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def method_of(name_or_path: str | Path) -> str:
    """What a recipe trains: its key `method`, or "causal-disentanglement" when it has none."""
    _, values = _read(name_or_path)
    said = values.get("method") if isinstance(values, dict) else None
    return "causal-disentanglement" if said is None else str(said)


def _read(name_or_path: str | Path) -> tuple[Path, Any]:
    path = recipes().get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        raise BadInput(f"There is no recipe {name_or_path}; known are {', '.join(recipes())}, or give a YAML file.")
    try:
        return path, yaml.safe_load(path.read_text())
    except yaml.YAMLError as e:
        raise BadInput(f"{path} is not valid YAML.") from e


def load_recipe(name_or_path: str | Path, seed: int | None = None) -> Recipe:
    """Read a recipe by name or YAML path; `seed` takes the place of its own.

    Raises BadInput for an unknown name or a value out of range.
    """
    return load_plan(name_or_path, Recipe, seed)


def load_plan(name_or_path: str | Path, schema: type[Plan], seed: int | None = None) -> Plan:
    """Read a recipe of another training than that of radiographs; otherwise as `load_recipe`."""
    path, values = _read(name_or_path)
    plan = validated(values, schema, str(path))
    return plan if seed is None else plan.model_copy(update={"seed": seed})


def validated(values: Any, schema: type[Plan], source: str) -> Plan:
    """The plan that values are. Raises BadInput, which names `source`, for a key or a value that it does not take."""
    try:
        return schema.model_validate(values)
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the file"
        raise BadInput(f"{source}: {where}: {first['msg'].lower()}.") from e
