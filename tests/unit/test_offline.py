"""Evaluating and training on a file, from the command line, without any AWS."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from batch_jobs.__main__ import main
from chalicelib.domain.movie import MovieId
from chalicelib.recommending.model import Model
from chalicelib.recommending.suggesting import suggest
from tests.factories import two_camps

RANKING = {"ndcg10", "recall10", "recall20", "coverage", "novelty"}
ASKED_FOR = {
    "rmse",
    "mae",
    "ndcg10",
    "recall20",
    "coverage",
    "fit_seconds",
    "ratings_per_second",
    "score_seconds",
    "peak_rss_mb",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two camps of people on a scale of 1 to 10, with ids in words."""
    ratings = two_camps(people=60)
    path = tmp_path_factory.mktemp("file") / "ratings.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("user", "movie", "rating", "timestamp"))
        columns = (ratings.person, ratings.movie, ratings.stars, ratings.rated_at)
        for person, movie, stars, time in zip(*(one.tolist() for one in columns), strict=True):
            writer.writerow((f"person {person}", f"film {movie}", 10 if stars > 3 else 1, time))
        writer.writerow(("person 0", f"film {ratings.movie[0]}", 5, -1))
    return path


def printed(capsys: pytest.CaptureFixture[str], words: Sequence[str | Path]) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [["evaluate", "--json", "--ratings"], ["--json", "evaluate", "--ratings"]])
def test_the_figures_come_as_json(capsys: pytest.CaptureFixture[str], file: Path, words: list[str]) -> None:
    found = json.loads(printed(capsys, [*words, file]))
    assert found.keys() >= ASKED_FOR | RANKING
    assert all(isinstance(found[name], int | float) for name in ASKED_FOR)
    for other in ("popularity", "svd_by_rating"):
        assert found[other].keys() >= RANKING
    assert found["ndcg10"] > 1.3 * found["popularity"]["ndcg10"]
    assert found["data"]["repeated"] == 1
    assert found["mae"] <= found["rmse"] < 4.5
    stars = {"rmse", "mae", "within50", "within80"}
    assert found["intervals"].keys() == stars | {"ndcg10", "recall10", "recall20", "novelty"}


def test_the_figures_come_as_a_table(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    table = printed(capsys, ["evaluate", "--ratings", file])
    assert "900 ratings by 60 people of 40 movies" in table
    assert "1 ratings of a pair rated again later were left out" in table
    assert re.search(r"RMSE +\d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\)", table)
    assert "most popular" in table


def test_a_trained_model_is_written_with_its_card_and_the_ids_of_the_file(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a" / "model"
    found = json.loads(printed(capsys, ["train", "--ratings", file, "--out", out, "--json"]))
    assert found.keys() >= ASKED_FOR
    with (out / "movies.csv").open(newline="") as stream:
        film_of = {int(row["movie_id"]): row["movie"] for row in csv.DictReader(stream)}
    assert len(film_of) == 40
    model = Model.load(out / "model.npz")
    number_of = {film: MovieId(number) for number, film in film_of.items()}
    liked = {number_of[f"film {2 * n}"]: 5.0 for n in range(4)}
    top = [film_of[one.movie_id] for one in suggest(model, liked, (), 8)]
    assert all(int(film.split()[1]) % 2 == 0 for film in top)
    card = json.loads((out / "card.json").read_text())
    assert card["scale"] == {"lowest": 1.0, "highest": 10.0}
    assert card["held_out"]["rmse"] == found["rmse"]
    for name in card["plots"]:
        assert b"<svg" in (out / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "--ratings", "FILE"], "--out FOLDER"),
        (["train", "--out", "somewhere"], "give both"),
        (["train", "--ratings", "FILE", "--out", "FILE"], "is a file; give a folder"),
        (["evaluate", "--ratings", "nowhere.csv"], "There is no file nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], file: Path, words: list[str], sentence: str
) -> None:
    assert main([str(file) if word == "FILE" else word for word in words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    error = said.err.strip().splitlines()
    assert error[-1].startswith("error: ")
    assert sentence in error[-1]


def test_too_few_ratings_to_hold_any_out_are_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "few.csv").write_text("user,movie,rating\na,x,1\nb,y,5\n")
    assert main(["evaluate", "--ratings", str(tmp_path / "few.csv")]) == 1
    assert "five ratings by one person are needed" in capsys.readouterr().err


NO_AWS = """
import sys
from batch_jobs.__main__ import main
code = main(["evaluate", "--json", "--ratings", sys.argv[1]])
assert not {"boto3", "botocore", "pynamodb"} & set(sys.modules), "AWS packages were imported"
sys.exit(code)
"""


def test_no_aws_is_needed_and_standard_output_holds_only_the_json(file: Path) -> None:
    bare = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", NO_AWS, str(file)], env=bare, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout).keys() >= ASKED_FOR
    assert b"Reading ratings.csv" in done.stderr


def test_ctrl_c_ends_it_with_one_word(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    with (tmp_path / "many.csv").open("w") as stream:
        stream.write("user,movie,rating\n")
        for person in range(2000):
            stream.writelines(f"{person},{movie},{movie % 5 + 1}\n" for movie in rng.choice(3000, 100, False))
    process = subprocess.Popen(
        [sys.executable, "-m", "batch_jobs", "evaluate", "--ratings", str(tmp_path / "many.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Training"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip().splitlines()[-1] == "stopped"
