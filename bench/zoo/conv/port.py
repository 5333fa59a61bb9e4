"""The classifier in PyTorch: port of original.py in several styles, and with faults on demand."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import by_hand
import functional
import modules
import numpy as np
import torch
from loading import Variables, load_dense, load_unit
from plan import Plan, dense_sizes, read_plan, units
from steps import finish, preprocess, to_features
from torch import Tensor, nn

# What makes the layers of each style. `nhwc` differs in what forward takes.
STYLES = {"modules": modules, "functional": functional, "by-hand": by_hand, "nhwc": modules}


class Block(nn.Module):
    def __init__(self, conv1: nn.Module, residual: bool) -> None:
        super().__init__()
        self.conv1 = conv1
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv1(x) if self.residual else self.conv1(x)


class Separable(nn.Module):
    def __init__(self, depthwise: nn.Module, pointwise: nn.Module) -> None:
        super().__init__()
        self.depthwise = depthwise
        self.pointwise = pointwise

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class Classifier(nn.Module):
    """Named as the original's scopes."""

    def __init__(self, plan: Plan, layers: ModuleType, channels_last: bool) -> None:
        super().__init__()
        self.plan, self.channels_last = plan, channels_last
        made = {scope: layers.make_unit(plan, spec, True) for scope, spec in units(plan).items()}
        self.stem = made["stem"]
        if plan.has("missing-residual"):
            self.block1 = Block(made["block1/conv1"], residual=False)  # fault: missing-residual
        else:
            self.block1 = Block(made["block1/conv1"], residual=True)
        self.block2 = Block(made["block2/conv1"], residual=False)
        self.pool1 = layers.make_max_pool(plan)
        self.separable = Separable(made["separable/depthwise"], made["separable/pointwise"])
        self.dilated = made["dilated"]
        self.pool2 = layers.make_average_pool(plan)
        sizes = dense_sizes(plan)
        self.fc1 = layers.make_dense(*sizes["fc1"])
        self.fc2 = layers.make_dense(*sizes["fc2"])
        self.logits = layers.make_dense(*sizes["logits"])

    def scopes(self) -> dict[str, nn.Module]:
        """The layers that have weights, by the original's scopes."""
        return {
            scope: self.get_submodule(scope.replace("/", ".")) for scope in (*units(self.plan), "fc1", "fc2", "logits")
        }

    def forward(self, images: Tensor) -> Tensor:
        if self.channels_last:
            images = images.permute(0, 3, 1, 2)
        x = self.stem(preprocess(self.plan, images))
        x = self.pool1(self.block2(self.block1(x)))
        x = self.pool2(self.dilated(self.separable(x)))
        x = torch.relu(self.fc1(to_features(self.plan, x)))
        x = torch.tanh(self.fc2(x))
        return finish(self.plan, self.logits(x))


class ImageNet(nn.Module):
    """The same network with names of its own."""

    def __init__(self, plan: Plan, layers: ModuleType, channels_last: bool) -> None:
        super().__init__()
        self.plan, self.channels_last = plan, channels_last
        made = {scope: layers.make_unit(plan, spec, False) for scope, spec in units(plan).items()}
        self.features = nn.ModuleList([made["stem"], made["block1/conv1"], made["block2/conv1"]])
        self.maxpool = layers.make_max_pool(plan)
        self.neck = nn.Sequential(
            made["separable/depthwise"], made["separable/pointwise"], made["dilated"], layers.make_average_pool(plan)
        )
        fc1, fc2, logits = (layers.make_dense(*sizes) for sizes in dense_sizes(plan).values())
        self.classifier = nn.Sequential(fc1, nn.ReLU(), fc2, nn.Tanh(), logits)

    def scopes(self) -> dict[str, nn.Module]:
        """The layers that have weights, by the original's scopes."""
        made = (*self.features, *self.neck[:3], self.classifier[0], self.classifier[2], self.classifier[4])
        return dict(zip((*units(self.plan), "fc1", "fc2", "logits"), made, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        if self.channels_last:
            x = x.permute(0, 3, 1, 2)
        x = self.features[0](preprocess(self.plan, x))
        if self.plan.has("missing-residual"):
            x = self.features[1](x)  # fault: missing-residual
        else:
            x = x + self.features[1](x)
        x = self.neck(self.maxpool(self.features[2](x)))
        return finish(self.plan, self.classifier(to_features(self.plan, x)))


def load(plan: Plan, layers: ModuleType, model: Classifier | ImageNet, variables: Variables) -> None:
    specs = units(plan)
    for scope, module in model.scopes().items():
        if scope in specs:
            load_unit(plan, specs[scope], layers.unit_tensors(module), variables)
        else:
            load_dense(plan, scope, layers.dense_tensors(module), variables)


def build(
    directory: str, style: str = "modules", names: str = "same", faults: tuple[str, ...] | list[str] = ()
) -> nn.Module:
    folder = Path(directory)
    plan, layers = read_plan(folder, faults), STYLES[style]
    network = {"same": Classifier, "other": ImageNet}[names]
    model = network(plan, layers, channels_last=style == "nhwc")
    with np.load(folder / "weights.npz") as arrays:
        load(plan, layers, model, {name: torch.from_numpy(arrays[name]) for name in arrays.files})
    if plan.has("training-mode"):
        return model.train()  # fault: training-mode
    return model.eval()
