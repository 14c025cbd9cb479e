"""The one exception that means: the user, not the program, has to change something."""


class BadInput(Exception):
    """A mistake in the input. The message is one sentence: what was wrong, where, and what would be right.

    The command line prints the sentence and exits with code 2; nothing has been written.
    """


class UnknownWord(BadInput):
    """A word of a prompt that the small language of prompts does not have; a sentence may have it."""


class NoSuchPlace(BadInput):
    """A finding is said to be in a part of the body that is not there."""
