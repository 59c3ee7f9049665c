"""The larger teacher: its table of words, and its scores against the library's own network."""

from pathlib import Path

import pytest
import torch
from training.model import load_reader
from training.teacher import Teacher, mpnet_ids
from transformers import MPNetConfig, MPNetForQuestionAnswering


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Weights of a very small MPNet."""
    torch.manual_seed(3)
    config = MPNetConfig(
        vocab_size=200,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        initializer_range=0.5,
    )
    MPNetForQuestionAnswering(config).save_pretrained(tmp_path)
    return tmp_path


def test_words_move_by_four_and_marks_to_their_own_places() -> None:
    assert mpnet_ids(torch.tensor([[101, 7592, 100, 102, 0]])).tolist() == [[0, 7596, 104, 2, 1]]


def test_scores_are_those_of_the_library_where_there_are_tokens(folder: Path) -> None:
    teacher = load_reader(folder).train(mode=False)
    assert isinstance(teacher, Teacher)
    ids = torch.tensor([[101, 110, 120, 102, 130, 131, 132, 102], [101, 140, 102, 150, 102, 0, 0, 0]])
    mask = (ids != 0).long()
    with torch.inference_mode():
        found = teacher(ids, mask)
        aim = teacher.network(input_ids=mpnet_ids(ids), attention_mask=mask, output_hidden_states=True)
    held = mask.bool()
    assert aim.start_logits[held].std() > 0.1
    torch.testing.assert_close(found.start_logits[held], aim.start_logits[held])
    torch.testing.assert_close(found.end_logits[held], aim.end_logits[held])
    torch.testing.assert_close(found.states[held], aim.hidden_states[-1][held])


def test_all_but_the_position_biases_learn(folder: Path) -> None:
    teacher = load_reader(folder)
    ids = torch.tensor([[101, 110, 102, 130, 102]])
    scores = teacher(ids, torch.ones_like(ids))
    torch.autograd.backward((scores.start_logits * scores.end_logits).sum())
    without = [name for name, weight in teacher.named_parameters() if weight.grad is None]
    assert without == ["network.mpnet.encoder.relative_attention_bias.weight"]
