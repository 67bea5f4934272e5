"""CPU time of one training step of a U-Net at equal parameters.

28x28 images, batches of 16, about 1.8 million parameters (within 5 %), each library's
network with its own objective; in float32 as the library has it, and in bf16 with
channels last and a fused optimiser. A processor without bf16 units is slower in bf16
than in float32, and then those rows are left out.
"""

import importlib
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from common import Found, cpu_times, table
from numpy.typing import NDArray
from peers import stand_ins
from torch import Tensor, nn

from gendiff.book.compared import Ratio
from gendiff.levels import log_normal
from gendiff.nets import UNet
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.training import Plan, adamw

VERSIONS = ("torch", "gendiff", "torchcfm", "azula", "diffusers", "smalldiffusion")
BATCH, SIDE, ROUNDS = 16, 28, 7
Loss = Callable[[nn.Module, Tensor], Tensor]


def gendiff(**options: Any) -> tuple[nn.Module, Loss]:
    """Return a U-Net and objective of ours."""
    model = Preconditioned(UNet(1, **options), data_std=0.5)
    objective = Objective(log_normal(-1.2, 1.2), edm_weight(0.5))
    generator = torch.Generator().manual_seed(0)
    return model, lambda m, x: objective(m, (x,), generator).mean()


def torchcfm() -> tuple[nn.Module, Loss]:
    """Return torchcfm's U-Net and flow-matching loss."""
    unet = importlib.import_module("torchcfm.models.unet.unet")
    paths = importlib.import_module("torchcfm.conditional_flow_matching")
    model = unet.UNetModelWrapper(
        dim=(1, SIDE, SIDE),
        num_channels=32,
        num_res_blocks=1,
        channel_mult=(1, 2, 3),
        num_heads=4,
        attention_resolutions=str(SIDE // 4),
    )
    path = paths.ConditionalFlowMatcher(sigma=0.0)

    def loss(model: nn.Module, x: Tensor) -> Tensor:
        t, xt, ut = path.sample_location_and_conditional_flow(torch.randn_like(x), x)
        return (model(t, xt) - ut).square().mean()

    return model, loss


def azula() -> tuple[nn.Module, Loss]:
    """Return azula's U-Net, modulated by its sine encoding, and denoiser loss."""
    layers = importlib.import_module("azula.nn.layers")
    unet = importlib.import_module("azula.nn.unet")
    denoise = importlib.import_module("azula.denoise")
    noise = importlib.import_module("azula.noise")

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = unet.UNet(
                1,
                1,
                hid_channels=(48, 80, 96),
                hid_blocks=(2, 2, 2),
                mod_features=64,
                norm="group",
            )
            self.encode = layers.SineEncoding(64)

        def forward(self, x: Tensor, t: Tensor) -> Tensor:
            return self.body(x, self.encode(t))

    model = denoise.KarrasDenoiser(Net(), noise.VPSchedule())
    return model, lambda m, x: m.loss(x, torch.rand(len(x))).mean()


def diffusers() -> tuple[nn.Module, Loss]:
    """Return diffusers' U-Net and DDPM's loss."""
    package = importlib.import_module("diffusers")
    model = package.UNet2DModel(
        sample_size=SIDE,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(32, 64, 96),
        norm_num_groups=8,
        attention_head_dim=32,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    )
    scheduler = package.DDPMScheduler()

    def loss(model: nn.Module, x: Tensor) -> Tensor:
        eps, t = torch.randn_like(x), torch.randint(0, 1000, (len(x),))
        return (model(scheduler.add_noise(x, eps, t), t).sample - eps).square().mean()

    return model, loss


def smalldiffusion() -> tuple[nn.Module, Loss]:
    """Return smalldiffusion's U-Net and loss."""
    with stand_ins():
        package = importlib.import_module("smalldiffusion")
    model = package.Unet(
        SIDE,
        1,
        1,
        ch=32,
        ch_mult=(1, 2, 3),
        num_res_blocks=1,
        attn_resolutions=(SIDE // 4,),
        dropout=0.0,
    )
    schedule = package.ScheduleDDPM()

    def loss(model: nn.Module, x: Tensor) -> Tensor:
        x, sigma, eps, given = package.generate_train_sample(x, schedule)
        return model.get_loss(x, sigma, eps, cond=given)

    return model, loss


PEERS = {
    "torchcfm": torchcfm,
    "azula": azula,
    "diffusers": diffusers,
    "smalldiffusion": smalldiffusion,
}
OURS = {
    "gendiff, full resolution": partial(gendiff, widths=(48, 96, 168)),
    "gendiff, patches of 2": partial(gendiff, patch=2, widths=(88, 160)),
}


@dataclass
class Job:
    """A network, its loss and its optimiser, in one of two precisions."""

    make: Callable[[], tuple[nn.Module, Loss]]
    short: bool
    fused: bool
    model: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.model, self.loss = self.make()
        self.layout = torch.channels_last if self.short else torch.contiguous_format
        self.model = self.model.to(memory_format=self.layout)
        if self.fused or self.short:
            self.optimiser = adamw(self.model, Plan(steps=1))
        else:
            self.optimiser = torch.optim.AdamW(self.model.parameters())
        x = torch.randn(BATCH, 1, SIDE, SIDE) / 2
        self.x = x.to(memory_format=self.layout)

    def __call__(self) -> None:
        """Take one step."""
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.short):
            loss = self.loss(self.model, self.x)
        loss.backward()
        self.optimiser.step()

    def millions(self) -> float:
        """Return the number of parameters, in millions."""
        return sum(p.numel() for p in self.model.parameters()) / 1e6


def main() -> Found:
    """Return milliseconds a step, and the ratios that the aims are about."""
    names = [*PEERS, *OURS]
    full = {n: Job(m, short=False, fused=n in OURS) for n, m in (PEERS | OURS).items()}
    short = {n: Job(m, short=True, fused=True) for n, m in (PEERS | OURS).items()}
    sizes = {name: job.millions() for name, job in full.items()}
    probe = cpu_times({"full": full[names[-1]], "short": short[names[-1]]}, rounds=2)
    pays = probe["short"].min() < probe["full"].min()
    if not pays:
        print("\nbf16 is emulated on this processor: only float32 is measured")
    kinds = {"float32": full, "bf16": short} if pays else {"float32": full}
    jobs = {(n, k): job for k, jobs in kinds.items() for n, job in jobs.items()}
    for job in jobs.values():
        job()
    taken = cpu_times(jobs, rounds=ROUNDS)
    seconds = {job: statistics.median(times) for job, times in taken.items()}
    rows = {n: [sizes[n], *(1e3 * seconds[n, k] for k in kinds)] for n in names}
    times = table("Training step, CPU ms", ["", "M params", *kinds], rows, "{:.3g}")

    def each(name: str, kind: str) -> NDArray[np.float64]:
        # Some networks are a little larger than others: time a parameter.
        return taken[name, kind] / sizes[name]

    best = {k: min(PEERS, key=lambda n: float(np.median(each(n, k)))) for k in kinds}
    compared = {"f32/f32": ("float32", "float32", 0.7)}
    if pays:
        compared["bf16/f32"] = ("bf16", "float32", 0.5)
        compared["bf16/bf16"] = ("bf16", "bf16", 0.75)
    ratios: list[Ratio] = []
    shown: dict[str, list[float]] = {}
    for name in OURS:
        for label, (own, other, _) in compared.items():
            rounds = each(name, own) / each(best[other], other)
            middle, low, high = np.quantile(rounds, (0.5, 0.25, 0.75)).tolist()
            of = f"the middle half of {ROUNDS} rounds"
            what = f"{name}, {label}, against {best[other]}"
            ratios.append(Ratio(what, middle, low, high, of))
            shown.setdefault(name, []).append(middle)
    shown["aim"] = [aim for _, _, aim in compared.values()]
    title = "Ratio to the best peer, a step and parameter"
    return Found([times, table(title, ["", *compared], shown)], ratios)
