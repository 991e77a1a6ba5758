"""How every command of `retort` fails: one line, and a non-zero exit."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from flows.errors import FlowError, one_line
from stages.artifacts import StageError
from stages.params.loading import ParamsError


def plain(command: Callable[..., None]) -> Callable[..., None]:
    """One line instead of a traceback, for whatever goes wrong in `command`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        # the stages are found from the project's folder, wherever this command is installed
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        try:
            command(*arguments, **options)
        except (FlowError, StageError, ParamsError) as error:
            _fail(one_line(error))
        except KeyboardInterrupt:
            _fail("interrupted; the next run takes up where this one stopped", 130)
        except BrokenPipeError:
            os._exit(1)
        except Exception as error:  # its text may quote data
            _fail(f"unforeseen {type(error).__name__}; its text is withheld, as it may quote data")

    return wrapped


def _fail(line: str, code: int = 1) -> None:
    typer.echo(f"error: {line}", err=True)
    raise typer.Exit(code)
