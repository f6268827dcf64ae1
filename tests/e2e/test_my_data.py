"""My ratings grown many: brought from elsewhere, searched, counted, and taken away again."""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import httpx
from playwright.sync_api import Locator, expect

from tests.e2e.visitor import Visitor

LETTERBOXD = ("Date", "Name", "Year", "Letterboxd URI", "Rating")


def popular_films(visitor: Visitor, count: int) -> list[dict[str, object]]:
    answer = httpx.get(f"{visitor.base_url}/api/movies?sort=popular&limit={count}").raise_for_status()
    films: list[dict[str, object]] = answer.json()["items"]
    return films


def choose(visitor: Visitor, file: Path) -> Locator:
    """Choose a file; answers the report of what it would change."""
    visitor.page.get_by_label("Choose a file").set_input_files(file)
    report = visitor.page.locator(".report")
    expect(report.get_by_role("heading", level=3)).to_be_focused()
    return report


def as_letterboxd(folder: Path, rows: Sequence[tuple[object, ...]]) -> Path:
    file = folder / "ratings.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([LETTERBOXD, *rows])
    return file


def test_ratings_are_brought_matched_by_hand_and_taken_away_again(visitor: Visitor, tmp_path: Path) -> None:
    visitor.sign_up()
    page = visitor.page
    *films, lost = popular_films(visitor, 13)
    rows = [
        (f"2021-03-{place + 1:02d}", film["title"], film["year"], "", 1 + 0.5 * (place % 9))
        for place, film in enumerate(films)
    ]
    rows.append(("2021-04-01", "A Film Under Another Name", 1901, "", 4.5))
    visitor.go("/my/data")

    report = choose(visitor, as_letterboxd(tmp_path, rows))
    expect(report).to_contain_text("13 ratings read, 12 found here")
    visitor.go("/my/ratings")
    expect(page.get_by_role("heading", name="No ratings yet")).to_be_visible()  # nothing was kept yet

    visitor.go("/my/data")
    report = choose(visitor, tmp_path / "ratings.csv")
    with page.expect_download() as kept:
        report.get_by_role("button", name="Keep this list as CSV").click()
    with Path(kept.value.path()).open(newline="", encoding="utf-8") as stream:
        (missing,) = csv.DictReader(stream)
    assert (missing["title"], missing["stars"]) == ("A Film Under Another Name", "4.5")

    report.get_by_role("button", name="Find it").click()
    report.get_by_label("Search the film for").fill(str(lost["title"]))
    report.get_by_role("button", name=f"{lost['title']} ({lost['year']})", exact=True).click()
    expect(report.get_by_role("button", name="Undo")).to_be_focused()
    visitor.photograph("import-report")
    page.route("**/api/me/imports*", lambda route: route.abort("internetdisconnected"))
    report.get_by_role("button", name="Import 13 ratings").click()
    expect(page.get_by_role("alert")).to_contain_text("We cannot reach the server")
    page.unroute("**/api/me/imports*")
    report.get_by_role("button", name="Import 13 ratings").click()
    expect(report.get_by_role("status")).to_contain_text("13 ratings imported")

    report.get_by_role("link", name="See your ratings").click()
    expect(page.locator(".rated")).to_have_count(13)
    expect(page.locator(".rated").first).to_contain_text(
        "Rated Apr 1, 2021"
    )  # the one found by hand is newest
    expect(page.locator(".rated").first).to_contain_text(str(lost["title"]))
    page.get_by_role("link", name="Matinee, home").click()
    expect(page.locator(".updated")).to_contain_text("Updated in")  # not popular films any more
    expect(page.locator("main .because").first).to_be_visible()

    visitor.go("/my/data")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Ratings as CSV").click()
    own = tmp_path / saved.value.suggested_filename
    saved.value.save_as(own)
    report = choose(visitor, own)
    expect(report).to_contain_text("There is nothing to import")
    expect(report.locator(".summary")).to_have_text(re.compile("stay as they are.*13"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Everything as JSON").click()
    assert len(json.loads(Path(saved.value.path()).read_text())["ratings"]) == 13
    visitor.complaints = [line for line in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(visitor: Visitor, tmp_path: Path) -> None:
    visitor.expected = {422}
    visitor.sign_up()
    visitor.go("/my/data")
    alert = visitor.page.get_by_role("alert")
    for name, content, words in (
        ("holiday.jpg", b"\xff\xd8", "Choose a CSV file or a ZIP"),
        ("large.csv", b"x" * (4 * 2**20 + 1), "larger than 4 MB"),
        ("empty.csv", b"", "This file is empty"),
        ("recipes.csv", b"Dish,Minutes\nSoup,20\n", "no export that can be read"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        visitor.page.get_by_label("Choose a file").set_input_files(file)
        expect(alert).to_contain_text(words)
        expect(alert).to_contain_text(name)


def test_my_ratings_are_searched_filtered_and_sorted_and_the_address_keeps_it(visitor: Visitor) -> None:
    visitor.sign_up()
    rated = visitor.rate_first((5.0, 2.0, 4.5, 3.0, 5.0))
    visitor.settle()
    page = visitor.page
    visitor.go("/my/ratings")
    titles = page.locator(".rated-words > a")
    expect(titles).to_have_count(5)
    page.get_by_label("Sort by").select_option("Title")
    expect(page).to_have_url(re.compile(r"\?sort=title$"))
    expect(titles).to_have_count(5)
    names = [re.sub(r"^(the|a|an) ", "", name.casefold()) for name in titles.all_inner_texts()]
    assert names == sorted(names)

    page.get_by_role("button", name="5 stars: 2 films", exact=True).click()
    expect(page.locator(".rated")).to_have_count(2)
    expect(page.locator(".count")).to_contain_text("2 of 5 films")
    assert set(visitor.shown()) == {rated[0], rated[4]}
    page.get_by_label("Search your ratings").fill(titles.first.inner_text())
    expect(page.locator(".rated")).to_have_count(1)
    page.reload()
    expect(page.locator(".rated")).to_have_count(1)
    page.get_by_label("Search your ratings").fill("nothing is called like this")
    expect(page.get_by_role("heading", name="None of your ratings match")).to_be_visible()
    page.get_by_role("button", name="Show all").last.click()
    expect(page.locator(".rated")).to_have_count(5)
    expect(page.get_by_label("Search your ratings")).to_have_value("")


def test_statistics_are_drawn_and_told_in_words(visitor: Visitor) -> None:
    visitor.sign_up()
    page = visitor.page
    visitor.go("/my/statistics")
    expect(page.get_by_role("heading", name="Nothing to count yet")).to_be_visible()
    visitor.go("/")
    visitor.rate_first((5.0, 2.0, 4.5, 3.0, 4.0, 1.0))
    visitor.settle()
    visitor.go("/my/ratings")
    page.get_by_role("link", name="Statistics").click()
    plot = page.get_by_role("img", name=re.compile("Our guesses beside the stars you gave, 6 films"))
    expect(plot.locator(".plot-dots")).to_have_attribute("d", re.compile("^(M[^M]+h0){6}$"))
    expect(page.get_by_text("Three times out of four we are within")).to_be_visible()
    page.get_by_text("The figures: Your stars").click()
    table = page.get_by_role("table", name="Your stars")
    expect(table.get_by_role("row", name=re.compile("^5 stars 1 17 %"))).to_be_visible()
    visitor.photograph("statistics")
