"""The report as one HTML page: figures.py says what is shown, the rest how."""
