"""The figures of decoding text are drawn from what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.typicality import decoding_figures as figures
from gendiff.studies.typicality.known_chain import tenths
from gendiff.studies.typicality.likelihood_trap import CENTRES, Trap

G = torch.Generator().manual_seed(0)


def test_every_figure_is_drawn() -> None:
    names = ["log-probability", "worth", "BLEU", "empty"]
    found = dict.fromkeys(names, (0.1, 0.3, 0.2))
    truth = torch.rand(200, generator=G, dtype=torch.float64)
    errors = torch.rand(3, 10, generator=G)
    texts = {*figures.CLOUDS, *figures.LINES}
    values = {name: torch.rand(30, generator=G) for name in texts}
    ones = torch.ones(4, len(CENTRES), dtype=torch.float64)
    trap = Trap(ones, 0.3 * ones, ones)
    draws = [torch.arange(4)] * 3
    bits = {"2-gram": values["own"], "network": values["greedy"]}
    drawn = [
        figures.beams([1, 2], found),
        figures.reliability(tenths(truth, truth), errors, errors[0]),
        figures.repetition(values, values, values, 2.0),
        figures.trap(trap, trap, draws, (-0.5, 0.5), (0.25, 0.75)),
        figures.prices(bits, ("k", "b")),
        figures.tunes({"events": [(3, 2), (1, 4)], "grid": [(2, 8)]}),
    ]
    for fig in drawn:
        fig.canvas.draw()
    beams, _, repetition, _, prices, tunes = drawn
    assert [t.get_text() for t in beams.axes[0].get_xticklabels()] == ["1", "", "all"]
    assert len(beams.axes[1].get_lines()) == 3
    assert len(repetition.axes[0].collections) == 4
    assert [t.get_text() for t in prices.axes[0].texts] == list(bits)
    bars = [bar.get_extents().x0 for bar in tunes.axes[0].patches]
    assert len(bars) == 2
    assert bars[0] < bars[1]
    plt.close("all")
