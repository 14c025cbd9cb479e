"""The net of coordinates, measured."""
