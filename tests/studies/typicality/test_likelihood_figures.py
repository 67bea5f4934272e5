"""The figures of what likelihood is spent on are drawn from what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.typicality import likelihood_figures as figures

G = torch.Generator().manual_seed(0)
PICTURES = torch.randint(32, (12, 8, 8), generator=G)


def test_every_figure_is_drawn() -> None:
    bits = {name: torch.rand(30, generator=G) + 3 for name in ("PixelCNN", "flow")}
    less = {name: x - 1 for name, x in bits.items()}
    nats = {
        name: 140 + 5 * torch.randn(50, generator=G)
        for name in ("data", "narrow", "wide", "sorted")
    }
    size = {"grass": 100.0, "digits": 40.0, "noise": 160.0}
    needs = {m: {"grass": 3.0, "digits": 2.0, "noise": 6.0} for m in ("a", "b", "c")}
    drawn = [
        figures.likelier(PICTURES, PICTURES, bits, less),
        figures.strangers(nats, torch.randn(100), torch.linspace(-2, 2, 100)),
        figures.sizes(needs, size, dict.fromkeys(needs, -0.9)),
        figures.rows({"a": PICTURES, "b": PICTURES}, low=0, high=31, size=(6, 2)),
        figures.planes({k: k / 8 for k in range(7, -1, -1)}, PICTURES[:2]),
    ]
    for fig in drawn:
        fig.canvas.draw()
    letters = {text.get_text(): text.get_position() for text in drawn[2].axes[0].texts}
    assert letters == {"a": (100, 3), "b": (40, 2), "c": (160, 6)}
    assert figures.marks(size) == {"grass": "a", "digits": "b", "noise": "c"}
    bars = [text.get_text() for text in drawn[4].axes[0].texts]
    assert bars == [f"{k / 8:.2f}" for k in range(7, -1, -1)]
    plt.close("all")
