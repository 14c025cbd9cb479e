"""Blinded reader studies: a set of films of unknown origin, what readers said of them, and how often it was true."""
