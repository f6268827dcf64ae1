"""What a month on AWS costs: named inputs times list prices, line by line.

It is an estimate: every assumption is an input with a name, prices are those of the first tier, and free
tiers, taxes and support are left out. The levers say what the bill would be with one decision taken the
other way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

PRICES_FILE = Path(__file__).with_name("prices.json")

GB = 10**9
_READ_BYTES, _WRITE_BYTES = 4096, 1024
_SUGGESTED = 100  # rows a person's suggestions would take with one for each
_READS_A_COUNT = 2  # what was counted before, and which catalogue is current


def _input(usual: float, what: str) -> Any:
    return field(default=usual, metadata={"what": what})


@dataclass(frozen=True, slots=True)
class Usage:
    """How the service is used and how large its things are; each field says what it means."""

    people: int = _input(10_000, "people with an account")
    ratings: float = _input(600_000, "ratings that are stored")
    ratings_a_day: float = _input(1_000, "ratings given on a day, by all")
    retrains: float = _input(30, "runs of the batch job in a month")
    job_minutes: float = _input(5, "minutes that a run takes")
    job_vcpus: float = _input(2, "vCPUs of the job's container")
    job_gb: float = _input(8, "GB of memory of the job's container")
    active_share: float = _input(0.3, "share of the people who come in a month")
    visits: float = _input(8, "visits of each of them in the month")
    requests_a_visit: float = _input(12, "API requests in a visit")
    reads_a_request: float = _input(2, "DynamoDB read units that an API request takes")
    writes_a_visit: float = _input(
        6, "write units to renew the session in a visit: one transaction of three rows"
    )
    refreshes_a_rating: float = _input(0.5, "times suggestions are computed anew and stored, for a rating")
    stream_reads: float = _input(0, "reads of the ratings' stream for a rating; those by Lambda are free")
    counts_a_rating: float = _input(
        1, "runs of the stream's handler for a rating: fewer where many are given within five seconds"
    )
    count_ms: float = _input(100, "milliseconds that such a run takes in Lambda")
    lambda_ms: float = _input(40, "milliseconds that an API request takes in Lambda")
    lambda_gb: float = _input(1, "GB of memory of the Lambda functions")
    answer_kb: float = _input(4, "KB of an API answer, compressed")
    site_kb: float = _input(60, "KB of the site that a visit loads: much of it is in the browser's cache")
    site_files: float = _input(8, "files of the site that a visit asks for")
    log_bytes: float = _input(
        600, "bytes of log that an API request leaves, or a run of the stream's handler"
    )
    rating_bytes: float = _input(175, "bytes of a rating in DynamoDB, its 100 of overhead included")
    account_bytes: float = _input(1_200, "bytes of an account with its sessions, overhead included")
    suggestions_bytes: float = _input(900, "bytes of a person's packed suggestions")
    artifacts_gb: float = _input(1, "GB in S3: catalogues, models and 30 days of exports")
    joining_share: float = _input(0.02, "share of the people who sign up in a month, each getting one mail")
    secrets: float = _input(1, "secrets in Secrets Manager")


@dataclass(frozen=True, slots=True)
class Price:
    """`dollars` for one of what it names; `as_of` is when its source said so."""

    dollars: float
    what: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Prices:
    """A table of prices, `compiled` on a day."""

    region: str
    compiled: str
    note: str
    table: Mapping[str, Price]

    def __getitem__(self, name: str) -> float:
        return self.table[name].dollars


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: so much of what `price` names in the table."""

    service: str
    what: str
    price: str
    quantity: float
    dollars: float


@dataclass(frozen=True, slots=True)
class Lever:
    """One decision: dollars a month of what it is about, as it was taken and otherwise."""

    decision: str
    instead_of: str
    dollars: float
    otherwise: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """In dollars a month."""

    usage: Usage
    lines: list[Line]
    levers: list[Lever]
    total: float
    per_thousand_people: float


def read_prices(path: Path = PRICES_FILE) -> Prices:
    """A table of prices of the form of `prices.json`. Raises ValueError if it has another, or lacks one."""
    try:
        stored = json.loads(path.read_text())
        table = {name: Price(**price) for name, price in stored["prices"].items()}
        prices = Prices(stored["region"], stored["compiled"], stored["note"], table)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is no table of prices: copy {PRICES_FILE.name} and change that.") from error
    wrong = [
        name
        for name, price in table.items()
        if not (type(price.dollars) in {int, float} and price.dollars >= 0)
    ]
    if path != PRICES_FILE:
        wrong += sorted(read_prices().table.keys() - table.keys())
    if wrong:
        raise ValueError(f"{path} needs a price in dollars for {', '.join(wrong)}.")
    return prices


def meaning(name: str) -> str:
    """What an input of `Usage` means."""
    return next(str(one.metadata["what"]) for one in fields(Usage) if one.name == name)


def estimate(usage: Usage, prices: Prices) -> Estimate:
    """The bill of a month (30 days), line by line. Without people `per_thousand_people` is the whole."""
    visits = usage.people * usage.active_share * usage.visits
    requests = visits * usage.requests_a_visit
    rated = usage.ratings_a_day * 30
    counts = rated * usage.counts_a_rating
    stored = (
        usage.ratings * usage.rating_bytes + usage.people * (usage.account_bytes + usage.suggestions_bytes)
    ) / GB
    recoverable = (usage.ratings * usage.rating_bytes + usage.people * usage.account_bytes) / GB
    write_units = {
        "ratings": rated,
        "suggestions stored anew after a rating": rated * usage.refreshes_a_rating,
        "sessions renewed": visits * usage.writes_a_visit,
        "suggestions of everybody, by the job": _job_writes(usage),
    }
    read_units = {
        "API requests": requests * usage.reads_a_request,
        "ratings exported by the job": _scan_reads(usage),
    }
    lines: list[Line] = []

    def add(service: str, what: str, price: str, quantity: float) -> None:
        lines.append(Line(service, what, price, quantity, quantity * prices[price]))

    for what, units in write_units.items():
        add("DynamoDB", f"writes: {what}", "dynamodb_write_million", units / 1e6)
    for what, units in read_units.items():
        add("DynamoDB", f"reads: {what}", "dynamodb_read_million", units / 1e6)
    add("DynamoDB", "stream of the ratings", "dynamodb_streams_million", rated * usage.stream_reads / 1e6)
    add("DynamoDB", "storage", "dynamodb_storage_gb", stored)
    add("DynamoDB", "point-in-time recovery", "dynamodb_recovery_gb", recoverable)
    seconds = requests * usage.lambda_ms / 1000
    add("Lambda", "requests", "lambda_request_million", requests / 1e6)
    add("Lambda", "time", "lambda_gb_second", seconds * usage.lambda_gb)
    add("Lambda", "runs of the stream's handler", "lambda_request_million", counts / 1e6)
    counting = counts * usage.count_ms / 1000
    add("Lambda", "time of the stream's handler", "lambda_gb_second", counting * usage.lambda_gb)
    add("API Gateway", "requests", "api_rest_million", requests / 1e6)
    served = (requests * usage.answer_kb + visits * usage.site_kb) / 1e6
    add("CloudFront", "data sent", "cloudfront_gb", served)
    add(
        "CloudFront",
        "requests",
        "cloudfront_https_ten_thousand",
        (requests + visits * usage.site_files) / 1e4,
    )
    add("S3", "storage", "s3_storage_gb", usage.artifacts_gb)
    add("S3", "writes by the job", "s3_put_thousand", usage.retrains * 30 / 1e3)
    add("S3", "writes of live counts", "s3_put_thousand", counts / 1e3)
    reads = visits * usage.site_files + usage.retrains * 100 + counts * _READS_A_COUNT
    add("S3", "reads", "s3_get_thousand", reads / 1e3)
    hours = usage.retrains * usage.job_minutes / 60
    add("Fargate", "vCPUs of the job", "fargate_vcpu_hour", hours * usage.job_vcpus)
    add("Fargate", "memory of the job", "fargate_gb_hour", hours * usage.job_gb)
    add("CloudWatch", "logs", "logs_gb", (requests + counts) * usage.log_bytes / GB)
    add("Secrets Manager", "secrets", "secret_month", usage.secrets)
    add("SES", "mails to new people", "mail_thousand", usage.people * usage.joining_share / 1e3)
    total = sum(line.dollars for line in lines)
    per_thousand = total / (usage.people / 1000) if usage.people else total
    return Estimate(usage, lines, _levers(usage, prices, requests, seconds, hours), total, per_thousand)


def _levers(usage: Usage, prices: Prices, requests: float, seconds: float, hours: float) -> list[Lever]:
    job = hours * (usage.job_vcpus * prices["fargate_vcpu_hour"] + usage.job_gb * prices["fargate_gb_hour"])
    packed = _job_writes(usage) / 1e6 * prices["dynamodb_write_million"]
    rows = usage.people * usage.retrains * _SUGGESTED / 1e6 * prices["dynamodb_write_million"]
    exported = usage.retrains * usage.ratings * usage.rating_bytes / GB * prices["dynamodb_export_gb"]
    compute = seconds * usage.lambda_gb
    return [
        Lever("A person's suggestions packed into one item", "a row for each suggestion", packed, rows),
        Lever(
            "The export scans the ratings",
            "an export from point-in-time recovery, which uses no read capacity",
            _scan_reads(usage) / 1e6 * prices["dynamodb_read_million"],
            exported,
        ),
        Lever(
            "The job on Fargate on demand",
            "Fargate Spot, which may be interrupted",
            job,
            job * prices["fargate_spot_share"],
        ),
        Lever(
            "A REST API",
            "an HTTP API",
            requests / 1e6 * prices["api_rest_million"],
            requests / 1e6 * prices["api_http_million"],
        ),
        Lever(
            "Lambda on x86",
            "Lambda on Arm",
            compute * prices["lambda_gb_second"],
            compute * prices["lambda_gb_second_arm"],
        ),
    ]


def _job_writes(usage: Usage) -> float:
    """Write units of everybody's suggestions in all runs: an item of up to 1 KB is one."""
    return usage.people * usage.retrains * -(-usage.suggestions_bytes // _WRITE_BYTES)


def _scan_reads(usage: Usage) -> float:
    """Read units of all exports, which read consistently: 4 KB is one."""
    return usage.retrains * usage.ratings * usage.rating_bytes / _READ_BYTES
