"""How well reports are read: against people, and against what anybody would try first."""
