"""Sources of small candidates."""

MLP = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, width)
        self.down = nn.Linear(width, width)

    def forward(self, x):
        return x + self.down(torch.tanh(self.up(self.norm(x))))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.blocks = nn.ModuleList([Block(8) for _ in range(3)])
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids, scale=None):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

def build(broken=None):
    torch.manual_seed(3)
    net = Net().eval()
    if broken is not None:
        with torch.no_grad():
            net.blocks[broken].up.weight.copy_(net.blocks[broken].up.weight.t().clone())
    return net
"""

GPT2 = """
import torch
from transformers import GPT2Config, GPT2LMHeadModel

def build():
    torch.manual_seed(5)
    config = GPT2Config(vocab_size=50, n_positions=16, n_embd=8, n_layer=2, n_head=2)
    return GPT2LMHeadModel(config).eval()
"""


def in_process(source: str, **kwargs: object):  # type: ignore[no-untyped-def]
    """The same model, built here without the harness."""
    space: dict[str, object] = {"__name__": "candidate"}
    exec(compile(source, "candidate.py", "exec"), space)
    return space["build"](**kwargs)  # type: ignore[operator]
