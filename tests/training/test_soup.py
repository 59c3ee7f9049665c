"""The mean of the weights of several runs, worked out by hand."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from training.soup import mean_weights


def checkpoint(path: Path, examples: int, **average: list[float]) -> Path:
    state = {
        "names": list(average),
        "average": [torch.tensor(values) for values in average.values()],
        "weights": [torch.tensor(values) + 100 for values in average.values()],
        "progress": {"examples": examples},
    }
    torch.save(state, path)
    return path


def test_the_mean_of_two_averages(tmp_path: Path) -> None:
    first, second = checkpoint(tmp_path / "a", 10, table=[1.0, 2.0]), checkpoint(tmp_path / "b", 20, table=[3.0, 8.0])
    means, progress = mean_weights([first, second], "average")
    assert means["table"].tolist() == [2.0, 5.0]
    assert progress == [{"examples": 10}, {"examples": 20}]
    assert mean_weights([first, second], "weights")[0]["table"].tolist() == [102.0, 105.0]


def test_a_folder_counts_as_one_run(tmp_path: Path) -> None:
    one = checkpoint(tmp_path / "a", 10, table=[1.0, 2.0])
    (tmp_path / "shipped").mkdir()
    save_file({"table": torch.tensor([5.0, 0.0])}, tmp_path / "shipped" / "model.safetensors")
    means, progress = mean_weights([one, tmp_path / "shipped"], "average")
    assert means["table"].tolist() == [3.0, 1.0]
    assert progress == [{"examples": 10}, {}]


def test_what_only_one_run_has_is_left_out(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "a", 10, aligner=[7.0], table=[1.0])
    second = checkpoint(tmp_path / "b", 10, table=[3.0])
    assert list(mean_weights([first, second], "average")[0]) == ["table"]
    assert list(mean_weights([second, first], "average")[0]) == ["table"]
