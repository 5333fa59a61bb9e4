"""The encoder-decoder in PyTorch: port of original.py in several styles, and with faults on demand."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import by_hand
import functional
import modules
import numpy as np
import torch
from loading import Variables, load_ends, load_unit
from plan import Plan, read_plan, units
from resizing import resize_input, upsample
from torch import Tensor, nn
from torch.nn import functional as F

# What makes the layers of each style. `nhwc` differs in what forward takes and gives.
STYLES = {"modules": modules, "functional": functional, "by-hand": by_hand, "nhwc": modules}


def activate(plan: Plan, x: Tensor) -> Tensor:
    if plan.has("output-activation"):
        return x.sigmoid() if plan.sizes["output"] == "tanh" else x.tanh()  # fault: output-activation
    return x.tanh() if plan.sizes["output"] == "tanh" else x.sigmoid()


def join(plan: Plan, x: Tensor, skip: Tensor, scope: str) -> Tensor:
    if plan.has("concat-order", scope):
        return torch.cat([skip, x], 1)  # fault: concat-order
    if plan.has("concat-order-outer", scope):
        return torch.cat([skip, x], 1)  # fault: concat-order-outer
    return torch.cat([x, skip], 1)


class Block(nn.Module):
    """Two units, the second one with a residual where the block has one."""

    def __init__(self, unit1: nn.Module, unit2: nn.Module, residual: bool) -> None:
        super().__init__()
        self.unit1, self.unit2, self.residual = unit1, unit2, residual

    def forward(self, x: Tensor) -> Tensor:
        x = self.unit1(x)
        return x + self.unit2(x) if self.residual else self.unit2(x)


class Joined(nn.Module):
    """A unit over what comes from below and the skip."""

    def __init__(self, plan: Plan, scope: str, unit1: nn.Module) -> None:
        super().__init__()
        self.plan, self.scope, self.unit1 = plan, scope, unit1

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.unit1(join(self.plan, x, skip, self.scope))


class EncoderDecoder(nn.Module):
    """Named as the original's scopes."""

    def __init__(self, plan: Plan, layers: ModuleType, channels_last: bool) -> None:
        super().__init__()
        self.plan, self.channels_last = plan, channels_last
        made = {scope: layers.make_unit(plan, spec, True) for scope, spec in units(plan).items()}
        channels = plan.sizes["channels"]
        self.enc1 = Block(made["enc1/unit1"], made["enc1/unit2"], residual=False)
        self.pool = nn.MaxPool2d(2)
        if plan.has("missing-residual"):
            self.enc2 = Block(made["enc2/unit1"], made["enc2/unit2"], residual=False)  # fault: missing-residual
        else:
            self.enc2 = Block(made["enc2/unit1"], made["enc2/unit2"], residual=True)
        self.down = made["down"]
        self.mid = made["mid"]
        self.up2 = layers.make_transposed(plan, 2 * channels)
        self.dec2 = Joined(plan, "dec2", made["dec2/unit1"])
        self.dec1 = Joined(plan, "dec1", made["dec1/unit1"])
        self.out = layers.make_output(channels)

    def scopes(self) -> dict[str, nn.Module]:
        return {scope: self.get_submodule(scope.replace("/", ".")) for scope in units(self.plan)}

    def ends(self) -> tuple[nn.Module, nn.Module]:
        return self.up2, self.out

    def forward(self, image: Tensor) -> Tensor:
        if self.channels_last:
            image = image.permute(0, 3, 1, 2)
        skip1 = self.enc1(resize_input(self.plan, image))
        skip2 = self.enc2(self.pool(skip1))
        x = self.up2(self.mid(self.down(skip2)))
        x = upsample(self.plan, self.dec2(x, skip2))
        x = activate(self.plan, self.out(self.dec1(x, skip1)))
        return x.permute(0, 2, 3, 1) if self.channels_last else x


class UNet(nn.Module):
    """The same network with names of its own."""

    def __init__(self, plan: Plan, layers: ModuleType, channels_last: bool) -> None:
        super().__init__()
        self.plan, self.channels_last = plan, channels_last
        made = [layers.make_unit(plan, spec, False) for spec in units(plan).values()]
        channels = plan.sizes["channels"]
        self.inc = nn.Sequential(*made[0:2])
        self.downs = nn.ModuleList(made[2:5])
        self.bottleneck = made[5]
        self.upconv = layers.make_transposed(plan, 2 * channels)
        self.ups = nn.ModuleList(made[6:8])
        self.head = layers.make_output(channels)

    def scopes(self) -> dict[str, nn.Module]:
        made = (*self.inc, *self.downs, self.bottleneck, *self.ups)
        return dict(zip(units(self.plan), made, strict=True))

    def ends(self) -> tuple[nn.Module, nn.Module]:
        return self.upconv, self.head

    def forward(self, x: Tensor) -> Tensor:
        plan = self.plan
        if self.channels_last:
            x = x.permute(0, 3, 1, 2)
        first = self.inc(resize_input(plan, x))
        x = self.downs[0](F.max_pool2d(first, 2))
        if plan.has("missing-residual"):
            second = self.downs[1](x)  # fault: missing-residual
        else:
            second = x + self.downs[1](x)
        x = self.upconv(self.bottleneck(self.downs[2](second)))
        x = upsample(plan, self.ups[0](join(plan, x, second, "dec2")))
        x = activate(plan, self.head(self.ups[1](join(plan, x, first, "dec1"))))
        return x.permute(0, 2, 3, 1) if self.channels_last else x


def load(plan: Plan, layers: ModuleType, model: EncoderDecoder | UNet, variables: Variables) -> None:
    for scope, unit in model.scopes().items():
        load_unit(plan, scope, layers.unit_tensors(unit), variables)
    load_ends(plan, *model.ends(), variables)


def build(
    directory: str, style: str = "modules", names: str = "same", faults: tuple[str, ...] | list[str] = ()
) -> nn.Module:
    folder = Path(directory)
    plan, layers = read_plan(folder, faults), STYLES[style]
    network = {"same": EncoderDecoder, "other": UNet}[names]
    model = network(plan, layers, channels_last=style == "nhwc")
    with np.load(folder / "weights.npz") as arrays:
        load(plan, layers, model, {name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return model.eval()
