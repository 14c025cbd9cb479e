"""The training of the net of coordinates."""
