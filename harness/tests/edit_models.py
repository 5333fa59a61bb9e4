"""Sources of small candidates that use torch in the ways that real ones do; each is built the same way by hand."""

ZOO = """
import torch
import torch.nn.functional as F
from torch import nn

class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.rand(width))
        self.eps = 1e-5

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        spread = (centred ** 2).mean(-1, keepdim=True)
        return centred / torch.sqrt(spread + self.eps) * self.scale

class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 6, batch_first=True)

    def forward(self, pair, *, flag):
        x, y = pair
        out, (h, c) = self.lstm(x)
        out += y
        out[:, 0] = 2 - h[0]
        return {"out": out, "state": (h, c), "flag": flag}

class Zoo(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = Norm(6)
        self.front = nn.Sequential(nn.Linear(6, 6), nn.ReLU(inplace=True), nn.Linear(6, 6))
        self.recurrent = Recurrent()
        self.attend = nn.MultiheadAttention(6, 2, batch_first=True)
        self.batch = nn.BatchNorm1d(5)
        self.act = nn.LeakyReLU(0.1)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        y = self.front(self.norm(x))
        y = self.norm(y + x)
        got = self.recurrent((y, x), flag=True)
        z, _ = self.attend(got["out"], got["out"], y)
        return self.head(self.act(self.batch(F.softmax(z, dim=-1) @ torch.eye(6))))

def build(**changes):
    torch.manual_seed(11)
    return Zoo().eval()
"""

KEEPS = """
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

class Mode(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))

class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2

class Plain(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x) + 1

class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen, self.calls = [], 0
        self.register_buffer("cache", torch.zeros(3))
        self.linear = nn.Linear(3, 3)
    def forward(self, x):
        self.calls += 1
        self.seen.append(self.calls)
        self.cache += x[0]
        self.last = x
        return self.linear(x) * self.calls + self.cache

class Noise(nn.Module):
    def forward(self, x): return x + torch.rand_like(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scripted = torch.jit.script(Plain())
        self.plain_norm = nn.BatchNorm1d(3)
        self.counts, self.noise, self.norm = Counts(), Noise(), torch.jit.script(nn.BatchNorm1d(3)).train()
        self.hooked = nn.Linear(3, 3)
        self.hooked.register_forward_hook(lambda m, a, out: out.clamp(min=0))
        self.hooked.register_forward_pre_hook(lambda m, a: (a[0] * 2,))
    def forward(self, x):
        y = self.counts(self.scripted(x))
        with Mode():
            y = torch.nn.functional.softmax(self.noise(y), -1)
            y = Double.apply(y)
        return self.hooked(self.norm(self.plain_norm(y))) + self.noise(y)

def build():
    torch.manual_seed(2)
    net = Net().eval()
    net.norm.train(), net.plain_norm.train()
    return net
"""
