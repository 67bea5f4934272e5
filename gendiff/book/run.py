"""A run of a chapter: the one object through which a notebook speaks.

`start` fixes what must not differ between readers and machines: threads, style, seeds.
The `Run` hands out sizes by preset and generators by purpose, and takes what the
chapter has found: claims, figures, numbers. All it returns or records is a function of
chapter, preset, seed and overrides.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Literal, ParamSpec, TypeVar, get_args

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.book import (
    blocks,
    claims,
    figures,
    memo,
    networks,
    player,
    progress,
    show as display,
    sound,
)
from gendiff.book.overrides import Sizes, named, of_model, of_page
from gendiff.drawing import style
from gendiff.training import Plan
from gendiff.types import Batches, Loss

Preset = Literal["smoke", "cpu", "gpu"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
TINY = (
    f"<p><strong>A tiny run.</strong> Preset smoke: {display.TINY}; preset cpu makes "
    "those.</p>"
)
P = ParamSpec("P")
T = TypeVar("T")
N = TypeVar("N", bound=torch.nn.Module)


def start(
    chapter: str,
    *,
    preset: str = "smoke",
    seed: int = 0,
    overrides: Mapping[str, Any] = {},
) -> "Run":
    """Begin a chapter: check its parameters, fix threads, style and global seed.

    Raises:
        ValueError: If the preset is unknown, the seed is no whole number from 0, or the
            overrides are no sizes by name.
    """
    if preset not in PRESETS:
        raise ValueError(
            f"preset {preset!r} is unknown; choose 'smoke' (seconds, for tests), 'cpu' "
            "(minutes, the book) or 'gpu' (one accelerator)"
        )
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed {seed!r}; the root seed is a whole number from 0")
    changed = named(overrides)
    if preset != "gpu":
        torch.set_num_threads(1)  # sums in another order differ in the last digits
    if device(preset).type == "cpu":
        # Training takes any accelerator it sees, and provenance would say "cpu".
        os.environ["ACCELERATE_USE_CPU"] = "true"
    torch.manual_seed(seed)
    style.apply()
    display.aside(f"<style>{player.asset('blocks.css')}</style>", "style")
    if preset == "smoke":
        display.aside(TINY, "tiny")
    return Run(chapter, preset, seed, changed)


@dataclass(frozen=True)
class Run:
    """What a chapter knows of the run it is in, and how it reports."""

    chapter: str
    preset: Preset
    seed: int
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Sizes that are others than the preset's: see `gendiff.book.overrides`."""

    def __identity__(self) -> tuple[Any, ...]:
        """Return what a memo's key shall know of the run: not how it reports.

        Sizes of the page itself enter where a function names them; those of shared
        models are behind a call that only names the run.
        """
        behind = {name: new for name, new in self.overrides.items() if "." in name}
        return self.preset, self.seed, *([behind] if behind else [])

    @property
    def device(self) -> torch.device:
        """Where this run computes: see `gendiff.book.run.device`."""
        return device(self.preset)

    def at(self, seed: int, /) -> "Run":
        """Return this run under another root seed, for what is the same under all."""
        return replace(self, seed=seed)

    def choose(
        self,
        *,
        smoke: Mapping[str, Any],
        cpu: Mapping[str, Any],
        gpu: Mapping[str, Any],
    ) -> SimpleNamespace:
        """Return the sizes of this preset, with the run's overrides.

        A page has one such table: an override that is neither in it, nor a size of a
        shared model that the page imports, is refused.

        Raises:
            ValueError: If the three do not name the same sizes, or an override is
                unknown or of another type.
        """
        table = {"smoke": smoke, "cpu": cpu, "gpu": gpu}
        return of_page(table, self.preset, self.overrides)

    def sizes(self, module: str, table: Mapping[str, Sizes], /) -> Sizes:
        """Return this preset's sizes of a shared model, with the run's overrides.

        Args:
            module: What the model's overrides begin with: `digits` of `digits.updates`.
            table: The sizes of each preset.

        Raises:
            ValueError: If an override is unknown or of another type.
        """
        return of_model(module, table[self.preset], self.overrides)

    def generator(self, purpose: str, /) -> torch.Generator:
        """Return a fresh CPU generator, the same whenever the purpose is the same."""
        return torch.Generator().manual_seed(derived(self.seed, purpose))

    def rng(self, purpose: str, /) -> np.random.Generator:
        """Return a fresh numpy generator, the same whenever the purpose is the same."""
        return np.random.default_rng(derived(self.seed, purpose))

    def memo(self, function: Callable[P, T], /) -> Callable[P, T]:
        """Keep what `function` returns between runs: see `gendiff.book.memo`."""
        return memo.memo(function, within=(self.preset, self.seed, self.device.type))

    def trained(
        self,
        build: Callable[[], N],
        loss: Loss,
        batches: Batches,
        plan: Plan,
        /,
        *,
        label: str = "training",
    ) -> N:
        """Train a network, once: what comes back is frozen, on the run's device.

        Two networks of a run start from other weights, and see other batches, if their
        plans have other seeds.

        Args:
            build: Returns a fresh network; it is called under a seed of its own.
            loss: Of each sample of a batch, as `gendiff.training.loop` takes it.
            batches: Draws a batch.
            plan: How long and how fast; its seed counts networks, from 0.
            label: What is trained, for whoever watches.

        Raises:
            ValueError: If something that the training depends on cannot enter a key.
        """
        seed = derived(self.seed, f"trained/{plan.seed}")
        return networks.trained(
            build, loss, batches, plan, seed=seed, device=self.device, label=label
        )

    def fitted(
        self,
        build: Callable[[], N],
        fit: Callable[[N], torch.nn.Module],
        /,
        *,
        number: int = 0,
        label: str = "training",
    ) -> N:
        """Return what `fit` makes of a fresh network, as `trained` does of a plan.

        Networks of other numbers start from other weights.

        Raises:
            ValueError: If something that `fit` depends on cannot enter a key.
        """
        seed = derived(self.seed, f"fitted/{number}")
        return networks.fitted(build, fit, seed=seed, device=self.device, label=label)

    def progress(
        self, items: Iterable[T], /, label: str = "", *, total: int | None = None
    ) -> Iterator[T]:
        """Yield the items, with a bar where somebody watches."""
        return progress.progress(items, label, total=total)

    def claim(
        self,
        name: str,
        /,
        measured: claims.Given,
        *,
        controls: Mapping[str, claims.Given] | None = None,
        cost: Mapping[str, Mapping[str, float]] | None = None,
        doubled: claims.Given | None = None,
    ) -> None:
        """Show and record what was measured for a claim: see `gendiff.book.claims`.

        Args:
            name: The claim's id.
            measured: Every quantity that its row in the ledger asks for, and others.
            controls: By name, the same quantities where the claim should not hold.
            cost: What each side of a comparison spent, as network calls or training.
            doubled: The quantities once more with twice the network calls.

        Raises:
            ValueError: If the ledger asks for something else, a number is not finite,
                or a control could not have come out otherwise.
        """
        claims.publish(
            claims.measured(
                name,
                measured,
                controls=controls,
                cost=cost,
                doubled=doubled,
                decides=self.preset != "smoke",
            )
        )

    def figure(
        self,
        fig: Figure,
        /,
        *,
        alt: str,
        caption: str,
        name: str,
        ids: Sequence[str] = (),
    ) -> None:
        """Show a figure with its words: see `gendiff.book.figures`."""
        figures.figure(fig, alt=alt, caption=caption, name=name, ids=ids)

    def animation(
        self,
        frames: Sequence[Any],
        /,
        *,
        labels: Sequence[str],
        alt: str,
        caption: str,
        name: str,
        seconds: float = 6.0,
        autoplay: bool = True,
        zoom: int | None = None,
        poster: int | None = None,
        ids: Sequence[str] = (),
    ) -> None:
        """Show frames in a player: see `gendiff.book.player`."""
        player.animation(
            frames,
            labels=labels,
            alt=alt,
            caption=caption,
            name=name,
            seconds=seconds,
            autoplay=autoplay,
            zoom=zoom,
            poster=poster,
            ids=ids,
        )

    def sounds(
        self,
        waves: Mapping[str, Tensor],
        /,
        *,
        rate: int,
        alt: str,
        caption: str,
        name: str,
        ids: Sequence[str] = (),
    ) -> None:
        """Let the reader hear sounds, and see their envelopes: `gendiff.book.sound`."""
        sound.sounds(waves, rate=rate, alt=alt, caption=caption, name=name, ids=ids)

    def series(self, name: str, values: Mapping[str, Sequence[float]], /) -> None:
        """Record named sequences of numbers, to compare between runs and presets."""
        blocks.series(name, values)

    def prose(self, values: Mapping[str, object], /) -> None:
        """Record what the expressions in the prose came to: `gendiff.book.prose`."""
        blocks.prose(values)

    def says(self, condition: object, sentence: str, /) -> str:
        """Return a sentence that is true only if the run says so.

        Where it isn't, the run that is published fails, and any other records it.
        """
        return blocks.says(condition, sentence)

    def source(self, thing: Callable[..., Any] | type, /) -> None:
        """Show the code of a function, method or class of the library."""
        blocks.source(thing)

    def table(
        self, rows: Sequence[Sequence[Any]], /, *, header: Sequence[str], caption: str
    ) -> None:
        """Show a table; numbers that are given as text keep the digits they have."""
        blocks.table(rows, header=header, caption=caption)


def device(preset: Preset, /) -> torch.device:
    """Return the device that `GENDIFF_DEVICE` names.

    Without it, that is the CPU, and for the gpu preset the best there is.
    """
    named = os.environ.get("GENDIFF_DEVICE") or ("auto" if preset == "gpu" else "cpu")
    if named != "auto":
        return torch.device(named)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def derived(seed: int, purpose: str, /) -> int:
    """Return the seed of a purpose: independent streams from one root.

    >>> derived(0, "noise") == derived(0, "noise") != derived(1, "noise")
    True
    """
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
