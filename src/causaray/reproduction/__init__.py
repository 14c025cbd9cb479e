"""The paper's own experiments on open data: trainings that differ in one thing, measured alike, on one page."""
