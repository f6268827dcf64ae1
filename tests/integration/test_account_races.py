"""What holds when two requests come at the same moment, on an emulated AWS over HTTP."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest

from chalicelib import clock
from chalicelib.domain.errors import ConflictError, TooManyAttemptsError, UnauthenticatedError
from chalicelib.domain.mark import Mark, MarkKind
from chalicelib.domain.movie import MovieId
from chalicelib.domain.rating import PersonId, Rating
from chalicelib.services import accounts, leaving, profile, recovery, sessions
from chalicelib.services.attempts import Limit, count_attempt
from chalicelib.services.links import new_link
from chalicelib.services.tokens import read_access_token
from chalicelib.services.writing import writing_for
from chalicelib.storage.accounts import claim_to, set_deactivated
from chalicelib.storage.attempts import add_attempt, take_back_attempt
from chalicelib.storage.links import LinkKind
from chalicelib.storage.log_ins import log_ins_of, replace_log_ins
from chalicelib.storage.marks import delete_mark, keep_newest_marks, mark_of, marks_of, put_mark
from chalicelib.storage.ratings import put_rating, put_ratings, ratings_of
from chalicelib.storage.tables import AccountRow

pytestmark = pytest.mark.usefixtures("emulator")
THREADS = 8
PASSWORD = "correct horse battery"


T = TypeVar("T")


def at_once(action: Callable[[int], T]) -> list[T | Exception]:
    """What eight threads get or meet that start together."""
    barrier = Barrier(THREADS)

    def attempt(number: int) -> T | Exception:
        barrier.wait()
        try:
            return action(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(attempt, range(THREADS)))


def logged_in() -> sessions.Session:
    """Somebody new, on one device."""
    email = f"{uuid4().hex}@example.com"
    account = accounts.create_account("Ada", email, PASSWORD)
    claim = claim_to(email)
    assert claim is not None
    return sessions.begin_session(account.person_id, email, claim.password_hash, "Firefox on Linux")


def kinds(outcomes: list[T | Exception]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def test_of_many_sign_ups_with_one_address_one_succeeds() -> None:
    email = f"{uuid4().hex}@example.com"
    outcomes = at_once(lambda number: accounts.create_account(f"Person {number}", email, PASSWORD))
    assert kinds(outcomes) == {"Account": 1, "ConflictError": THREADS - 1}
    (winner,) = (outcome for outcome in outcomes if not isinstance(outcome, Exception))
    claim = claim_to(email)
    assert claim is not None
    assert claim.person_id == winner.person_id
    profiles = [row for row in AccountRow.scan() if row.email == email]
    assert [row.person_id for row in profiles] == [winner.person_id]


def test_guesses_made_at_the_same_time_do_not_slip_past_the_limit() -> None:
    limit = Limit(f"test-{uuid4().hex}", most=5, seconds=60)

    def guess(_number: int) -> str:
        count_attempt(limit, "ada")
        return "let through"

    assert kinds(at_once(guess)) == {"str": limit.most, "TooManyAttemptsError": THREADS - limit.most}
    with pytest.raises(TooManyAttemptsError):
        count_attempt(limit, "ada")


def test_attempts_are_counted_exactly_also_when_a_window_closes() -> None:
    key, now = f"test-{uuid4().hex}", clock.now_s()
    assert add_attempt(key, 60, now - 100) == (1, now - 40)
    outcomes = at_once(lambda _: add_attempt(key, 60, now))
    assert sorted(outcomes) == [(count, now + 60) for count in range(1, THREADS + 1)]  # type: ignore[type-var]
    take_back_attempt(key)
    assert add_attempt(key, 60, now) == (THREADS, now + 60)


def test_a_counter_is_never_taken_below_nought() -> None:
    key, now = f"test-{uuid4().hex}", clock.now_s()
    take_back_attempt(key)
    add_attempt(key, 60, now)
    take_back_attempt(key)
    take_back_attempt(key)
    assert add_attempt(key, 60, now) == (1, now + 60)


def test_a_refresh_token_used_at_once_in_many_tabs_keeps_each_logged_in() -> None:
    token = logged_in().refresh_token
    outcomes = at_once(lambda _: sessions.renew_session(token))
    assert kinds(outcomes) == {"Session": THREADS}
    tokens = {outcome.refresh_token for outcome in outcomes if not isinstance(outcome, Exception)}
    assert len(tokens) == THREADS


def test_a_log_out_ends_all_that_came_of_a_log_in() -> None:
    first = logged_in().refresh_token
    second = sessions.renew_session(first).refresh_token
    sessions.end_session(first)
    with pytest.raises(UnauthenticatedError):
        sessions.renew_session(second)


def test_a_session_that_ended_while_it_was_renewed_stays_ended() -> None:
    session = logged_in()
    read = log_ins_of(session.person_id)
    sessions.end_session(session.refresh_token)
    assert not replace_log_ins(read, read.log_ins)
    assert not sessions.is_logged_in(session.person_id, session.log_in_id)
    with pytest.raises(UnauthenticatedError):
        sessions.renew_session(session.refresh_token)


def _put(ratings: Sequence[Rating], number: int) -> None:
    put_rating(ratings[number])


def test_the_newest_of_ratings_written_at_once_stays() -> None:
    person_id = PersonId(uuid4().hex)
    for movie_id in range(1, 6):
        ratings = [Rating(person_id, MovieId(movie_id), (n + 1) / 2, 1_000 + n) for n in range(THREADS)]
        at_once(partial(_put, ratings))
    assert [(one.movie_id, one.stars, one.rated_at) for one in ratings_of(person_id)] == [
        (MovieId(movie_id), THREADS / 2, 1_000 + THREADS - 1) for movie_id in range(1, 6)
    ]


def test_many_ratings_at_once_overwrite_none_that_is_newer() -> None:
    person_id = PersonId(uuid4().hex)
    for movie_id in range(1, 451, 10):
        put_rating(Rating(person_id, MovieId(movie_id), 5.0, 2_000))
        put_rating(Rating(person_id, MovieId(movie_id + 1), 5.0, 500))
    many = [Rating(person_id, MovieId(movie_id), 3.0, 1_000) for movie_id in range(1, 451)]
    assert kinds(at_once(lambda _: put_ratings(many, undated={MovieId(2)}))) == {"NoneType": THREADS}
    assert {one.movie_id: (one.stars, one.rated_at) for one in ratings_of(person_id)} == {
        movie_id: (5.0, 2_000) if movie_id % 10 == 1 else (5.0, 500) if movie_id == 2 else (3.0, 1_000)
        for movie_id in range(1, 451)
    }


def test_a_long_list_of_ratings_is_read_whole() -> None:
    person_id = PersonId(uuid4().hex)

    def rate_fifty(number: int) -> None:
        for each in range(50):
            put_rating(Rating(person_id, MovieId(1 + number * 50 + each), 4.0, 1_000))

    at_once(rate_fifty)
    assert [one.movie_id for one in ratings_of(person_id)] == list(range(1, THREADS * 50 + 1))


def test_a_person_has_one_mark_on_a_movie() -> None:
    person_id, movie_id = PersonId(uuid4().hex), MovieId(5)
    put_mark(Mark(person_id, movie_id, MarkKind.WATCHLIST, 1))
    last = Mark(person_id, movie_id, MarkKind.NOT_INTERESTED, 2)
    put_mark(last)
    assert marks_of(person_id) == [last]
    assert mark_of(person_id, movie_id) == last
    delete_mark(person_id, movie_id)
    assert marks_of(person_id) == []


def test_the_templates_own_signing_key_signs() -> None:
    email = f"{uuid4().hex}@example.com"
    account = accounts.create_account("Ada", email, PASSWORD)
    signed_in = accounts.log_in(email, PASSWORD, "192.0.2.1")
    assert read_access_token(signed_in.access_token).person_id == account.person_id
    with pytest.raises(ConflictError):
        accounts.create_account("Eve", email.upper(), PASSWORD)


def test_devices_that_hand_over_at_once_leave_the_newest_of_each() -> None:
    person_id = PersonId(uuid4().hex)

    def keep(device: int) -> None:
        put_ratings([Rating(person_id, MovieId(1 + n), 1 + device / 2, 100 + device) for n in range(6)])
        keep_newest_marks([Mark(person_id, MovieId(1), MarkKind.WATCHLIST, 100 + device)])

    assert at_once(keep) == [None] * THREADS
    newest = THREADS - 1
    assert {(one.stars, one.rated_at) for one in ratings_of(person_id)} == {(1 + newest / 2, 100 + newest)}
    assert [one.marked_at for one in marks_of(person_id)] == [100 + newest]


def test_of_many_uses_of_one_link_one_counts() -> None:
    session = logged_in()
    account = accounts.account_of(session.person_id)
    token = new_link(LinkKind.RESET, account.person_id, account.email).rpartition("=")[2]
    outcomes = at_once(lambda number: recovery.reset_password(token, f"a new password {number}"))
    assert outcomes.count(None) == 1
    assert kinds(outcomes).keys() <= {"NoneType", "LinkExpiredError", "ConflictError"}
    winner = outcomes.index(None)
    assert accounts.log_in(account.email, f"a new password {winner}", "192.0.2.1").account == replace(
        account, email_confirmed=True
    )


def test_no_log_in_by_the_former_password_outlives_its_change() -> None:
    session = logged_in()
    account = accounts.account_of(session.person_id)

    def act(number: int) -> accounts.SignedIn | None:
        if number:
            return accounts.log_in(account.email, PASSWORD, "192.0.2.2")
        for _ in range(50):
            try:
                profile.change_password(account.person_id, session.log_in_id, PASSWORD, "another password")
            except ConflictError:
                continue
            return None
        raise AssertionError("the password could not be changed")

    outcomes = at_once(act)
    assert outcomes[0] is None
    assert [one.log_in_id for one in log_ins_of(account.person_id).log_ins] == [session.log_in_id]


def test_two_people_who_want_one_address_do_not_both_get_it() -> None:
    wanted = f"{uuid4().hex}@example.com"
    tokens = []
    for _ in range(THREADS):
        person_id = logged_in().person_id
        tokens.append(new_link(LinkKind.CONFIRM, person_id, wanted).rpartition("=")[2])
    outcomes = at_once(lambda number: profile.confirm(tokens[number]))
    assert kinds(outcomes) == {"str": 1, "ConflictError": THREADS - 1}
    claim = claim_to(wanted)
    assert claim is not None
    assert accounts.account_of(claim.person_id).email == wanted


def test_who_was_deactivated_after_the_password_was_checked_is_not_let_in() -> None:
    account = accounts.account_of(logged_in().person_id)
    claim = claim_to(account.email)
    assert claim is not None
    set_deactivated(account.person_id, clock.now_ms())
    with pytest.raises(UnauthenticatedError):
        sessions.begin_session(account.person_id, account.email, claim.password_hash, "Firefox on Linux")


def test_ratings_given_while_an_account_is_deleted_do_not_stay() -> None:
    session = logged_in()
    person_id = session.person_id
    put_ratings([Rating(person_id, MovieId(number), 3.0, 1_000) for number in range(1, 1_501)])

    def act(number: int) -> None:
        if number == 0:
            leaving.delete_account(person_id, session.log_in_id, PASSWORD)
        else:
            for each in range(15):
                with writing_for(person_id):
                    put_rating(Rating(person_id, MovieId(number * 5_000 + each), 4.0, 2_000))

    outcomes = at_once(act)
    assert outcomes[0] is None
    assert ratings_of(person_id) == []
    assert all(one is None or isinstance(one, UnauthenticatedError) for one in outcomes)
    assert leaving.finish_interrupted_deletions() == 0


def test_a_deleted_account_cannot_be_entered_at_the_same_moment() -> None:
    session = logged_in()
    account = accounts.account_of(session.person_id)

    def act(number: int) -> None:
        if number == 0:
            leaving.delete_account(account.person_id, session.log_in_id, PASSWORD)
        elif number % 2:
            accounts.log_in(account.email, PASSWORD, "192.0.2.3")
        else:
            sessions.renew_session(session.refresh_token)

    assert at_once(act)[0] is None
    assert [row.pk for row in AccountRow.scan() if account.person_id in str(row.attribute_values)] == []
