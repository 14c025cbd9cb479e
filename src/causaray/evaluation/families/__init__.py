"""What each family of measures is given of an edited cohort, and what metrics.json holds of it."""
