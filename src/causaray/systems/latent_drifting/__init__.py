"""System 3: latent drifting, the fine-tuning of a prior to other images."""
