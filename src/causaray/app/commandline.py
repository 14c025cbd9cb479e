"""The command line of a verb, derived from the signature of its function."""

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ParameterInfo

Command = Callable[..., None]


def of_verb(module: str, function: str = "", /, **defaults: Any) -> Callable[[Command], Command]:
    """A command whose arguments are those of a function, and others of its own.

    What is decorated is called with the function, to which all that was typed is bound, and with its own arguments.
    `module` is one of app/verbs, or named in full; `function` is called as its module where it is not named. `defaults`
    take the place of the function's; ... makes an argument required. Arguments of the function that say nothing of the
    command line are not on it.
    """
    home = import_module(module if "." in module else f"causaray.app.verbs.{module}")
    name = function or module.rpartition(".")[2]
    spoken = [one for one in inspect.signature(getattr(home, name)).parameters.values() if _spoken(one.annotation)]
    arguments = [one.replace(default=defaults.get(one.name, one.default)) for one in spoken]

    def decorated(command: Command) -> Command:
        _, *own = inspect.signature(command).parameters.values()

        def typed(**values: Any) -> None:
            mine = {one.name: values.pop(one.name) for one in own}
            command(partial(getattr(home, name), **values), **mine)

        return _signed(typed, arguments + own)

    return decorated


class LateCommand(TyperCommand):
    """A command of which no more than name and help are known until it is typed: verbs take seconds to import.

    Its callback gives the function.
    """

    def known(self) -> Any:
        """The command with its arguments."""
        assert self.callback is not None
        function: Command = self.callback()
        spoken = [
            one.replace(annotation=_spoken(one.annotation)) for one in inspect.signature(function).parameters.values()
        ]
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(self.name, help=self.help)(_signed(function, spoken))
        return typer.main.get_command(alone)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        return self.known().make_context(*args, **kwargs)


class ShowingGroup(TyperGroup):
    """A group whose command `show` is meant where no command is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["show", *args])


def _spoken(annotation: Any) -> Any:
    """What Typer is told of an argument, or None of one that says nothing of the command line.

    Annotated holds the type that functions take, the one that is made of the text where that is another, and Typer's
    own words.
    """
    for one in (annotation, *get_args(annotation)):  # an optional one is in a union with None
        if get_origin(one) is Annotated and isinstance(get_args(one)[-1], ParameterInfo):
            *types, words = get_args(one)
            return Annotated[types[-1], words]
    return None


def _signed(function: Callable[..., Any], arguments: list[inspect.Parameter]) -> Any:
    """The same function, which says that it takes these arguments by name."""
    named = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in arguments]

    def signed(**values: Any) -> None:
        function(**values)

    signed.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return signed
