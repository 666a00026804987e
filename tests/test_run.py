"""`plait run` behaves as `python` does, with `import torch` meaning plait.torch."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from typing import Any

import pytest

import plait

SOURCE = str(pathlib.Path(plait.__file__).parent.parent)


def start(arguments: list[str], folder: pathlib.Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs `python -m plait …` in a folder."""
    paths = [SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **options.pop("env", {})}
    command = [sys.executable, "-m", "plait", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, **options)


def script(folder: pathlib.Path, text: str, name: str = "script.py") -> str:
    """Writes a script; returns its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def test_names_resolve_to_plait(tmp_path: pathlib.Path) -> None:
    script(
        tmp_path,
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nSHAPE = torch.Size([2])\n",
        "helper.py",
    )
    name = script(
        tmp_path,
        """
import sys
import torch, torch.nn as nn, torch.nn.functional as F
import torch.nn.modules.conv
from torch.nn.modules.utils import *
import helper
import plait.torch
assert torch is plait.torch and torch.nn is plait.torch.nn and helper.F is F and helper.nn is nn
assert sys.modules["torch.nn"] is sys.modules["plait.torch.nn"]
assert torch.__spec__.name == "plait.torch"
print(torch.Tensor, torch.float32, type(helper.SHAPE), nn.Parameter)
""",
    )
    done = start(["run", name], tmp_path)
    assert done.stderr == ""
    assert (
        done.stdout
        == "<class 'torch.Tensor'> torch.float32 <class 'torch.Size'> <class 'torch.nn.parameter.Parameter'>\n"
    )


def test_the_script_sees_what_python_shows(tmp_path: pathlib.Path) -> None:
    name = script(
        tmp_path,
        "'''Doc.'''\nimport sys, os\nprint(__name__, __file__ == os.path.abspath('sub/s.py'), sys.argv, __doc__, __package__, __spec__)\n"
        "print(sys.path[0] == os.path.join(os.getcwd(), 'sub'), sys.modules['__main__'].__dict__ is globals())\n",
        "sub/s.py",
    )
    done = start(["run", name, "-x", "--y", "z"], tmp_path)
    assert done.stdout == "__main__ True ['sub/s.py', '-x', '--y', 'z'] Doc. None None\nTrue True\n", done.stderr
    plain = subprocess.run([sys.executable, name, "-x", "--y", "z"], cwd=tmp_path, capture_output=True, text=True)
    assert plain.stdout == done.stdout


def test_modules_code_and_standard_input(tmp_path: pathlib.Path) -> None:
    script(tmp_path, "", "package/__init__.py")
    script(
        tmp_path,
        "import sys, torch\nfrom . import other\nprint(__name__, __package__, sys.argv[1:], other.X)\n",
        "package/tool.py",
    )
    script(tmp_path, "X = 5\n", "package/other.py")
    done = start(["run", "-m", "package.tool", "a"], tmp_path)
    assert done.stdout == "__main__ package ['a'] 5\n", done.stderr
    done = start(["run", "-c", "import torch, sys; print(sys.argv, repr(sys.path[0]))", "b"], tmp_path)
    assert done.stdout == "['-c', 'b'] ''\n", done.stderr
    done = start(["run", "-", "c"], tmp_path, input="import torch, sys\nprint(sys.argv)\n")
    assert done.stdout == "['-', 'c']\n", done.stderr
    done = start(["run", "-m", "package.missing"], tmp_path)
    assert done.returncode == 1 and "No module named package.missing" in done.stderr
    done = start(["run", "missing.py"], tmp_path)
    assert done.returncode == 2 and "can't open file" in done.stderr and "No such file" in done.stderr


@pytest.mark.parametrize(
    ("text", "status", "errors"),
    [
        ("print(1)", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("raise SystemExit('words')", 1, "words\n"),
        ("raise SystemExit", 0, ""),
        ("import os; os._exit(9)", 9, ""),
    ],
)
def test_exit_status(text: str, status: int, errors: str, tmp_path: pathlib.Path) -> None:
    done = start(["run", script(tmp_path, text)], tmp_path)
    assert (done.returncode, done.stderr) == (status, errors)


TRACED = """
import torch
def inner():
    raise ValueError("words")
def outer():
    try:
        inner()
    except ValueError as e:
        raise KeyError("more") from e
outer()
"""


def test_tracebacks_show_the_users_lines(tmp_path: pathlib.Path) -> None:
    name = script(tmp_path, TRACED)
    done = start(["run", name], tmp_path)
    script(tmp_path, "", "fake/torch.py")
    plain = subprocess.run(
        [sys.executable, name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "fake")},
    )
    assert done.stderr == plain.stderr and done.returncode == plain.returncode == 1
    name = script(tmp_path, "x = = 1\n")
    done = start(["run", name], tmp_path)
    plain = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == plain.stderr and done.returncode == 1
    name = script(tmp_path, "import torch\ntorch.device('nonsense')\n")
    done = start(["run", name], tmp_path)
    assert "_devices.py" not in done.stderr and f'File "{tmp_path / name}", line 2' in done.stderr
    done = start(["run", name], tmp_path, env={"PLAIT_TRACEBACK": "full"})
    assert "_devices.py" in done.stderr


def test_the_users_own_excepthook(tmp_path: pathlib.Path) -> None:
    name = script(
        tmp_path,
        "import sys\ndef hook(kind, error, trace):\n    print('caught', kind.__name__, trace.tb_frame.f_code.co_filename == __file__)\n"
        "sys.excepthook = hook\n1 / 0\n",
    )
    done = start(["run", name], tmp_path)
    assert (done.stdout, done.returncode) == ("caught ZeroDivisionError True\n", 1)


def test_interrupt_and_broken_pipe(tmp_path: pathlib.Path) -> None:
    name = script(tmp_path, "import torch, time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    process = subprocess.Popen(
        [sys.executable, "-m", "plait", "run", name],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background inherits that it is ignored
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (
        process.returncode == -signal.SIGINT
        and errors.rstrip().endswith("KeyboardInterrupt")
        and "running.py" not in errors
    )
    name = script(tmp_path, "import torch\nfor i in range(100000):\n    print(i)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "plait", "run", name],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert "BrokenPipeError" in process.stderr.read()
    assert process.wait(timeout=60) in (1, 120)


WORKERS = """
import multiprocessing, pickle, sys, subprocess
import torch

class Thing:
    def __init__(self, value):
        self.value = value

def work(thing):
    import torch as again
    return Thing(again.Size([thing.value])), again.__name__, type(again.float32).__module__

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            (thing, name, kind), = pool.map(work, [Thing(3)])
            print(method, thing.value, name, kind)
    print(pickle.loads(pickle.dumps(Thing(torch.device("cpu")))).value)
    print(subprocess.run([sys.executable, "-c", "import torch; print(torch.__name__, torch.__spec__.name)"], capture_output=True, text=True).stdout, end="")
"""


def test_worker_processes(tmp_path: pathlib.Path) -> None:
    done = start(["run", script(tmp_path, WORKERS)], tmp_path)
    assert done.stderr == ""
    lines = [f"{m} torch.Size([3]) torch torch" for m in ("fork", "spawn", "forkserver")]
    assert done.stdout.splitlines() == [*lines, "cpu", "torch plait.torch"]


def test_out_of_scope(tmp_path: pathlib.Path) -> None:
    name = script(
        tmp_path,
        "import torch\ntry:\n    import torch.distributed\nexcept ImportError as e:\n    print(e)\n"
        "try:\n    from torch import fft\nexcept ImportError as e:\n    print(e)\nprint(hasattr(torch, 'fft'))\n",
    )
    done = start(["run", name], tmp_path)
    words = "is not part of plait: it covers convolutional networks; see plait coverage torch"
    assert done.stdout == f"torch.distributed {words}\ntorch.fft {words}\nFalse\n", done.stderr


def test_another_sitecustomize_still_runs(tmp_path: pathlib.Path) -> None:
    script(tmp_path, "print('customised')\n", "site/sitecustomize.py")
    name = script(
        tmp_path,
        "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', ''], capture_output=True, text=True).stdout, end='')\n",
    )
    done = start(["run", name], tmp_path, env={"PYTHONPATH": os.pathsep.join([SOURCE, str(tmp_path / "site")])})
    assert done.stdout == "customised\ncustomised\n", done.stderr


def test_whole_modules_from_main(tmp_path: pathlib.Path) -> None:
    name = script(
        tmp_path,
        """
import io, torch, pickle
class Holder:
    def __init__(self):
        self.size, self.kind = torch.Size([2]), torch.nn.Parameter
buffer = io.BytesIO()
torch.save(Holder(), buffer)
buffer.seek(0)
found = torch.load(buffer, weights_only=False)
print(type(found), found.size, found.kind is torch.nn.Parameter)
print(pickle.loads(pickle.dumps(found)).kind)
""",
    )
    done = start(["run", name], tmp_path)
    assert done.stdout == (
        "<class '__main__.Holder'> torch.Size([2]) True\n<class 'torch.nn.parameter.Parameter'>\n"
    ), done.stderr


def test_other_commands(tmp_path: pathlib.Path) -> None:
    assert start(["--version"], tmp_path).stdout == f"plait {plait.__version__}\n"
    doctor = start(["doctor"], tmp_path)
    assert doctor.returncode == 0
    for word in ("plait", "python", "numpy", "instruction set", "threads", "allocator"):
        assert word in doctor.stdout
    nothing = start([], tmp_path)
    assert nothing.returncode == 2 and nothing.stderr.startswith("usage: plait run")
    assert start(["--help"], tmp_path).returncode == 0
    assert start(["coverage", "nonsense"], tmp_path).returncode == 2
    coverage = start(["coverage", "torch"], tmp_path)
    assert coverage.returncode == 0 and "(100.0 %)" in coverage.stdout


def test_tensorflow_and_keras_are_one(tmp_path: pathlib.Path) -> None:
    text = (
        "import keras\nimport tensorflow as tf\nfrom tensorflow import keras as inner\nfrom tensorflow.keras import layers\n"
        "from keras.src import ops\nassert keras is inner is tf.keras and layers is keras.layers and ops is keras.ops\n"
        "print(tf.constant([1, 2]) + 1, keras.ops.add(1, 2.5))\n"
    )
    done = start(["run", script(tmp_path, text)], tmp_path)
    assert done.stdout == "tf.Tensor([2 3], shape=(2,), dtype=int32) tf.Tensor(3.5, shape=(), dtype=float32)\n", (
        done.stderr
    )
