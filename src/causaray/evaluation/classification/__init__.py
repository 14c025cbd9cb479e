"""What is measured of a classifier: calibration, risk and coverage, groups, corruptions, attacks, reliance."""
