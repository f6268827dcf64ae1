"""Completion of the `batch-jobs` command in shells."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMAND = "batch-jobs"
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a shell has to read in order to complete our command."""

    shell: str
    script: str

    def __str__(self) -> str:
        return self.script


def completion(whole: argparse.ArgumentParser, shell: str) -> Completion:
    import shtab

    whole.prog = COMMAND
    for action in _actions(whole):
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab looks for it there
    return Completion(shell, shtab.complete(whole, shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
