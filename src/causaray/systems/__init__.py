"""The published systems, a folder each: reading the folder is reading the paper."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from causaray.systems.system import System


@cache
def systems() -> tuple[System, ...]:
    """All systems, by number, those without one last: whatever folder beside this file declares a `SYSTEM`."""
    folders = [f"{__name__}.{module.name}" for module in iter_modules(__path__) if module.ispkg]
    declared: list[System] = [import_module(folder).SYSTEM for folder in folders]
    return tuple(sorted(declared, key=lambda one: (one.number is None, one.number, one.name)))


def declared(table: str) -> dict[str, str]:
    """name -> "module:attribute" of all systems' `table`: editors, kinds, recipes, classifiers or experiments."""
    return {name: dotted for system in systems() for name, dotted in getattr(system, table).items()}
