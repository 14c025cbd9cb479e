"""System 1 on MorphoMNIST, where the true counterfactuals are known."""
