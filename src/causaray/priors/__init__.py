"""Text-to-image priors of whole radiographs: the small one of ours, and Stable Diffusion folders."""
