"""The trainings of system 1."""
