"""Schedule, sampler and guidance. A denoiser is any callable v(z, t) -> v-prediction."""
