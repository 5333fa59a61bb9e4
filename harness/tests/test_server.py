from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import Runner
from models import MLP
from safetensors.torch import load_file

Start = Callable[[], Runner]

HANGS = """
import os, subprocess, sys, time, torch
from torch import nn
class Net(nn.Module):
    def forward(self, x):
        own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        detached = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        with open("pids.part", "w") as file:
            file.write(f"{os.getpid()} {own.pid} {detached.pid}")
        os.rename("pids.part", "pids")
        while True:
            time.sleep(0.01)
def build(): return Net().eval()
"""


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def hang(runner: Runner) -> list[int]:
    runner.open(HANGS)
    request = {"out": str(runner.folder / "out"), "cases": runner.cases(x=torch.ones(2)), "taps": "all"}
    runner.send("record", request)
    assert wait_until((runner.folder / "pids").exists), runner.log.read_text()
    return [int(pid) for pid in (runner.folder / "pids").read_text().split()]


def test_hello_tells_the_versions(runner: Runner) -> None:
    hello = runner.ask("hello")
    assert hello["torch"] == torch.__version__.partition("+")[0] and hello["threads"] >= 1
    assert set(hello) == {"python", "torch", "numpy", "threads"}


def test_a_second_open_does_not_pay_for_the_import_again(runner: Runner) -> None:
    runner.open(MLP)
    started = time.monotonic()
    runner.open(MLP)
    assert time.monotonic() - started < 1.0, "importing torch takes longer than this"


def test_a_changed_file_is_read_again_by_the_next_open(runner: Runner) -> None:
    first = "from torch import nn\ndef build(): return nn.Linear(2, 2)\n"
    assert runner.open(first)["modules"][0]["class"] == "Linear"
    assert runner.open(first.replace("Linear(2, 2)", "Tanh()"))["modules"][0]["class"] == "Tanh"


def test_the_number_of_threads_and_the_seed_are_respected(runner: Runner) -> None:
    source = """
    import torch
    from torch import nn
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(3))
        def forward(self, x): return torch.tensor(torch.get_num_threads()), self.weight
    def build(): return Net().eval()
    """
    drawn = []
    for threads, seed in ((1, 4), (2, 4), (0, 5)):
        runner.open(source, threads=threads, seed=seed)
        values = runner.record(runner.cases(x=torch.ones(1))).values()
        drawn.append(values["(output)[1]"])
        if threads:
            assert values["(output)[0]"] == threads
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_requests_out_of_order_are_errors_and_not_the_end(start: Start) -> None:
    runner = start()
    assert "came before `open`" in runner.fail("record")["message"]
    assert "came before `open`" in runner.fail("nonsense")["message"]
    runner.socket.sendall(b"this is no json\n[1]\n\n")
    for _ in range(2):
        assert b'"id":null' in runner._stream.readline()
    runner.write("model.py", "def build(): return 3\n")
    runner.fail("open", entry="model.py:build", kwargs={})
    assert "needs an opened candidate" in runner.fail("weights", out="x")["message"]
    runner.open(MLP)
    assert "knows no method `dance`" in runner.fail("dance")["message"]
    assert "This is a fault of parity's own" in runner.fail("record")["hint"]
    assert runner.ask("close") == {}
    assert "came before `open`" in runner.fail("weights", out="x")["message"]


def test_requests_sent_ahead_are_answered_in_order(start: Start) -> None:
    runner = start()
    runner.write("model.py", MLP)
    first = runner.send("hello")
    second = runner.send("open", {"entry": "model.py:build", "kwargs": {}})
    third = runner.send("weights", {"out": str(runner.folder / "w.safetensors")})
    for identifier in (first, second, third):
        assert "result" in runner.answer(identifier)


def test_ten_megabytes_of_prints_and_writes_from_c_do_not_disturb(runner: Runner) -> None:
    runner.open(
        """
        import ctypes, logging, os, subprocess, sys, warnings
        import torch
        from torch import nn
        from tqdm import tqdm
        print("hello from the import")
        class Net(nn.Module):
            def forward(self, x):
                for _ in range(100):
                    print("x" * 100_000)
                warnings.warn("careful")
                logging.error("logged")
                for _ in tqdm(range(3)): pass
                ctypes.CDLL(None).puts(b"from c")
                ctypes.CDLL(None).fflush(None)
                code = "import os; os.path.exists('/proc/self/fd/3') or print('closed')"
                subprocess.run([sys.executable, "-c", code], close_fds=False)
                assert os.write(3, b"garbage") == 7
                return x
        def build(): return Net().eval()
        """
    )
    recorded = runner.record(runner.cases(x=torch.ones(2)))
    assert recorded.values()["(output)"].tolist() == [1, 1]
    log = runner.log.read_text()
    for said in ("hello from the import", "careful", "logged", "from c", "3/3", "closed"):
        assert said in log, said
    assert len(log) > 10_000_000


def test_os_exit_is_a_clean_error_and_the_next_open_works(runner: Runner) -> None:
    runner.open(
        """
        import os
        from torch import nn
        class Net(nn.Module):
            def forward(self, x): os._exit(7)
        def build(): return Net().eval()
        """
    )
    request = {"out": str(runner.folder / "out"), "cases": runner.cases(x=torch.ones(2)), "taps": "all"}
    error = runner.fail("record", **request)
    assert error["code"] == "RUNNER_DIED" and "exit code 7 while answering `record`" in error["message"]
    again = runner.fail("record", **request)
    assert again["code"] == "RUNNER_DIED", "and it stays dead until the next open"
    runner.open(MLP)


@pytest.mark.parametrize(("name", "hint"), [("SIGKILL", "out of memory"), ("SIGSEGV", "Native code")])
def test_a_killed_candidate_is_an_error_that_names_the_signal(start: Start, name: str, hint: str) -> None:
    runner = start()
    runner.open(HANGS)
    request = {"out": str(runner.folder / "out"), "cases": runner.cases(x=torch.ones(2)), "taps": "all"}
    identifier = runner.send("record", request)
    assert wait_until((runner.folder / "pids").exists)
    pids = [int(pid) for pid in (runner.folder / "pids").read_text().split()]
    os.kill(pids[0], getattr(signal, name))
    error = runner.answer(identifier)["error"]
    assert error["code"] == "RUNNER_DIED" and f"killed by {name} while answering `record`" in error["message"]
    assert hint in error["hint"]
    assert wait_until(lambda: not any(map(alive, pids))), "its subprocesses end with it"
    if name == "SIGSEGV":
        assert "Fatal Python error" in runner.log.read_text()
    runner.open(MLP)


@pytest.mark.parametrize("way", ["close the socket", "SIGTERM", "SIGKILL"])
def test_a_hanging_model_is_ended_with_everything_it_started(start: Start, way: str) -> None:
    runner = start()
    pids = hang(runner)
    assert all(map(alive, pids))
    if way == "close the socket":
        runner._stream.close()
        runner.socket.close()
    else:
        runner.process.send_signal(getattr(signal, way))
    runner.process.wait(20)
    if way == "SIGKILL":
        assert wait_until(lambda: not alive(pids[0])), "the kernel ends the candidate when its server is killed"
        for pid in pids[1:]:
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(map(alive, pids)))
    if way == "close the socket":
        assert runner.process.returncode == 0


def test_a_new_open_ends_a_candidate_that_left_subprocesses(start: Start) -> None:
    runner = start()
    runner.open(
        """
        import multiprocessing, time
        from torch import nn
        def wait():
            time.sleep(600)
        def build():
            process = multiprocessing.get_context("fork").Process(target=wait)
            process.start()
            open("pid", "w").write(str(process.pid))
            return nn.Linear(1, 1)
        """
    )
    pid = int((runner.folder / "pid").read_text())
    assert alive(pid)
    runner.open(MLP)
    assert wait_until(lambda: not alive(pid))


def test_the_end_of_a_busy_start_is_noticed(start: Start) -> None:
    runner = start()
    runner._stream.close()
    runner.socket.close()
    assert runner.process.wait(30) == 0


def test_a_folder_that_cannot_be_written_is_an_error_that_names_the_file(runner: Runner) -> None:
    runner.open(MLP)
    (runner.folder / "taken").write_text("a file")
    cases = runner.cases(ids=torch.tensor([[1]]))
    error = runner.fail("record", out=str(runner.folder / "taken"), cases=cases, taps="all")
    assert "Cannot write" in error["message"] and "taken" in error["message"]
    recorded = runner.record(cases, out="a/b/c")
    assert load_file(recorded.files["c0"])["(output)"].shape == (1, 1, 11)
    missing = [{"id": "c0", "inputs": [{**cases[0]["inputs"][0], "tensor": "none"}]}]
    assert runner.fail("record", out="x", cases=missing, taps="all")["code"] == "INPUTS_INVALID"
    missing = [{"id": "c0", "inputs": [{**cases[0]["inputs"][0], "file": "none.safetensors"}]}]
    assert runner.fail("record", out="x", cases=missing, taps="all")["code"] == "FILE_NOT_FOUND"
