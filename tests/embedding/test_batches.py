"""Batches hold texts of one length and every text once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qa.embedding.batches import equal_batches


def test_by_hand() -> None:
    assert equal_batches([3, 9, 3, 3, 20], most=8) == [[4], [1], [0, 2], [3]]
    assert equal_batches([]) == []


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 50))
def test_every_text_is_once_in_a_batch_of_its_length_and_none_is_over_the_budget(lengths: list[int], most: int) -> None:
    batches = equal_batches(lengths, most)
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[position] for position in batch}) == 1
        assert len(batch) == 1 or lengths[batch[0]] * len(batch) <= most
    assert all(lengths[one[0]] >= lengths[other[0]] for one, other in pairwise(batches))
