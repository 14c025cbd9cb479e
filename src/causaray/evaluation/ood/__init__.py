"""Whether a film is like those that weights have learned from."""
