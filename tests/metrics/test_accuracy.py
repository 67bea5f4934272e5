"""Accuracy against a count by hand."""

from importlib import import_module

import pytest
import torch

from gendiff.metrics import accuracy


def test_accuracy_by_hand_and_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("gendiff.metrics.accuracy"), "_BATCH", 7)
    images = torch.eye(4).repeat(5, 1)
    labels = torch.arange(4).repeat(5)
    labels[:5] = (labels[:5] + 1) % 4
    found = accuracy(lambda x: 3 * x, images, labels)
    assert found.value == 15 / 20
    assert (found.n, found.of) == (20, "images")
