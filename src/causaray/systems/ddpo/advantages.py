"""Advantages: a reward against those of the same prompt, so that a hard prompt is no punishment."""

from collections import deque

import numpy as np

ALIKE = 1e-6
"""Rewards whose deviation is below this are all the same, and teach nothing."""


class PromptStatistics:
    """The last rewards of each prompt, at most `buffer` of them.

    Until a prompt has `least` of them, mean and deviation are the batch's. Advantages are cut at +-`most`.
    """

    def __init__(self, buffer: int = 32, least: int = 16, most: float = 5.0) -> None:
        self.buffer, self.least, self.most = buffer, least, most
        self.seen: dict[int, deque[float]] = {}

    def advantages(self, prompts: np.ndarray, rewards: np.ndarray) -> np.ndarray:
        """(r - mean) / std (N,) of rewards (N,) of prompts, numbers (N,); exactly 0 where rewards are all alike."""
        found = np.empty(len(rewards))
        for prompt in np.unique(prompts):
            rows = prompts == prompt
            kept = self.seen.setdefault(int(prompt), deque(maxlen=self.buffer))
            kept.extend(rewards[rows].tolist())
            found[rows] = normalised(rewards[rows], rewards if len(kept) < self.least else np.array(kept))
        return found.clip(-self.most, self.most)

    def state(self) -> dict[int, list[float]]:
        """What is to be kept for a run that goes on."""
        return {prompt: list(kept) for prompt, kept in self.seen.items()}

    def restore(self, state: dict[int, list[float]]) -> None:
        """Go on from a `state`."""
        self.seen = {prompt: deque(kept, maxlen=self.buffer) for prompt, kept in state.items()}


def normalised(rewards: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Rewards (N,) less the mean of those `among` (M,), over their deviation; 0 where these do not differ."""
    deviation = among.std()
    if deviation < ALIKE:
        return np.zeros(len(rewards))
    return (rewards - among.mean()) / (deviation + ALIKE)
