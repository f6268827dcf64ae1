"""What a model's card is called, and the form that the names of models, runs and plots have."""

import re

FILE_NAME = "card.json"

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,59}")
_PLOT = re.compile(r"[a-z][a-z0-9-]{0,59}")


def is_version(text: str) -> bool:
    """Whether a model or run may be called so; a model is called as the run that made it."""
    return _VERSION.fullmatch(text) is not None


def is_plot(text: str) -> bool:
    """Whether a plot may be called so, without its ending."""
    return _PLOT.fullmatch(text) is not None
