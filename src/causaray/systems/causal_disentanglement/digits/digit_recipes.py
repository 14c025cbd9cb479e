"""Trainings on MorphoMNIST, by what their recipe says they are."""

from collections.abc import Sequence
from pathlib import Path

from causaray.errors import BadInput
from causaray.systems.causal_disentanglement.digits import train as attributes
from causaray.systems.causal_disentanglement.digits import train_digit_judge as digit_judge
from causaray.systems.causal_disentanglement.digits.attribute_recipe import AttributeRecipe
from causaray.systems.causal_disentanglement.digits.train_digit_judge import DigitJudgeRecipe
from causaray.training.recipe import claim, load_plan, method_of


def train(recipe: str | Path, data: Sequence[Path], out: Path, seed: int | None = None) -> Path:
    """Train the recipe on one .npz file or folder of digits and return the weights folder out/<recipe name>.

    The digits that `cohorts.morphomnist.split` holds out are never seen. Raises BadInput for a method that is not
    one of digits, for several data sets, for data that cannot be read, and for an `out` of another recipe.
    """
    method = method_of(recipe)
    if len(data) != 1:
        raise BadInput(f"{method} is trained on one set of digits; {len(data)} were named.")
    change = {} if seed is None else {"seed": seed}
    if method == "attributes":
        plan = load_plan(recipe, AttributeRecipe).model_copy(update=change)
        claim(out, plan)
        return attributes.train(plan, data[0], out)
    if method == "digit-judge":
        judge = load_plan(recipe, DigitJudgeRecipe).model_copy(update=change)
        claim(out, judge)
        return digit_judge.train(judge, data[0], out)
    raise BadInput(f"{recipe} says method {method}; known are attributes, digit-judge, or none for radiographs.")
