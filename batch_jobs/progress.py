"""Progress of long commands, on standard error, with the time that is left."""

import sys
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from tqdm import tqdm

Thing = TypeVar("Thing")
_LOOK: dict[str, Any] = {"unit_scale": True, "file": sys.stderr, "mininterval": 0.5, "dynamic_ncols": True}


def progress(
    things: Iterable[Thing], label: str, total: int | None = None, unit: str = "row"
) -> "tqdm[Thing]":
    """Pass `things` on and show how many have gone by, how fast, and the time left where `total` is known."""
    return tqdm(things, desc=label, total=total, unit=f" {unit}s", **_LOOK)


def counter(label: str, total: int | None = None, unit: str = "row") -> "tqdm[NoReturn]":
    """The same bar for work that comes in batches: call `update(number)` on it."""
    return tqdm(desc=label, total=total, unit=f" {unit}s", **_LOOK)
