"""The gate lets no worse model pass, and holds nothing else against one."""

import numpy as np

from batch_jobs.evaluating.per_person import PersonFigures
from batch_jobs.gate import judge


def figures(people: int = 400, error: float = 0.9, ndcg10: float = 0.2, seed: int = 1) -> PersonFigures:
    rng = np.random.default_rng(seed)
    quality = rng.normal(0, 0.1, people)
    return PersonFigures(
        people=np.array([f"person-{n:04d}" for n in range(people)]),
        squared_error=10 * (error + quality) ** 2,
        ratings=np.full(people, 10.0),
        ndcg10=np.clip(ndcg10 + quality, 0, 1),
        has_likes=np.ones(people),
    )


def test_an_unchanged_model_passes() -> None:
    verdict = judge(figures(), figures())
    assert verdict.accepted
    assert verdict.people == 400
    assert verdict.comparisons["rmse"].interval == (0, 0)


def test_an_equally_good_model_passes_although_its_figures_differ() -> None:
    better_by_chance = figures(people=200, seed=2)
    verdict = judge(figures(people=200, seed=3), better_by_chance)
    assert verdict.accepted
    low, high = verdict.comparisons["ndcg10"].interval
    assert low < 0 < high


def test_worse_stars_are_refused_with_the_reason_and_so_is_worse_ranking() -> None:
    verdict = judge(figures(error=1.0), figures(error=0.9))
    assert not verdict.accepted
    assert "error of its stars (RMSE) is 0.9960, and was 0.8964" in verdict.reason
    assert "ranking" not in verdict.reason
    verdict = judge(figures(ndcg10=0.15), figures(ndcg10=0.2))
    assert not verdict.accepted
    assert "quality of its ranking (nDCG@10)" in verdict.reason


def test_a_difference_that_nobody_would_notice_is_none_though_it_lies_beyond_its_interval() -> None:
    verdict = judge(figures(error=0.901), figures(error=0.9))
    assert verdict.comparisons["rmse"].interval[0] > 0
    assert verdict.accepted


def test_a_better_model_passes() -> None:
    assert judge(figures(error=0.8, ndcg10=0.25), figures()).accepted


def test_only_people_measured_with_both_models_count() -> None:
    """Newcomers whose tastes are hard to guess are not the new model's fault."""
    known, newcomers = figures(), figures(error=2.0, ndcg10=0.01)
    joined = PersonFigures(
        np.concatenate((known.people, np.char.add("new-", newcomers.people))),
        *(
            np.concatenate((getattr(known, name), getattr(newcomers, name)))
            for name in ("squared_error", "ratings", "ndcg10", "has_likes")
        ),
    )
    verdict = judge(joined, known)
    assert verdict.accepted
    assert verdict.people == 400


def test_without_anything_to_compare_with_a_model_passes() -> None:
    assert judge(figures(), None).accepted
    few = judge(figures(people=29, error=3.0), figures(people=29))
    assert few.accepted
    assert "too few" in few.reason


def test_figures_come_back_from_where_they_are_kept() -> None:
    kept = PersonFigures.from_bytes(figures().to_bytes())
    assert kept is not None
    assert judge(figures(), kept).comparisons["ndcg10"].interval == (0, 0)
