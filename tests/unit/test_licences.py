"""The page of licences names everything that is given away."""

import re

from infra.deploy.lambda_package import _LEFT_OUT
from infra.licences import IMAGE, LAMBDA, PAGE, VENDORED, Licence, page, pinned, spelling, vendored


def rows(heading: str) -> set[tuple[str, str]]:
    """Names and versions in the table below a heading."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = set(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE))
    return found - {("package", "version"), ("---", "---")}


def test_the_page_names_every_locked_package_once() -> None:
    function = {(one.name, one.version) for one in pinned(LAMBDA.read_text())}
    image = {(one.name, one.version) for one in pinned(IMAGE.read_text())}
    assert len(function) > 15
    assert rows("The API's package for Lambda") == function, "make licences"
    assert rows("The batch job's image") == image - function, "make licences"


def test_the_page_names_the_vendored_files_as_their_own_list_does() -> None:
    listed = vendored(VENDORED.read_text())
    assert len(listed) == 2
    assert all(row in PAGE.read_text() for row in listed), "make licences"
    for row in listed:
        file = VENDORED.parent / re.findall(r"LICENSE-\w+", row)[0]
        assert "opyright" in file.read_text()


def test_no_licence_on_the_page_is_missing() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| [\w.-]+ \| [\d.]", line)]
    assert all(line.split("|")[3].strip() for line in lines)


def test_the_package_keeps_the_texts_of_the_licences() -> None:
    assert not _LEFT_OUT.search("numpy-2.4.6.dist-info/licenses/LICENSE.txt")


def test_a_package_named_otherwise_where_it_is_installed_is_found() -> None:
    everything = {
        spelling(name.replace("-", "_")): Licence("MIT", "")
        for name in re.findall(r"^\| ([\w.-]+) \|", PAGE.read_text(), re.MULTILINE)
    }
    assert "argon2-cffi | 25.1.0 | MIT" in page(everything)
