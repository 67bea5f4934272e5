"""A setting is beaten by more recall at no less precision."""

from gendiff.studies.guidance.trade import Trade, beaten


def test_more_recall_at_the_same_precision_beats() -> None:
    assert beaten([Trade(0.5, 0.2)], [Trade(0.5, 0.3)]) == [Trade(0.5, 0.2)]


def test_more_precision_alone_does_not() -> None:
    assert beaten([Trade(0.5, 0.2)], [Trade(0.9, 0.2)]) == []


def test_more_recall_at_less_precision_does_not() -> None:
    assert beaten([Trade(0.5, 0.2), Trade(0.3, 0.1)], [Trade(0.4, 0.9)]) == [
        Trade(0.3, 0.1)
    ]
