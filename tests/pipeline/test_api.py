"""The listing of the library, made from sources alone."""

from pathlib import Path

from gendiff.book.api import listing

SOURCE = '''"""What *this* module costs: $1.

More about it.
"""


def open_one(x: "Float[Tensor, 'b']", /, *, scale: float = 1.0) -> int:
    """Return `x ** 2` | more."""


class Thing:
    """A thing."""

    size: int
    hidden_by_default: float = 2.0
    _private: int = 0

    def act(self, other: int) -> None:
        """Do it."""

    def _secret(self) -> None:
        """Never shown."""
'''


def test_the_listing_has_names_arguments_and_first_sentences(tmp_path: Path) -> None:
    (tmp_path / "gendiff" / "book").mkdir(parents=True)
    (tmp_path / "gendiff" / "part.py").write_text(SOURCE)
    (tmp_path / "gendiff" / "book" / "inner.py").write_text(SOURCE)
    text = listing(tmp_path)
    assert text.count("## `gendiff.part`") == 1
    assert "gendiff.book" not in text
    assert "What \\*this\\* module costs: \\$1." in text
    assert "More about it" not in text
    assert "`open_one(x, /, *, scale=1.0)`\n: Return `x ** 2` \\| more." in text
    assert "`Thing(size, hidden_by_default=2.0)`\n: A thing." in text
    assert "`Thing.act(other)`\n: Do it." in text
    assert "secret" not in text
