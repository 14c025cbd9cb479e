"""The judges themselves, measured."""
