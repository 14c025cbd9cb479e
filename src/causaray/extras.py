"""Packages that only some verbs need, and that are not installed with the program."""

from importlib.util import find_spec

from causaray.errors import BadInput


def need(package: str, extra: str) -> None:
    """Raises BadInput when `package` is not installed; `extra` is the extra of Causaray that brings it."""
    if find_spec(package) is None:
        raise BadInput(f"The package {package} is missing, which this needs; pip install 'causaray[{extra}]'.")
