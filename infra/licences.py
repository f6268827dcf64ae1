"""What of others is given away with the product: `python -m infra.licences` writes docs/licences.md.

Which packages and versions is said by the lists that deployments install from; under which licence, by what
each package says of itself where it is installed.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "licences.md"
LAMBDA = REPOSITORY / "infra" / "lambda-lock.txt"
IMAGE = REPOSITORY / "batch_jobs" / "lock.txt"
TOOLS = REPOSITORY / "requirements.txt"
VENDORED = REPOSITORY / "chalice_app" / "frontend" / "vendor" / "README.md"

HEAD = """\
# Licences

What of others is given away with this product, made by `make licences` from the lists that deployments
install. `make audit` fails where the page is out of date, or where a licence does not go together with
[MIT](../LICENSE). Each package carries its own licence's text: in `*.dist-info/` in the Lambda's package
and in the image, in `LICENSE-*` beside the vendored files.
"""
OF_DEBIAN = """\
The image stands on `python:3.12-slim-bookworm`: Python itself (PSF-2.0) and Debian's packages, whose
licences are in `/usr/share/doc/*/copyright` of the image.
"""

# What says of its licence nothing but a file beside it, read by hand.
READ_BY_HAND = {"axe-playwright-python": "MIT"}


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Licence:
    """`by` is whom a package names as its authors."""

    name: str
    by: str


def pinned(text: str) -> list[Package]:
    """The packages of a requirements file or lock, in its order."""
    found = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([\w.]+)", text, re.MULTILINE)
    return [Package(name, version) for name, version in found]


def vendored(text: str) -> list[str]:
    """The rows of the vendored files' own table, without its last column."""
    return [line.rsplit("|", 2)[0] + "|" for line in text.splitlines() if line.startswith("| [")]


def installed() -> dict[str, Licence]:
    """What every installed package says of itself, by its name in one spelling."""
    words = ("--from=mixed", "--with-system", "--with-authors", "--format=json")
    tool = Path(sys.executable).with_name("pip-licenses")
    told = json.loads(subprocess.run([tool, *words], capture_output=True, text=True, check=True).stdout)
    return {spelling(one["Name"]): Licence(_short(one["License"]), _short(one["Author"])) for one in told}


def spelling(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def page(licences: dict[str, Licence]) -> str:
    """The whole page. Raises LookupError for a package that is not installed here."""
    function, image = pinned(LAMBDA.read_text()), pinned(IMAGE.read_text())
    in_image = {spelling(one.name) for one in image}
    tools = [one for one in pinned(TOOLS.read_text()) if spelling(one.name) not in in_image]
    parts = [
        HEAD,
        "## The web app\n",
        "| package | version | licence |\n|---|---|---|\n" + "\n".join(vendored(VENDORED.read_text())) + "\n",
        "## The API's package for Lambda\n",
        _table(function, licences),
        "## The batch job's image\n",
        "All of the above, and:\n",
        _table([one for one in image if one not in function], licences),
        OF_DEBIAN,
        "## Tools, not given away\n",
        "What `requirements.txt` names to develop and test with; they are in no package and in no image.\n",
        _table(tools, licences),
    ]
    return "\n".join(parts)


def _table(packages: Iterable[Package], licences: dict[str, Licence]) -> str:
    lines = ["| package | version | licence | by |", "|---|---|---|---|"]
    for one in packages:
        known = licences.get(spelling(one.name))
        if known is None:
            raise LookupError(f"{one.name} is not installed here: `make clean install`.")
        licence = READ_BY_HAND.get(spelling(one.name), known.name)
        lines.append(f"| {one.name} | {one.version} | {licence} | {known.by} |")
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    """Without e-mail addresses and what a table cannot hold."""
    text = " ".join(re.sub(r"<[^>]*>|\S+@\S+", "", text).replace("|", "/").replace('"', "").split()).replace(
        " ,", ","
    )
    return "" if text == "UNKNOWN" else text.strip(" ,")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.licences", description="Write docs/licences.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    now = page(installed())
    if parser.parse_args(words).check:
        if PAGE.read_text() != now:
            print("docs/licences.md is out of date: make licences", file=sys.stderr)
            return 1
    else:
        PAGE.write_text(now)
    return 0


if __name__ == "__main__":
    sys.exit(main())
