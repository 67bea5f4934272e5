"""Every public class and factory of the library, made twice with different arguments.

`TABLE` says how: by `module.name`, two functions without arguments that make one and
another, and what is asked of the object (nothing: it is compared part by part).
`missing` lists what the library has and this table hasn't. Run with `runpy`.
"""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import gendiff
from gendiff import (
    calibration,
    clocks,
    elbo,
    estimate,
    frames,
    guidance,
    interpolants,
    levels,
    noise,
    objectives,
    precondition,
    record,
    types,
)
from gendiff.applied import Applied
from gendiff.audio import synthesiser, wavenet
from gendiff.data import (
    Variation,
    batches,
    coloured_glyphs,
    glyphs,
    images,
    photographs,
    shapes,
    text,
    toys,
)
from gendiff.data.digits import Digits
from gendiff.data.fetch import Remote
from gendiff.discrete import (
    embedded as embedded_exactly,
    hidden_markov as hidden,
    joint,
    markov_types as by_types,
    sources,
)
from gendiff.distillation import drifting, moments, paths, semigroup, two_levels
from gendiff.exact import (
    Empirical,
    Field,
    Gaussian,
    GaussianMixture,
    Isotropic,
    QuantileFlow,
)
from gendiff.exact.interpolated import Interpolated
from gendiff.families import (
    autoencoders,
    cnf,
    flow,
    gan,
    gsn,
    heat,
    image_gan,
    pixelcnn,
    rbm,
    stacked,
    vae,
    vq,
    walkback,
)
from gendiff.families.image_gan import Critic, Painter
from gendiff.guidance import classifier as classifier_guidance
from gendiff.metrics import judges, modes, ngrams
from gendiff.metrics.floor import Floor
from gendiff.nets import (
    autoencoder,
    banded,
    classifier,
    interface,
    layers,
    mlp,
    transformer,
    unet,
)
from gendiff.solvers import Recurrent, euler, heun
from gendiff.tokens import (
    autoregressive,
    blocks,
    counts,
    decoding,
    edits,
    embedded,
    guidance as token_guidance,
    jumps,
    masked,
    reader,
    sampling,
    search,
    uniform,
    unrolled,
)
from gendiff.training import ema, loop as train, plan
from gendiff.typicality import annulus, detection, mirage, sampled

Make = Callable[[], object]
Use = Callable[[Any], object]


def seed(value: int) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=seed(9), dtype=torch.float64)


def isotropic(std: float = 0.5) -> Isotropic:
    return Isotropic(torch.zeros(2, dtype=torch.float64), std)


def on_a_line(std: float) -> GaussianMixture:
    return GaussianMixture.isotropic(HALVES, normal(2, 1), std)


def bytes_of(*values: int) -> Tensor:
    return torch.tensor(values, dtype=torch.uint8)


HALVES = torch.tensor([0.5, 0.5], dtype=torch.float64)
DISTRIBUTIONS = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64)
OTHERS = torch.tensor([[0.5, 0.5], [0.25, 0.75]], dtype=torch.float64)
TINY = partial(mlp.MLP, 2, 8, 1)
TEXTS = torch.arange(14).reshape(2, 7)
PAIRS = paths.pairs(levels.log_normal(0.0, 1.0), equal=0.5)
SHORTCUT = partial(semigroup.shortcut, weight=objectives.clean_weight)
JOINT = joint.independent(DISTRIBUTIONS)
WRITER = sampling.uncached(torch.exp)


def judge(std: float = 0.5) -> classifier_guidance.Labelled:
    # A denoiser of two dimensions passes for the logits of two classes.
    return classifier_guidance.Labelled(isotropic(std), torch.tensor([0, 1, 1, 0]))


# What is asked of an object, to tell whether a copy does the same


def denoised(f: Any) -> object:
    return f(normal(4, 2), torch.tensor(0.7, dtype=torch.float64))


def carried(f: Any) -> object:
    return f(normal(4, 1), torch.tensor(0.7).double(), torch.tensor(0.1).double())


def jumped(f: Any) -> object:
    return f(normal(4, 2), torch.tensor(0.7).double(), torch.tensor(0.1).double())


def jumped_singly(f: Any) -> object:
    return f(normal(4, 2).float(), torch.tensor(0.7), torch.tensor(0.1))


def lost_between(f: Any) -> object:
    return f(two_levels.OneLevel(isotropic()), (normal(6, 2),), seed(3))


def lost_at_once(f: Any) -> object:
    return f(torch.sin, (normal(6, 2),), seed(3))


def lost_heat(f: Any) -> object:
    return f(lambda x, log_blur: x.sin(), (normal(6, 1, 4, 4),), seed(3))


def moving(f: Any) -> object:
    return f.velocity(normal(4, 1), torch.tensor(0.7).double())


def mixed(f: Any) -> object:
    start, end, z = normal(3, 4, 2)
    return f.state(start, end, z, torch.tensor(0.7).double())


def denoised_singly(f: Any) -> object:
    return f(normal(4, 2).float(), torch.tensor(0.7))


def drawn(f: Any) -> object:
    return f(5, seed(1))


def at_levels(f: Any) -> object:
    return f(torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64))


def shaken(f: Any) -> object:
    return f(torch.zeros(2, 3))


def batch(f: Any) -> object:
    return f(seed(2))


def lost(f: Any) -> object:
    return f(isotropic(), (normal(6, 2),), seed(3))


def stepped(f: Any) -> object:
    return [f(step) for step in (1, 7, 500)]


def counted(order: int) -> counts.Counts:
    stream = bytes_of(0, 1, 2, 1, 0, 2, 2, 1)
    return counts.fit([stream], vocabulary=3, contexts=counts.before(order))


def small_writer() -> autoregressive.Autoregressive:
    return autoregressive.Autoregressive(3, width=4, depth=1, heads=2)


def embedding_model(low: float = 0.1) -> embedded.Embedded:
    net = reader.Reader(3, width=4, depth=1, heads=2, dimensions=2, levels=2)
    return embedded.Embedded(net, normal(3, 2), levels.Warped(clocks.LOG, low, 9.0))


def reading(f: Any) -> object:
    return f(torch.tensor([[0, 1, 3]]), ())[0]


def shaped(f: Any) -> object:
    return f(normal(2, 5))


def read_weights(f: Any) -> object:
    return torch.tensor(f.weights)


def read(f: Any) -> object:
    return f.forward(normal(3).abs()), f.rate(normal(3).abs())


def shift(f: Any) -> object:
    return f.scale(normal(3).abs()), f.clock.forward(normal(3).abs())


def corrupted(f: Any) -> object:
    return f(normal(4, 2), seed(3))


Entry = tuple[Make, Make] | tuple[Make, Make, Use]

TABLE: dict[str, Entry] = {
    # The core
    "applied.Applied": (
        lambda: Applied(torch.mul, 2.0, other=3.0),
        lambda: Applied(torch.mul, 2.0, other=4.0),
    ),
    "precondition.NoisyClassifier": (
        lambda: precondition.NoisyClassifier(TINY(), data_std=0.5),
        lambda: precondition.NoisyClassifier(TINY(), data_std=0.6),
        denoised_singly,
    ),
    "guidance.classifier.Labelled": (judge, lambda: judge(2.0), denoised),
    "guidance.classifier.ClassifierGuidance": (
        lambda: classifier_guidance.ClassifierGuidance(isotropic(), judge(), 2.0),
        lambda: classifier_guidance.ClassifierGuidance(isotropic(), judge(), 3.0),
        denoised,
    ),
    "guidance.classifier.UniversalGuidance": (
        lambda: classifier_guidance.UniversalGuidance(isotropic(), judge(), 2.0),
        lambda: classifier_guidance.UniversalGuidance(isotropic(0.6), judge(), 2.0),
        denoised,
    ),
    "guidance.classifier.BackwardGuidance": (
        lambda: classifier_guidance.BackwardGuidance(isotropic(), judge(), 2, 0.1),
        lambda: classifier_guidance.BackwardGuidance(isotropic(), judge(), 3, 0.1),
        denoised,
    ),
    "solvers.recurrent.Recurrent": (
        lambda: Recurrent(euler, 2, noise.silent),
        lambda: Recurrent(heun, 2, noise.silent),
    ),
    "training.ema.Exponential": (
        lambda: ema.Exponential(0.9),
        lambda: ema.Exponential(0.8),
        stepped,
    ),
    "training.ema.Power": (lambda: ema.Power(0.1), lambda: ema.Power(0.2), stepped),
    "training.ema.Average": (
        lambda: ema.Average(TINY()),
        lambda: ema.Average(mlp.MLP(2, 4, 1)),
    ),
    "training.ema.Snapshot": (
        lambda: ema.Snapshot(ema.Power(0.1), 5, {"w": normal(2)}),
        lambda: ema.Snapshot(ema.Power(0.1), 6, {"w": normal(2)}),
    ),
    "clocks.Clock": (
        lambda: clocks.FLOW_TIME,
        lambda: clocks.FLOW_TIME.scaled(2.0),
        read,
    ),
    "calibration.Calibration": (
        lambda: calibration.Calibration((1.0, 0.5), ((1.0, 0.2), (1.0, 0.1))),
        lambda: calibration.Calibration((1.0, 0.5), ((1.0, 0.2), (1.0, 0.3))),
        read_weights,
    ),
    "clocks.power": (lambda: clocks.power(7.0), lambda: clocks.power(5.0), read),
    "elbo.Bound": (
        lambda: elbo.Bound(normal(3), normal(2, 3), 1.0),
        lambda: elbo.Bound(normal(3), normal(2, 3), 2.0),
    ),
    "interpolants.Interpolant": (
        lambda: interpolants.Interpolant(torch.cos, torch.sin, torch.zeros_like),
        lambda: interpolants.Interpolant(torch.cos, torch.sin, torch.square),
        mixed,
    ),
    "interpolants.bridge": (
        lambda: interpolants.bridge(0.5),
        lambda: interpolants.bridge(0.6),
        mixed,
    ),
    "distillation.drifting.Drifting": (
        lambda: drifting.Drifting(0.5),
        lambda: drifting.Drifting(0.6),
        lost_at_once,
    ),
    "distillation.moments.laplace": (
        lambda: moments.laplace(0.5),
        lambda: moments.laplace(0.6),
        at_levels,
    ),
    "distillation.paths.AlongPath": (
        lambda: paths.AlongPath(SHORTCUT, PAIRS),
        lambda: paths.AlongPath(SHORTCUT, paths.neighbours([2.0, 1.0])),
        lost_between,
    ),
    "distillation.paths.pairs": (
        lambda: PAIRS,
        lambda: paths.pairs(levels.log_normal(0.0, 1.0), equal=0.6),
        drawn,
    ),
    "distillation.paths.neighbours": (
        lambda: paths.neighbours([2.0, 1.0, 0.5]),
        lambda: paths.neighbours([2.0, 1.0, 0.4]),
        drawn,
    ),
    "distillation.paths.landing": (
        lambda: paths.landing(PAIRS),
        lambda: paths.landing(paths.neighbours([2.0, 1.0])),
        drawn,
    ),
    "distillation.paths.nearer": (
        lambda: paths.nearer(PAIRS, keep=0.5),
        lambda: paths.nearer(PAIRS, keep=0.6),
        drawn,
    ),
    "distillation.paths.grouped": (
        lambda: paths.grouped(PAIRS, particles=5),
        lambda: paths.grouped(PAIRS, particles=1),
        drawn,
    ),
    "distillation.two_levels.Jump": (
        lambda: two_levels.Jump(two_levels.OneLevel(isotropic())),
        lambda: two_levels.Jump(two_levels.OneLevel(isotropic(0.6))),
        jumped,
    ),
    "distillation.two_levels.OneLevel": (
        lambda: two_levels.OneLevel(isotropic()),
        lambda: two_levels.OneLevel(isotropic(0.6)),
        jumped,
    ),
    "distillation.two_levels.TwoLevel": (
        lambda: two_levels.TwoLevel(mlp.MLP(3, 8, 1, out=2), data_std=0.5),
        lambda: two_levels.TwoLevel(mlp.MLP(3, 8, 1, out=2), data_std=0.6),
        jumped_singly,
    ),
    "frames.Frame": (lambda: frames.FLOW, lambda: frames.DATA, shift),
    "frames.angle": (lambda: frames.angle(0.5), lambda: frames.angle(0.6), shift),
    "guidance.contrast.Given": (
        lambda: guidance.Given(isotropic()),
        lambda: guidance.Given(isotropic(0.6)),
        denoised,
    ),
    "guidance.contrast.Contrast": (
        lambda: guidance.Contrast(isotropic(), isotropic(0.6), 2.0),
        lambda: guidance.Contrast(isotropic(), isotropic(0.6), 3.0),
        denoised,
    ),
    "guidance.contrast.Interval": (
        lambda: guidance.Interval(isotropic(), isotropic(0.6), 0.1, 0.5),
        lambda: guidance.Interval(isotropic(), isotropic(0.6), 0.1, 0.9),
        denoised,
    ),
    "guidance.contrast.Composed": (
        lambda: guidance.Composed(isotropic(), [(isotropic(0.6), 2.0)]),
        lambda: guidance.Composed(isotropic(), [(isotropic(0.6), 3.0)]),
        denoised,
    ),
    "guidance.repairs.Thresholded": (
        lambda: guidance.Thresholded(isotropic(), 0.3),
        lambda: guidance.Thresholded(isotropic(), 0.4),
        denoised,
    ),
    "guidance.repairs.Rescaled": (
        lambda: guidance.Rescaled(guidance.Contrast(isotropic(), isotropic(0.6), 2.0)),
        lambda: guidance.Rescaled(
            guidance.Contrast(isotropic(), isotropic(0.6), 2.0), 0.5
        ),
        denoised,
    ),
    "guidance.repairs.Projected": (
        lambda: guidance.Projected(guidance.Contrast(isotropic(), isotropic(0.6), 2.0)),
        lambda: guidance.Projected(
            guidance.Contrast(isotropic(), isotropic(0.6), 2.0), radius=0.1
        ),
        denoised,
    ),
    "guidance.contrast.Tempered": (
        lambda: guidance.Tempered(isotropic(), 2.0),
        lambda: guidance.Tempered(isotropic(), 3.0),
        denoised,
    ),
    "levels.Density": (
        lambda: levels.Density(torch.exp, torch.log),
        lambda: levels.Density(torch.exp, torch.sin),
        drawn,
    ),
    "levels.log_normal": (
        lambda: levels.log_normal(-1.0, 1.2),
        lambda: levels.log_normal(-1.0, 1.3),
        drawn,
    ),
    "levels.logit_normal": (
        lambda: levels.logit_normal(0.0, 1.0),
        lambda: levels.logit_normal(0.0, 1.0, shift=2.0),
        drawn,
    ),
    "levels.uniform": (
        lambda: levels.uniform(clocks.LOG, 0.1, 1.0),
        lambda: levels.uniform(clocks.FLOW_TIME.scaled(2.0), 0.1, 1.0),
        drawn,
    ),
    "levels.among": (
        lambda: levels.among([0.1, 1.0]),
        lambda: levels.among([0.1, 2.0]),
        drawn,
    ),
    "levels.rising": (
        lambda: levels.rising(clocks.LOG, normal(3).exp().cumsum(0), normal(3).abs()),
        lambda: levels.rising(clocks.SIGMA, normal(3).exp().cumsum(0), normal(3).abs()),
        drawn,
    ),
    "levels.Warped": (
        lambda: levels.Warped(clocks.LOG, 0.1, 1.0),
        lambda: levels.Warped(clocks.LOG, 0.1, 2.0),
        lambda f: drawn(f.density()),
    ),
    "levels.stratified": (
        lambda: levels.stratified(levels.log_normal(0.0, 1.0)),
        lambda: levels.stratified(levels.log_normal(0.0, 2.0)),
        drawn,
    ),
    "estimate.Estimate": (
        lambda: estimate.Estimate(normal(2), normal(2).abs(), 3, "draws"),
        lambda: estimate.Estimate(normal(3), normal(3).abs(), 3, "draws"),
    ),
    "noise.seeded": (
        lambda: noise.seeded(seed(0)),
        lambda: noise.seeded(seed(1)),
        shaken,
    ),
    "objectives.Objective": (
        lambda: objectives.Objective(levels.among([0.5]), objectives.edm_weight(0.5)),
        lambda: objectives.Objective(levels.among([0.5]), objectives.edm_weight(0.1)),
        lost,
    ),
    "objectives.edm_weight": (
        lambda: objectives.edm_weight(0.5),
        lambda: objectives.edm_weight(0.1),
        at_levels,
    ),
    "objectives.target_weight": (
        lambda: objectives.target_weight(frames.angle(0.5)),
        lambda: objectives.target_weight(frames.angle(0.1)),
        at_levels,
    ),
    "objectives.likelihood_weight": (
        lambda: objectives.likelihood_weight(levels.uniform(clocks.LOG, 0.1, 9.0)),
        lambda: objectives.likelihood_weight(levels.uniform(clocks.LOG, 0.1, 8.0)),
        at_levels,
    ),
    "training.plan.Plan": (
        lambda: plan.Plan(steps=5),
        lambda: plan.Plan(steps=5, decay=Applied(min, 1.0)),
    ),
    "precondition.Preconditioned": (
        lambda: precondition.Preconditioned(TINY(), data_std=0.5),
        lambda: precondition.Preconditioned(TINY(), data_std=0.5, frame=frames.FLOW),
        denoised_singly,
    ),
    "record.Counted": (
        lambda: record.Counted(isotropic()),
        lambda: record.Counted(isotropic(0.6)),
        denoised,
    ),
    "record.Trajectory": (
        lambda: record.Trajectory(normal(3, 2, 2), normal(3, 2, 2), normal(3)),
        lambda: record.Trajectory(normal(4, 2, 2), normal(4, 2, 2), normal(4)),
    ),
    "training.loop.Progress": (
        lambda: train.Progress(1, normal(2), 0.1, 1.0, 0.5, TINY()),
        lambda: train.Progress(2, normal(2), 0.1, 1.0, 0.5, TINY()),
    ),
    "types.Step": (
        lambda: types.Step(normal(2, 2), normal(2, 2), 0.5),
        lambda: types.Step(normal(2, 2), normal(2, 2), 0.6),
    ),
    # Sound
    "audio.synthesiser.Note": (
        lambda: synthesiser.Note(0.0, 1.0, 60.0),
        lambda: synthesiser.Note(0.0, 1.0, 61.0),
    ),
    "audio.wavenet.Gated": (
        lambda: wavenet.Gated(4, 4, dilation=1),
        lambda: wavenet.Gated(4, 4, dilation=2),
    ),
    "audio.wavenet.WaveNet": (
        lambda: wavenet.WaveNet(4, dilations=(1, 2), width=4, skip=4),
        lambda: wavenet.WaveNet(4, dilations=(1, 3), width=4, skip=4),
    ),
    # Data
    "data.batches.shuffled": (
        lambda: batches.shuffled(normal(5, 2), size=3),
        lambda: batches.shuffled(2 * normal(5, 2), size=3),
        batch,
    ),
    "data.batches.stream": (
        lambda: batches.stream(levels.among([1.0]), size=3),
        lambda: batches.stream(levels.among([2.0]), size=3),
        batch,
    ),
    "data.batches.dropped": (
        lambda: batches.dropped(
            batches.shuffled(normal(5, 2), torch.arange(5), size=3), rate=0.5, unknown=9
        ),
        lambda: batches.dropped(
            batches.shuffled(normal(5, 2), torch.arange(5), size=3), rate=0.6, unknown=9
        ),
        batch,
    ),
    "data.digits.Digits": (
        lambda: Digits(torch.zeros(1, 1, 8, 8), torch.zeros(1).long()),
        lambda: Digits(torch.ones(1, 1, 8, 8), torch.zeros(1).long()),
    ),
    "data.fetch.Remote": (
        lambda: Remote("a", "sha256:0", ("https://a",)),
        lambda: Remote("a", "sha256:1", ("https://a",)),
    ),
    "data.glyphs.Variation": (
        Variation,
        lambda: Variation(shear=0.2),
    ),
    "data.glyphs.glyphs": (
        lambda: glyphs(2, generator=seed(0), size=16),
        lambda: glyphs(2, generator=seed(1), size=16),
    ),
    "data.glyphs.coloured_glyphs": (
        lambda: coloured_glyphs(2, generator=seed(0), size=16),
        lambda: coloured_glyphs(2, generator=seed(1), size=16),
    ),
    "data.images.Images": (
        lambda: images.Images(torch.zeros(1, 1, 2, 2), torch.zeros(1).long()),
        lambda: images.Images(torch.ones(1, 1, 2, 2), torch.zeros(1).long()),
    ),
    "data.images.Idx": (
        lambda: images.Idx(Remote("a", "sha256:0", ()), Remote("b", "sha256:0", ())),
        lambda: images.Idx(Remote("a", "sha256:0", ()), Remote("c", "sha256:0", ())),
    ),
    "data.photographs.Photograph": (
        lambda: photographs.Photograph("p", "f", "c"),
        lambda: photographs.Photograph("p", "g", "c"),
    ),
    "data.shapes.shapes": (
        lambda: shapes(2, generator=seed(0), size=16),
        lambda: shapes(2, generator=seed(1), size=16),
    ),
    "data.text.Corpus": (
        lambda: text.Corpus((bytes_of(1, 2),), (bytes_of(1),), "d"),
        lambda: text.Corpus((bytes_of(1, 3),), (bytes_of(1),), "d"),
    ),
    "data.text.windows": (
        lambda: text.windows([bytes_of(1, 2, 3, 4)], length=2, size=3),
        lambda: text.windows([bytes_of(1, 2, 3, 5)], length=2, size=3),
        batch,
    ),
    "data.toys.ring": (toys.ring, lambda: toys.ring(std=0.1), denoised),
    "data.toys.grid25": (toys.grid25, lambda: toys.grid25(std=0.1), denoised),
    "data.toys.moons": (lambda: toys.moons(4), lambda: toys.moons(5), denoised),
    # Exact denoisers
    "exact.empirical.Empirical": (
        lambda: Empirical(normal(5, 2)),
        lambda: Empirical(normal(6, 2)),
        denoised,
    ),
    "exact.field.Field": (
        lambda: Field(torch.ones(2, dtype=torch.float64), torch.zeros(2).double()),
        lambda: Field(2 * torch.ones(2, dtype=torch.float64), torch.zeros(2).double()),
        denoised,
    ),
    "exact.gaussian.Gaussian": (
        lambda: Gaussian(torch.zeros(2).double(), torch.eye(2).double()),
        lambda: Gaussian(torch.zeros(2).double(), 2 * torch.eye(2).double()),
        denoised,
    ),
    "exact.gaussian.Isotropic": (isotropic, lambda: isotropic(0.6), denoised),
    "exact.interpolated.Interpolated": (
        lambda: Interpolated(interpolants.LINEAR, on_a_line(0.5), on_a_line(0.6)),
        lambda: Interpolated(interpolants.bridge(1.0), on_a_line(0.5), on_a_line(0.6)),
        moving,
    ),
    "exact.mixture.GaussianMixture": (
        lambda: GaussianMixture.isotropic(
            torch.ones(3).double() / 3, normal(3, 2), 0.5
        ),
        lambda: GaussianMixture.isotropic(
            torch.ones(3).double() / 3, normal(3, 2), 0.6
        ),
        denoised,
    ),
    "exact.quantile.QuantileFlow": (
        lambda: QuantileFlow(on_a_line(0.5)),
        lambda: QuantileFlow(on_a_line(0.6)),
        carried,
    ),
    # Families
    "families.autoencoders.Autoencoder": (
        lambda: autoencoders.Autoencoder(nn.Linear(2, 1), nn.Linear(1, 2)),
        lambda: autoencoders.Autoencoder(nn.Linear(2, 3), nn.Linear(3, 2)),
    ),
    "families.autoencoders.linear": (
        lambda: autoencoders.linear(2, 1),
        lambda: autoencoders.linear(3, 1),
    ),
    "families.autoencoders.deep": (
        lambda: autoencoders.deep(2, 1, width=4),
        lambda: autoencoders.deep(2, 1, width=5),
    ),
    "families.autoencoders.sigmoid": (
        lambda: autoencoders.sigmoid(2, 1),
        lambda: autoencoders.sigmoid(2, 2),
    ),
    "families.autoencoders.Denoising": (
        lambda: autoencoders.Denoising(autoencoders.Masking(0.5)),
        lambda: autoencoders.Denoising(autoencoders.Masking(0.6)),
    ),
    "families.autoencoders.Gaussian": (
        lambda: autoencoders.Gaussian(0.5),
        lambda: autoencoders.Gaussian(0.6),
        corrupted,
    ),
    "families.autoencoders.Masking": (
        lambda: autoencoders.Masking(0.5),
        lambda: autoencoders.Masking(0.6),
        corrupted,
    ),
    "families.autoencoders.Contractive": (
        lambda: autoencoders.Contractive(0.5),
        lambda: autoencoders.Contractive(0.6),
    ),
    "families.cnf.through": (lambda: cnf.through(2), lambda: cnf.through(3)),
    "families.cnf.adjoint": (lambda: cnf.adjoint(2), lambda: cnf.adjoint(3)),
    "families.cnf.Timed": (
        lambda: cnf.Timed(2, width=4),
        lambda: cnf.Timed(2, width=5),
    ),
    "families.cnf.Continuous": (
        lambda: cnf.Continuous(cnf.Timed(2, width=4), solve=cnf.through(2)),
        lambda: cnf.Continuous(cnf.Timed(2, width=4), solve=cnf.through(3)),
    ),
    "families.cnf.point_cnf": (
        lambda: cnf.point_cnf(2, solve=cnf.through(2), width=4),
        lambda: cnf.point_cnf(2, solve=cnf.through(2), width=5),
    ),
    "families.heat.Sharpening": (
        lambda: heat.Sharpening((1.0, 0.5)),
        lambda: heat.Sharpening((1.0, 0.4)),
        lost_heat,
    ),
    "families.flow.Coupling": (
        lambda: flow.Coupling(nn.Linear(1, 2)),
        lambda: flow.Coupling(nn.Linear(2, 4)),
    ),
    "families.flow.Mixing": (lambda: flow.Mixing(2), lambda: flow.Mixing(3)),
    "families.flow.Flow": (
        lambda: flow.Flow([flow.Mixing(2)], shape=(2,)),
        lambda: flow.Flow([flow.Mixing(3)], shape=(3,)),
    ),
    "families.flow.point_flow": (
        lambda: flow.point_flow(2, depth=1, width=4),
        lambda: flow.point_flow(2, depth=2, width=4),
    ),
    "families.flow.image_flow": (
        lambda: flow.image_flow(1, 4, squeezes=1, depth=1, width=4),
        lambda: flow.image_flow(1, 4, squeezes=1, depth=2, width=4),
    ),
    "families.gan.GAN": (
        lambda: gan.GAN(nn.Linear(2, 2), nn.Linear(2, 1), latent=2),
        lambda: gan.GAN(nn.Linear(3, 2), nn.Linear(2, 1), latent=3),
    ),
    "families.gan.small_gan": (
        lambda: gan.small_gan(2, width=4),
        lambda: gan.small_gan(2, width=5),
    ),
    "families.gan.Round": (lambda: gan.Round(0.1, 0.2), lambda: gan.Round(0.1, 0.3)),
    "families.gsn.GSN": (
        lambda: gsn.GSN(2, 4),
        lambda: gsn.GSN(2, 4, hidden_noise=0.6),
    ),
    "families.image_gan.Painter": (
        lambda: Painter(8, classes=2, latent=4, widths=(4, 4)),
        lambda: Painter(8, classes=3, latent=4, widths=(4, 4)),
    ),
    "families.image_gan.Critic": (
        lambda: Critic(classes=2, widths=(4, 4)),
        lambda: Critic(classes=3, widths=(4, 4)),
    ),
    "families.image_gan.image_gan": (
        lambda: image_gan(8, classes=2, latent=4, widths=(4, 4)),
        lambda: image_gan(8, classes=3, latent=4, widths=(4, 4)),
    ),
    "families.pixelcnn.Masked": (
        lambda: pixelcnn.Masked(1, 2, size=3, centre=True),
        lambda: pixelcnn.Masked(1, 2, size=3, centre=False),
    ),
    "families.pixelcnn.PixelCNN": (
        lambda: pixelcnn.PixelCNN(2, width=4, depth=1, size=3),
        lambda: pixelcnn.PixelCNN(3, width=4, depth=1, size=3),
    ),
    "families.rbm.RBM": (lambda: rbm.RBM(3, 2), lambda: rbm.RBM(3, 4)),
    "families.rbm.ContrastiveDivergence": (
        lambda: rbm.ContrastiveDivergence(1),
        lambda: rbm.ContrastiveDivergence(2),
    ),
    "families.stacked.deep_sigmoid": (
        lambda: stacked.deep_sigmoid([3, 2, 1]),
        lambda: stacked.deep_sigmoid([3, 4, 1]),
    ),
    "families.stacked.Tied": (
        lambda: stacked.Tied(nn.Linear(3, 2)),
        lambda: stacked.Tied(nn.Linear(3, 4)),
    ),
    "families.vae.Bound": (
        lambda: vae.Bound(normal(2), normal(2)),
        lambda: vae.Bound(normal(3), normal(3)),
    ),
    "families.vae.VAE": (
        lambda: vae.VAE(nn.Linear(2, 2), nn.Linear(1, 2), latent=1),
        lambda: vae.VAE(nn.Linear(2, 4), nn.Linear(2, 2), latent=2),
    ),
    "families.vae.gaussian_vae": (
        lambda: vae.gaussian_vae(2, width=4),
        lambda: vae.gaussian_vae(2, width=5),
    ),
    "families.vq.Quantised": (
        lambda: vq.Quantised(
            normal(1, 2), normal(1, 1, 2), normal(1, 1, 2), torch.zeros(1, 1).long()
        ),
        lambda: vq.Quantised(
            normal(1, 2), normal(1, 1, 2), normal(1, 1, 2), torch.ones(1, 1).long()
        ),
    ),
    "families.vq.VQVAE": (
        lambda: vq.VQVAE(nn.Linear(2, 4), nn.Linear(4, 2), codes=3, dim=2),
        lambda: vq.VQVAE(nn.Linear(2, 4), nn.Linear(4, 2), codes=4, dim=2),
    ),
    "families.vq.perceptron_vqvae": (
        lambda: vq.perceptron_vqvae(2, places=1, codes=3, width=4),
        lambda: vq.perceptron_vqvae(2, places=1, codes=4, width=4),
    ),
    "families.vq.Commitment": (lambda: vq.Commitment(0.2), lambda: vq.Commitment(0.3)),
    "families.walkback.Around": (
        lambda: walkback.Around(isotropic(), 0.5, 0.1),
        lambda: walkback.Around(isotropic(), 0.5, 0.2),
        corrupted,
    ),
    "families.walkback.Walkback": (
        lambda: walkback.Walkback(0.5, 0.1),
        lambda: walkback.Walkback(0.5, 0.2),
    ),
    # Metrics
    "metrics.judges.Verdict": (
        lambda: judges.Verdict(normal(3), 1.0, 0.5, 0.5),
        lambda: judges.Verdict(normal(3), 1.0, 0.5, 0.6),
    ),
    "metrics.judges.judged": (
        lambda: judges.judged(TEXTS, torch.sqrt, decode=str, lexicon={"a"}),
        lambda: judges.judged(TEXTS, torch.exp, decode=str, lexicon={"a"}),
    ),
    "metrics.floor.Floor": (
        lambda: Floor(0.5, 0.1),
        lambda: Floor(0.6, 0.2),
    ),
    "metrics.modes.Modes": (
        lambda: modes.Modes(torch.tensor([1, 2]), 0.5, 0.5),
        lambda: modes.Modes(torch.tensor([1, 3]), 0.5, 0.5),
    ),
    "metrics.ngrams.fit": (
        lambda: ngrams.fit([bytes_of(0, 1, 1, 0)], vocabulary=2, order=2),
        lambda: ngrams.fit([bytes_of(0, 1, 0, 0)], vocabulary=2, order=2),
    ),
    # Networks
    "nets.autoencoder.Hourglass": (
        lambda: autoencoder.Hourglass(1, bottleneck=2, widths=(4, 4)),
        lambda: autoencoder.Hourglass(1, bottleneck=3, widths=(4, 4)),
    ),
    "nets.banded.Banded": (
        lambda: banded.Banded([TINY(), TINY()], edges=[0.5]),
        lambda: banded.Banded([TINY(), TINY()], edges=[0.6]),
    ),
    "nets.classifier.Classifier": (
        lambda: classifier.Classifier(1, 2, widths=(4, 4)),
        lambda: classifier.Classifier(1, 3, widths=(4, 4)),
    ),
    "nets.interface.Attention": (
        lambda: interface.Attention(4, 4, heads=1),
        lambda: interface.Attention(4, 4, heads=2),
    ),
    "nets.interface.InterfaceBlock": (
        lambda: interface.InterfaceBlock(4, 4, depth=1, heads=1),
        lambda: interface.InterfaceBlock(4, 4, depth=2, heads=1),
    ),
    "nets.interface.Interface": (
        lambda: interface.Interface(1, (4, 4), width=4, latent_width=4),
        lambda: interface.Interface(1, (4, 4), width=4, latent_width=4, carry=0.5),
    ),
    "nets.layers.Embedding": (
        lambda: layers.Embedding(4),
        lambda: layers.Embedding(4, classes=2),
    ),
    "nets.layers.perceptron": (
        lambda: layers.perceptron([2, 4, 1]),
        lambda: layers.perceptron([2, 4, 1], activation=nn.Tanh),
    ),
    "nets.layers.group_norm": (
        lambda: layers.group_norm(4),
        lambda: layers.group_norm(4, affine=False),
    ),
    "nets.layers.Block": (
        lambda: layers.Block(4, 4, embedding=4, ndim=1),
        lambda: layers.Block(4, 8, embedding=4, ndim=1),
    ),
    "nets.mlp.MLP": (TINY, lambda: mlp.MLP(2, 8, 2)),
    "nets.unet.Level": (
        lambda: unet.Level(4, 4, blocks=1, embedding=4, ndim=1),
        lambda: unet.Level(4, 4, blocks=2, embedding=4, ndim=1),
    ),
    "nets.transformer.Layer": (
        lambda: transformer.Layer(4, heads=1, causal=True),
        lambda: transformer.Layer(4, heads=2, causal=True),
    ),
    "nets.transformer.Transformer": (
        lambda: transformer.Transformer(4, depth=1, heads=2, causal=True),
        lambda: transformer.Transformer(4, depth=1, heads=2, causal=False),
    ),
    "nets.unet.UNet": (
        lambda: unet.UNet(1, widths=(4, 4)),
        lambda: unet.UNet(1, widths=(4, 8)),
    ),
    # Tokens
    "tokens.autoregressive.Autoregressive": (
        lambda: autoregressive.Autoregressive(3, width=4, depth=1, heads=2),
        lambda: autoregressive.Autoregressive(3, width=4, depth=1, heads=1),
    ),
    "tokens.counts.Context": (
        lambda: counted(2).contexts[1],
        lambda: counted(3).contexts[2],
    ),
    "tokens.counts.Counts": (lambda: counted(2), lambda: counted(3)),
    "tokens.counts.fit": (lambda: counted(2), lambda: counted(3)),
    "tokens.counts.Ahead": (
        lambda: counts.Ahead(small_writer(), counted(2)),
        lambda: counts.Ahead(small_writer(), counted(3)),
    ),
    "tokens.counts.Around": (
        lambda: counts.Around(small_writer(), counted(2)),
        lambda: counts.Around(small_writer(), counted(3)),
    ),
    "tokens.reader.Reader": (
        lambda: reader.Reader(3, width=4, depth=1, heads=2),
        lambda: reader.Reader(3, width=4, depth=1, heads=1),
    ),
    "tokens.blocks.Blocks": (
        lambda: blocks.Blocks(3, 2, width=4, depth=1, heads=2),
        lambda: blocks.Blocks(3, 4, width=4, depth=1, heads=2),
    ),
    "tokens.blocks.Bound": (lambda: blocks.Bound(3, 2), lambda: blocks.Bound(3, 4)),
    "tokens.masked.Bound": (lambda: masked.Bound(3), lambda: masked.Bound(4)),
    "tokens.uniform.Bound": (lambda: uniform.Bound(3), lambda: uniform.Bound(4)),
    "tokens.unrolled.Answers": (
        lambda: unrolled.Answers(3),
        lambda: unrolled.Answers(3, 1),
    ),
    "tokens.edits.Script": (
        lambda: edits.align(torch.tensor([0, 1]), torch.tensor([1])),
        lambda: edits.align(torch.tensor([0, 1]), torch.tensor([0])),
    ),
    "tokens.edits.align": (
        lambda: edits.align(torch.tensor([0, 1]), torch.tensor([1])),
        lambda: edits.align(torch.tensor([0, 1]), torch.tensor([0])),
    ),
    "tokens.jumps.Reversal": (
        lambda: jumps.Reversal(torch.add, torch.zeros(2, 2)),
        lambda: jumps.Reversal(torch.add, torch.ones(2, 2)),
    ),
    "tokens.embedded.Embedded": (embedding_model, lambda: embedding_model(2.0)),
    "tokens.embedded.Interpolation": (
        lambda: embedded.Interpolation(torch.exp, normal(3, 2)),
        lambda: embedded.Interpolation(torch.exp, normal(2, 2)),
    ),
    "tokens.embedded.CrossEntropy": (
        embedded.CrossEntropy,
        lambda: embedded.CrossEntropy(0.1),
    ),
    "tokens.decoding.composed": (
        lambda: decoding.composed(Applied(decoding.top_k, k=2)),
        lambda: decoding.composed(Applied(decoding.top_k, k=3)),
        shaped,
    ),
    "tokens.guidance.Contrast": (
        lambda: token_guidance.Contrast(WRITER, WRITER, 2.0),
        lambda: token_guidance.Contrast(WRITER, WRITER, 3.0),
        reading,
    ),
    "tokens.sampling.uncached": (
        lambda: WRITER,
        lambda: sampling.uncached(torch.sqrt),
        reading,
    ),
    "discrete.embedded.Posterior": (
        lambda: embedded_exactly.Posterior(JOINT, normal(JOINT.vocabulary, 2)),
        lambda: embedded_exactly.Posterior(JOINT, normal(JOINT.vocabulary, 1)),
    ),
    "discrete.joint.Joint": (
        lambda: joint.Joint(DISTRIBUTIONS.log() - HALVES.log().sum() / -2),
        lambda: joint.Joint(OTHERS.log() - HALVES.log().sum() / -2),
    ),
    "discrete.joint.normalised": (
        lambda: joint.normalised(DISTRIBUTIONS),
        lambda: joint.normalised(OTHERS),
    ),
    "discrete.joint.independent": (
        lambda: joint.independent(DISTRIBUTIONS),
        lambda: joint.independent(OTHERS),
    ),
    "discrete.joint.chain": (
        lambda: joint.chain(HALVES, DISTRIBUTIONS, 2),
        lambda: joint.chain(HALVES, OTHERS, 2),
    ),
    "discrete.joint.random": (
        lambda: joint.random(2, 2, seed(0)),
        lambda: joint.random(2, 2, seed(1)),
    ),
    "discrete.joint.from_conditionals": (
        lambda: joint.from_conditionals([HALVES, DISTRIBUTIONS]),
        lambda: joint.from_conditionals([HALVES, OTHERS]),
    ),
    "discrete.joint.given": (
        lambda: joint.given(JOINT, DISTRIBUTIONS.log()),
        lambda: joint.given(JOINT, OTHERS.log()),
    ),
    "discrete.joint.tempered": (
        lambda: joint.tempered(JOINT, 2.0),
        lambda: joint.tempered(JOINT, 3.0),
    ),
    "discrete.joint.tempered_by_place": (
        lambda: joint.tempered_by_place(JOINT, 2.0),
        lambda: joint.tempered_by_place(JOINT, 3.0),
    ),
    "discrete.joint.shaped": (
        lambda: joint.shaped(JOINT, Applied(decoding.temperature, tau=0.5)),
        lambda: joint.shaped(JOINT, Applied(decoding.temperature, tau=0.6)),
    ),
    "discrete.joint.guided": (
        lambda: joint.guided(JOINT, joint.independent(OTHERS), 2.0),
        lambda: joint.guided(JOINT, joint.independent(OTHERS), 3.0),
    ),
    "discrete.joint.guided_by_place": (
        lambda: joint.guided_by_place(JOINT, joint.independent(OTHERS), 2.0),
        lambda: joint.guided_by_place(JOINT, joint.independent(OTHERS), 3.0),
    ),
    "tokens.search.Beam": (
        lambda: search.Beam(torch.zeros(1, 2).long(), torch.zeros(1).double()),
        lambda: search.Beam(torch.ones(1, 2).long(), torch.zeros(1).double()),
    ),
    "tokens.search.stopping": (
        lambda: search.stopping(WRITER, end=1),
        lambda: search.stopping(WRITER, end=2),
        reading,
    ),
    # Typicality
    "typicality.annulus.Chi": (lambda: annulus.Chi(2), lambda: annulus.Chi(3)),
    "typicality.annulus.StandardGaussian": (
        lambda: annulus.StandardGaussian(2),
        lambda: annulus.StandardGaussian(3),
    ),
    "typicality.detection.TypicalityTest": (
        lambda: detection.TypicalityTest(1.0, 0.5),
        lambda: detection.TypicalityTest(1.0, 0.6),
    ),
    "typicality.detection.DensityOfStates": (
        lambda: detection.DensityOfStates(normal(5, 2)),
        lambda: detection.DensityOfStates(normal(6, 2)),
    ),
    "typicality.sampled.Sampled": (
        lambda: sampled.Sampled(normal(5)),
        lambda: sampled.Sampled(normal(6)),
    ),
    "discrete.hidden_markov.HiddenChain": (
        lambda: hidden.HiddenChain(HALVES, DISTRIBUTIONS, DISTRIBUTIONS),
        lambda: hidden.HiddenChain(HALVES, DISTRIBUTIONS, OTHERS),
    ),
    "typicality.mirage.Mirage": (lambda: mirage.Mirage(5), lambda: mirage.Mirage(6)),
    "discrete.sources.Atoms": (
        lambda: sources.Atoms(-HALVES.log(), HALVES.log()),
        lambda: sources.Atoms(-HALVES.log(), HALVES.log(), error=0.1),
    ),
    "discrete.sources.coin": (
        lambda: sources.coin(3, 0.4),
        lambda: sources.coin(3, 0.3),
    ),
    "discrete.sources.table": (
        lambda: sources.table(JOINT.log_probability),
        lambda: sources.table(joint.independent(OTHERS).log_probability),
    ),
    "discrete.sources.chain_on_lattice": (
        lambda: sources.chain_on_lattice(HALVES, DISTRIBUTIONS, 3, spacing=0.1),
        lambda: sources.chain_on_lattice(HALVES, OTHERS, 3, spacing=0.1),
    ),
    "discrete.markov_types.chain_by_types": (
        lambda: by_types.chain_by_types(HALVES, DISTRIBUTIONS, 3),
        lambda: by_types.chain_by_types(HALVES, OTHERS, 3),
    ),
}

NO_ARGUMENTS: dict[str, Make] = {
    "data.toys.two_bumps": toys.two_bumps,
    "families.flow.Squeeze": flow.Squeeze,
}
"""There is only one of these."""

EXEMPT: dict[str, str] = {
    "exact.gaussian.Diagonal": "abstract",
    "discrete.surprisal.Surprisal": "abstract",
    "flow_maps.FlowMap": "a protocol",
    "distillation.two_levels.TwoLevelDenoiser": "a protocol",
    "tokens.sampling.NextToken": "a protocol",
    "types.Denoiser": "a protocol",
    "types.Solver": "a protocol",
    "tokens.embedded.Remembering": "changes as it is used",
    "data.glyphs.Glyphs": "what glyphs returns",
    "data.shapes.Shapes": "what shapes returns",
    "calibration.load": "reads a file; Calibration is in the table",
    "data.text.corpus": "reads a file that is fetched; Corpus is in the table",
    "data.images.read_cifar": "reads a file; Images is in the table",
    "metrics.ngrams.NGrams": "what ngrams.fit returns",
    "tokens.embedded.unwrapped": "returns the network that it is given",
    "training.checkpoint.load_average": "returns the network that it is given",
    "training.loop.train": "returns the network that it is given",
    "training.resumption.Checkpoints": "bound to a run and its folder's lock",
    "training.muon.Muon": "bound to the parameters of a network, as optimisers are",
    "training.muon.muon": "returns a Muon",
    # Results, whose classes are in the table:
    "families.vae.log_likelihood": "a result",
    "likelihood.log_density_estimate": "a result",
    "consistency.martingale": "a result",
    "elbo.variational_bound": "a result",
    "metrics.accuracy.accuracy": "a result",
    "estimate.fraction": "a result",
    "estimate.mean": "a result",
    "metrics.floor.floor": "a result",
    "metrics.jackknife.jackknife": "a result",
    "metrics.modes.count_modes": "a result",
    "record.record": "a result",
    "tokens.edits.corrupt": "draws a script; Script is in the table",
    "tokens.search.greedy": "a result",
    "tokens.search.search": "a result",
    "typicality.detection.fit_typicality": "a result",
}

STREAMS = {"noise.seeded"}
"""These hold random streams, which are equal to themselves only."""


def made(name: str, which: int) -> Any:
    """Make one (0) or another (1), from the same random numbers."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return TABLE[name][which]()  # type: ignore[operator]


def public() -> Iterator[str]:
    """Name all public classes, and functions that return objects of the library.

    Those of studies are made inside pages, and keep no promise to anybody else.
    """
    folder = Path(gendiff.__file__).parent
    for info in pkgutil.walk_packages([str(folder)], "gendiff."):
        if info.name.startswith(("gendiff.book", "gendiff.studies")):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", "") != info.name:
                continue
            if inspect.isclass(value) or returns_one(value):
                yield f"{info.name.removeprefix('gendiff.')}.{name}"


def returns_one(value: object) -> bool:
    """Tell whether a function returns a function, a network or an object of ours."""
    if not inspect.isfunction(value):
        return False
    back = value.__annotations__.get("return")
    if inspect.isclass(back):
        return back.__module__.startswith("gendiff") or issubclass(back, nn.Module)
    return typing.get_origin(back) is Callable
