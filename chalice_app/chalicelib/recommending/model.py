"""The trained model as it is published and served: two sets of movie factors over one list of movies.

The *rating model* answers "how many stars would this person give it?", the *ranking model* "what should
they see next?". Both keep only the movies' side: a person's side is folded in from their ratings.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FILE_NAME = "model.npz"
FORMAT = 1
