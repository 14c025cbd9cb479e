"""The loop: draw by the policy, ask the reward, improve the policy; stop when judge and reward part."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.priors.tunings import TUNINGS, Opened
from causaray.systems.ddpo import obedience
from causaray.systems.ddpo.advantages import PromptStatistics
from causaray.systems.ddpo.curves import write_curves
from causaray.systems.ddpo.objective import clipped_loss, divergence, log_ratio
from causaray.systems.ddpo.policy import Move, Sampling, log_probability, step
from causaray.systems.ddpo.prompts import Prompts
from causaray.systems.ddpo.recipe import DdpoRecipe
from causaray.systems.ddpo.watch import Watch, parting
from causaray.writing import make_folder, whole_file

Read = Callable[[Tensor], np.ndarray]
"""Images (B, 1, S, S) to whether each word is seen, bool (B, n): the reward's reader."""
CHECKPOINT = "ddpo.pt"


def sampling_of(plan: DdpoRecipe) -> Sampling:
    """How a recipe samples."""
    return Sampling(plan.steps, plan.guidance, plan.batch, plan.precision == "bf16")


def reinforce(
    prior: Prior,
    prompts: Prompts,
    read: Read,
    watch: Watch,
    plan: DdpoRecipe,
    out: Path,
    tell: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Teach a prior, on its device, to draw what prompts say, as `read` sees it; return the history, an entry an epoch.

    Low-rank updates are learned and merged: those of the last look at which judge and reward went together. Resumes
    `out`, where the curves are. Raises BadInput for a checkpoint of another prior.
    """
    make_folder(out)
    torch.manual_seed(plan.seed)
    opened = Opened(prior, TUNINGS["lora"], ())
    learner = Learner(prior, prompts, read, plan, opened.learning)
    learner.restore(out / CHECKPOINT)
    while not learner.done:
        row: dict[str, Any] = {"epoch": len(learner.history)}
        if learner.looks_now:
            row["look"] = watch.look(prior)
            learner.looked(row["look"])
        if not learner.ends:
            row |= learner.epoch(row["epoch"])
        learner.history.append(row)
        tell(told(row))
        learner.save(out / CHECKPOINT)
        write_curves(learner.history, out)
    opened.learning.load_state_dict(learner.kept)
    opened.close()
    return learner.history


def told(row: dict[str, Any]) -> str:
    """An epoch in a line."""
    figures = {key: value for key, value in row.items() if key not in ("epoch", "look")} | row.get("look", {})
    return f"epoch {row['epoch']}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items())


@dataclass(eq=False)
class Learner:
    """A policy that learns. learning: the low-rank updates, which are parts of `prior`; kept: a state of them."""

    prior: Prior
    prompts: Prompts
    read: Read
    plan: DdpoRecipe
    learning: nn.ParameterList
    history: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)
    stopped: bool = False

    def __post_init__(self) -> None:
        plan = self.plan
        self.sampling = sampling_of(plan)
        self.statistics = PromptStatistics(plan.buffer, plan.least, plan.most)
        self.optimiser = torch.optim.AdamW(self.learning, lr=plan.lr, weight_decay=plan.weight_decay)
        self.kept = self._state()

    @property
    def ends(self) -> bool:
        """Whether nothing more is learned."""
        return self.stopped or len(self.history) == self.plan.epochs

    @property
    def done(self) -> bool:
        """Whether the last look has been taken, too."""
        return self.stopped or len(self.history) > self.plan.epochs

    @property
    def looks_now(self) -> bool:
        return len(self.history) % self.plan.check == 0 or len(self.history) == self.plan.epochs

    def looked(self, look: dict[str, float]) -> None:
        """Keep what is learned so far where judge and reward go together, and stop where they have parted."""
        apart = parting([row["look"] for row in self.history if "look" in row] + [look], self.plan.part)
        self.stopped = apart >= self.plan.patience
        if not apart:
            self.kept = self._state()

    def epoch(self, number: int) -> dict[str, float]:
        """Draw samples, ask the reward, learn; the seed and the number alone decide which prompts, steps and noise."""
        plan, rng = self.plan, np.random.default_rng((self.plan.seed, number))
        rows = rng.integers(len(self.prompts), size=plan.samples)
        keep = sorted(rng.choice(plan.decisions, plan.trained, replace=False).tolist())
        texts = self.prompts.told(rows)
        drawn = self.sampling.draw(self.prior, texts, 100_003 * (plan.seed + 1) + number, keep)
        seen = self.read(obedience.decoded(self.prior.codec, [z for z, _ in drawn]))
        wanted = self.prompts.wanted[rows]
        reward = obedience.reward(seen, wanted)
        advantages = self.statistics.advantages(rows, reward)
        found = {"reward": float(reward.mean()), "obeyed": float(obedience.obeyed(seen, wanted).mean())}
        # Where no sample is better than another there is nothing to learn, and the decay of AdamW is not to act alone.
        return found | (self.learn([moves for _, moves in drawn], texts, advantages) if advantages.any() else {})

    def learn(self, drawn: Sequence[Sequence[Move]], texts: Sequence[str], advantages: np.ndarray) -> dict[str, float]:
        """Update the policy on the moves of each batch of samples.

        Returns "off", the largest |rho - 1| before the first update, which is 0 but for rounding; "clipped", the share
        of the moves of the other updates whose rho has left the clip; and "loss".
        """
        plan, per_update = self.plan, len(drawn) // self.plan.updates
        off, clipped, losses = [0.0], [0.0], []
        for number, moves in enumerate(drawn):
            part = slice(number * plan.batch, (number + 1) * plan.batch)
            denoise = self.sampling.denoiser(self.prior, texts[part])
            for move in moves:
                advantage = torch.from_numpy(advantages[part]).to(move.z.device)
                mean, deviation = step(denoise, move.z, move.now, move.after)
                log_rho = log_ratio(move, mean, deviation, plan.ratio == "normalised")
                loss = clipped_loss(log_rho, advantage, plan.clip)
                if plan.kl:
                    loss = loss + plan.kl * divergence(mean, self._reference(denoise, move), deviation)
                (loss / (per_update * len(moves))).backward()
                losses.append(loss.item())
                if number < per_update:
                    plain = log_probability(move.made, mean.detach(), deviation) - move.log_probability
                    off.append(float((plain.exp() - 1).abs().max()))
                else:
                    clipped.append(float(((log_rho.detach().exp() - 1).abs() > plan.clip).double().mean()))
            if (number + 1) % per_update == 0:
                nn.utils.clip_grad_norm_(self.learning, plan.gradient)
                self.optimiser.step()
                self.optimiser.zero_grad()
        return {"off": max(off), "clipped": float(np.mean(clipped)), "loss": float(np.mean(losses))}

    @torch.no_grad()
    def _reference(self, denoise: Any, move: Move) -> Tensor:
        """mu of the prior as it was."""
        unet: Any = self.prior.unet
        with unet.disable_adapter():
            return step(denoise, move.z, move.now, move.after)[0]

    def _state(self) -> dict[str, Tensor]:
        return {key: value.detach().clone() for key, value in self.learning.state_dict().items()}

    def save(self, path: Path) -> None:
        """All that is needed to go on."""
        state = {
            "learning": self._state(), "kept": self.kept, "optimiser": self.optimiser.state_dict(),
            "statistics": self.statistics.state(), "history": self.history, "stopped": self.stopped,
        }  # fmt: skip
        with whole_file(path) as beside:
            torch.save(state, beside)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint where there is one. Raises BadInput for one of another prior."""
        if not path.is_file():
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.learning.load_state_dict(state["learning"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.kept, self.history, self.stopped = state["kept"], state["history"], state["stopped"]
            self.statistics.restore(state["statistics"])
        except (RuntimeError, ValueError, KeyError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise BadInput(f"{path} is no checkpoint of this reinforcement; choose another folder.") from error
