"""System 1: causal disentanglement for long-tail medical image generation (arXiv 2504.14450)."""
