"""Who takes part: each is one entrant of one module, run in the environment of one package."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stars", "ranks"]


@dataclass(frozen=True, slots=True)
class Contestant:
    """`package` is a line of peers.txt, or None for this project's own environment; `sizes` None: all."""

    name: str
    kind: Kind
    module: str
    entrant: str
    package: str | None = None
    sizes: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        return f"{self.module}/{self.entrant}"


_SMALL = ("sample", "ml-100k", "1m")

BASE_OF_STARS = "surprise/svd"
BASE_OF_RANKS = "ours/popularity"

CONTESTANTS = (
    Contestant("Surprise SVD", "stars", "surprise", "svd", "scikit-surprise"),
    Contestant("**Ours, the same SVD, 1 thread**", "stars", "ours", "svd-1"),
    Contestant("**Ours, the same SVD, 2 threads**", "stars", "ours", "svd-2"),
    Contestant("**Ours, SVD with our defaults**", "stars", "ours", "svd-tuned"),
    Contestant(
        "Surprise KNNBaseline", "stars", "surprise", "knn", "scikit-surprise", sizes=("sample", "ml-100k")
    ),
    Contestant("cornac MF", "stars", "cornac", "mf", "cornac"),
    Contestant("LensKit BiasedMF (ALS)", "stars", "lenskit", "biased-mf", "lenskit"),
    Contestant("Spark ALS", "stars", "spark", "als", "pyspark"),
    Contestant("Popularity of likes", "ranks", "ours", "popularity"),
    Contestant("**Ours**", "ranks", "ours", "ranking"),
    Contestant(
        "Surprise SVD, by predicted stars", "ranks", "surprise", "by-rating", "scikit-surprise", sizes=_SMALL
    ),
    Contestant("implicit ALS", "ranks", "implicit", "als", "implicit"),
    Contestant("implicit ALS, tuned by us", "ranks", "implicit", "als-tuned", "implicit"),
    Contestant("implicit BPR", "ranks", "implicit", "bpr", "implicit"),
    Contestant("implicit item-item cosine", "ranks", "implicit", "cosine", "implicit"),
    Contestant("cornac BPR", "ranks", "cornac", "bpr", "cornac"),
    Contestant("LensKit ImplicitMF (ALS)", "ranks", "lenskit", "implicit-mf", "lenskit"),
    Contestant("LensKit ItemKNN", "ranks", "lenskit", "item-knn", "lenskit"),
)
