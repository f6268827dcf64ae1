"""The journal's promise: what was appended is read back, up to where the file was cut."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal import DamagedStateError, Journal, Outcome

values = st.one_of(
    st.builds(lambda text: {"S": text}, st.text()),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
)
items: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.text(min_size=1), values, max_size=3)
writes = st.tuples(
    st.sampled_from(["ratings", "marks"]), items.map(lambda item: {"PutRequest": {"Item": item}})
)
outcomes = st.lists(
    st.builds(Outcome, st.just(("test", "us-east-1")), st.lists(writes, max_size=3)), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(first=outcomes, second=outcomes, cut=st.integers(min_value=0, max_value=10_000))
def test_a_cut_journal_gives_back_a_beginning_and_takes_more(
    first: list[Outcome], second: list[Outcome], cut: int
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        journal = Journal(folder)
        for outcome in first:
            journal.append(outcome)
        journal.close()
        (segment,) = journal.segments()
        whole = segment.read_bytes()
        segment.write_bytes(whole[: max(0, len(whole) - cut)])

        again = Journal(folder)
        kept = list(again.outcomes())
        assert kept == first[: len(kept)]
        assert len(kept) == len(first) or cut > 0
        for outcome in second:
            again.append(outcome)
        assert list(again.outcomes()) == kept + second
        again.close()


def outcome(person: str) -> Outcome:
    return Outcome(("test", "us-east-1"), [("ratings", {"PutRequest": {"Item": {"user_id": {"S": person}}}})])


def test_segments_that_a_snapshot_holds_are_dropped_and_the_others_kept_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(outcome("ada"))
    ended = journal.rotate()
    journal.append(outcome("bob"))
    assert list(journal.outcomes()) == [outcome("ada"), outcome("bob")]
    journal.drop(ended)
    assert list(journal.outcomes()) == [outcome("bob")]
    assert journal.size == sum(segment.stat().st_size for segment in journal.segments())
    journal.close()
    again = Journal(tmp_path)
    assert again.size == journal.size
    assert list(again.outcomes()) == [outcome("bob")]
    again.close()


def test_a_flipped_bit_ends_the_journal_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(outcome("ada"))
    middle = journal.size
    journal.append(outcome("bob"))
    journal.close()
    (segment,) = journal.segments()
    content = bytearray(segment.read_bytes())
    content[middle + 20] ^= 1
    segment.write_bytes(content)
    assert list(Journal(tmp_path).outcomes()) == [outcome("ada")]


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    stranger = tmp_path / "00000001.journal"
    stranger.write_bytes(b"something else entirely")
    with pytest.raises(DamagedStateError, match="is not a journal"):
        Journal(tmp_path)
    assert stranger.read_bytes() == b"something else entirely"
