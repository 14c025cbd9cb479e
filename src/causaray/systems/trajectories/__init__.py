"""Which attributes move along a change of caption."""
