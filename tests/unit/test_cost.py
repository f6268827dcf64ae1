"""The estimated bill: worked out by hand, monotonous, and with prices that somebody can change."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.__main__ import main
from chalicelib.domain.cost import PRICES_FILE, Usage, estimate, read_prices

PRICES = read_prices()


def test_a_bill_that_was_worked_out_by_hand() -> None:
    """A thousand people who come twice a month and ask for five things each time: 10,000 requests."""
    usage = Usage(
        people=1_000,
        ratings=1_000_000,
        ratings_a_day=1_000,
        retrains=10,
        job_minutes=6,
        job_vcpus=2,
        job_gb=10,
        active_share=1,
        visits=2,
        requests_a_visit=5,
        reads_a_request=2,
        writes_a_visit=6,
        refreshes_a_rating=0.5,
        counts_a_rating=0.5,
        count_ms=200,
        lambda_ms=100,
        lambda_gb=1,
        answer_kb=10,
        site_kb=50,
        site_files=10,
        log_bytes=1_000,
        rating_bytes=200,
        account_bytes=1_000,
        suggestions_bytes=1_000,
        artifacts_gb=2,
        joining_share=0.1,
        secrets=1,
    )
    by_hand = {
        "DynamoDB": (
            (30_000 + 15_000 + 12_000 + 10_000) / 1e6 * 0.625  # ratings, fold-ins, sessions, the job
            + (20_000 + 10 * 2e8 / 4096) / 1e6 * 0.125  # requests, exports
            + 0.202 * 0.25
            + 0.201 * 0.20
        ),
        # 15,000 times, ratings were counted as they came
        "Lambda": (0.01 + 0.015) * 0.20 + (1_000 + 3_000) * 0.0000166667,
        "API Gateway": 0.01 * 3.50,
        "CloudFront": (10_000 * 10 + 2_000 * 50) / 1e6 * 0.085 + (10_000 + 20_000) / 1e4 * 0.01,
        "S3": 2 * 0.023 + (0.3 + 15) * 0.005 + (20 + 1 + 30) * 0.0004,
        "Fargate": 1 * (2 * 0.04048 + 10 * 0.004445),
        "CloudWatch": (0.01 + 0.015) * 0.50,
        "Secrets Manager": 0.40,
        "SES": 0.1 * 0.10,
    }
    bill = estimate(usage, PRICES)
    for service, dollars in by_hand.items():
        assert sum(line.dollars for line in bill.lines if line.service == service) == pytest.approx(dollars)
    assert bill.total == pytest.approx(sum(by_hand.values()))
    assert bill.per_thousand_people == pytest.approx(bill.total)


def test_the_levers_say_what_each_decision_saves() -> None:
    usage = Usage(people=100_000, retrains=30, ratings=1_000_000, rating_bytes=1_000, suggestions_bytes=900)
    levers = {lever.instead_of: lever for lever in estimate(usage, PRICES).levers}
    packed = levers["a row for each suggestion"]
    assert packed.dollars == pytest.approx(1.875)
    assert packed.otherwise == pytest.approx(187.5)
    scanned = levers["an export from point-in-time recovery, which uses no read capacity"]
    assert scanned.dollars == pytest.approx(30 * 1e9 / 4096 / 1e6 * 0.125)
    assert scanned.otherwise == pytest.approx(30 * 0.10)
    spot = levers["Fargate Spot, which may be interrupted"]
    assert spot.otherwise == pytest.approx(spot.dollars * 0.3)


amounts = st.floats(0, 1e7)


@given(
    st.integers(0, 10**9),
    amounts,
    st.floats(0, 1e5),
    st.sampled_from(["people", "ratings_a_day", "retrains", "ratings"]),
)
def test_more_of_anything_never_costs_less(people: int, rated: float, retrains: float, more_of: str) -> None:
    usage = Usage(people=people, ratings_a_day=rated, retrains=retrains)
    more = replace(usage, **{more_of: getattr(usage, more_of) * 2 + 1})
    assert estimate(more, PRICES).total >= estimate(usage, PRICES).total >= 0


def test_nobody_costs_what_stands_there_anyway() -> None:
    bill = estimate(Usage(people=0, ratings=0, ratings_a_day=0, retrains=0), PRICES)
    assert bill.per_thousand_people == bill.total == pytest.approx(0.40 + 0.023)


def test_every_price_says_where_it_is_from_and_is_in_use() -> None:
    bill = estimate(Usage(), PRICES)
    in_levers = {"dynamodb_export_gb", "fargate_spot_share", "api_http_million", "lambda_gb_second_arm"}
    assert PRICES.table.keys() == {line.price for line in bill.lines} | in_levers
    for price in PRICES.table.values():
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.as_of


def test_other_prices_make_another_bill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = json.loads(PRICES_FILE.read_text())
    table["prices"]["secret_month"]["dollars"] = 100
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(table))
    assert main(["cost", "--people", "0", "--ratings-a-day", "0", "--retrains", "0", "--json"]) == 0
    usual = json.loads(capsys.readouterr().out)["total"]
    words = [
        "cost",
        "--people",
        "0",
        "--ratings-a-day",
        "0",
        "--retrains",
        "0",
        "--prices",
        str(file),
        "--json",
    ]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["total"] == pytest.approx(usual + 99.60)


@pytest.mark.parametrize("change", ["missing", "negative", "text", "not a table"])
def test_prices_that_cannot_be_used_are_refused_in_a_sentence(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = json.loads(PRICES_FILE.read_text())
    if change == "missing":
        del table["prices"]["logs_gb"]
    elif change == "not a table":
        table = [1]
    else:
        table["prices"]["logs_gb"]["dollars"] = {"negative": -1, "text": "much"}[change]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(table))
    assert main(["cost", "--prices", str(file)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert ("copy prices.json" if change == "not a table" else "logs_gb") in said


def test_the_words_name_every_assumption(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--people", "5000"]) == 0
    said = capsys.readouterr().out
    assert "for 1,000 people" in said
    assert "milliseconds that an API request takes in Lambda" in said
    assert main(["cost", "--people", "-1"]) == 1
