"""The one exception that means: the user, not the program, has to change something."""


class BadInput(Exception):
    """A mistake in the input. The message is one sentence: what was wrong, where, and what would be right.

    The command line prints the sentence and exits with code 2; nothing has been written.
    """


class NoSuchPlace(BadInput):
    """A finding is said to be in a part of the body that is not there."""
