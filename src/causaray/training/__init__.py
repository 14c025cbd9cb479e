"""One loop, the recipes, and the trainings that use them."""
