"""torch.save and torch.load: files of PyTorch, round trips, and files that are damaged or hostile."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import pathlib
import pickle
import random
import struct
import zipfile
from collections import Counter, OrderedDict
from typing import Any

import numpy as np
import pytest

from plait import torch
from plait.torch import serialization, storage

GOLDEN = pathlib.Path(__file__).parent / "golden" / "serialization"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())["files"]
pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
REFUSED = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError)


def wrap(array: Any) -> Any:
    return torch.Tensor.wrap(np.asarray(array))


def saved(obj: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(obj, buffer, **options)
    return buffer.getvalue()


def loaded(data: bytes, **options: Any) -> Any:
    return torch.load(io.BytesIO(data), **options)


def check(value: Any, expected: Any) -> None:
    """Compares a loaded value with what the recorder said of it."""
    if "tensor" in expected:
        assert isinstance(value, torch.Tensor)
        assert str(value.dtype) == expected["tensor"]
        assert list(value.array.shape) == expected["shape"]
        if value.array.size > 1:
            assert [s // value.array.itemsize for s in value.array.strides] == expected["stride"]
        from plait.torch._printing import _plain

        assert np.array_equal(_plain(value.array).reshape(-1).tolist(), expected["values"], equal_nan=True)
        assert isinstance(value, torch.nn.Parameter) == expected["parameter"]
        assert value.requires_grad == expected["requires_grad"]
    elif "dict" in expected:
        assert type(value).__name__ == expected["dict"]
        assert len(value) == len(expected["items"])
        for (key, item), (expected_key, expected_item) in zip(value.items(), expected["items"], strict=True):
            check(key, expected_key)
            check(item, expected_item)
    elif "list" in expected or "tuple" in expected:
        kind = "list" if "list" in expected else "tuple"
        assert type(value).__name__ == kind and len(value) == len(expected[kind])
        for item, expected_item in zip(value, expected[kind], strict=True):
            check(item, expected_item)
    else:
        assert repr(value) == expected["repr"]


@pytest.mark.parametrize("name", list(EXPECTED))
@pytest.mark.parametrize("mapped", [False, True])
def test_files_of_pytorch(name: str, mapped: bool) -> None:
    if mapped and name.endswith("_legacy"):
        with pytest.raises(RuntimeError, match="mmap can only be used"):
            torch.load(GOLDEN / f"{name}.pt", mmap=True)
        return
    value = torch.load(GOLDEN / f"{name}.pt", mmap=mapped)
    check(value, EXPECTED[name])
    check(loaded(saved(value)), EXPECTED[name])


def test_tar_of_the_first_format() -> None:
    with pytest.raises(RuntimeError, match=r"legacy \.tar format"):
        torch.load(GOLDEN / "tar.pt")
    value = torch.load(GOLDEN / "tar.pt", weights_only=False)
    check(value, json.loads((GOLDEN / "expected.json").read_text())["tar"])
    value["a"].array[1, 2, 3] = -1
    assert value["t"].array[3, 2, 1] == -1 and value["n"]["again"] is value["a"]
    data = (GOLDEN / "tar.pt").read_bytes()
    for at in range(600, len(data), 97):  # damaged and cut files are refused with an error of the loader's
        for bad in (data[:at], data[:at] + b"\xff\xff" + data[at + 2 :]):
            try:
                loaded(bad, weights_only=False)
            except (RuntimeError, pickle.UnpicklingError, EOFError):
                pass


def test_views_share_memory() -> None:
    base, turned, row, *_ = torch.load(GOLDEN / "views.pt")
    base.array[1, 2, 3] = -1
    assert turned.array[3, 2, 1] == -1 and row.array[2, 3] == -1
    mine = np.arange(6.0).reshape(2, 3)
    for zipped in (True, False):
        a, b = loaded(saved([wrap(mine), wrap(mine.T)], _use_new_zipfile_serialization=zipped))
        a.array[0, 2] = 9
        assert b.array[2, 0] == 9


def test_attributes_and_classes() -> None:
    tensor = torch.load(GOLDEN / "attribute.pt")
    assert tensor.note == "mine"
    tensor.other = [1]
    assert loaded(saved(tensor)).other == [1]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("whole_module.pt", "GLOBAL torch.nn.modules.container.Sequential was not an allowed global by default"),
        ("numpy_scalar.pt", "GLOBAL numpy._core.multiarray.scalar was not an allowed global"),
        ("function.pt", "GLOBAL print was not an allowed global"),
    ],
)
def test_what_weights_only_refuses(file: str, words: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match=words):
        torch.load(GOLDEN / file)


def test_consent() -> None:
    assert torch.load(GOLDEN / "numpy_scalar.pt", weights_only=False) == 1.5
    with pytest.raises(pickle.UnpicklingError, match="never runs it"):
        torch.load(GOLDEN / "function.pt", weights_only=False)


class Thing:
    """A class of the program's own."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Slotted:
    __slots__ = ("value",)


def test_the_programs_own_classes() -> None:
    slotted = Slotted()
    slotted.value = wrap([1.0])
    data = saved([Thing(wrap([2.0])), slotted, Thing])
    with pytest.raises(pickle.UnpicklingError, match="Thing was not an allowed global"):
        loaded(data)
    first, second, third = loaded(data, weights_only=False)
    assert type(first) is Thing and first.value.array[0] == 2 and second.value.array[0] == 1 and third is Thing
    with serialization.safe_globals([Thing, Slotted]):
        assert set(serialization.get_safe_globals()) == {Thing, Slotted}
        assert loaded(data)[0].value.array[0] == 2
    assert serialization.get_safe_globals() == []
    assert serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data)) == [
        f"{__name__}.Slotted",
        f"{__name__}.Thing",
    ]


class Sub(torch.Tensor):
    """A tensor of the program's own."""


class Bound:
    """Keeps a method of its own, as modules with hooks do."""

    def __init__(self) -> None:
        self.hook = self.method

    def method(self) -> str:
        return "called"


def test_subclasses_and_bound_methods() -> None:
    leaf = wrap(np.ones(2)).requires_grad_()
    sub = leaf.as_subclass(Sub)
    assert type(sub) is Sub and sub.requires_grad and repr(sub).startswith("Sub([1., 1.], dtype=torch.float64")
    found = loaded(saved([wrap(np.arange(3)).as_subclass(Sub), Bound()]), weights_only=False)
    assert type(found[0]) is Sub and found[0].array.tolist() == [0, 1, 2]
    assert found[1].hook() == "called" and found[1].hook.__self__ is found[1]
    lazy = loaded(saved(torch.nn.LazyLinear(3)), weights_only=False)
    assert tuple(lazy(torch.ones(1, 4)).shape) == (1, 3)
    with pytest.raises(AttributeError, match="Can't pickle local object"):
        saved(lambda: 0)


class Attack:
    """Pickles as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def raw_zip(pickled: bytes, **records: bytes) -> bytes:
    """An archive with this data.pkl, made by another writer."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in records.items():
            archive.writestr("archive/" + name.replace("__", "/"), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "call",
    [
        (os.system, ("touch /tmp/plait_was_here",)),
        (eval, ("1",)),
        (exec, ("1",)),
        (__import__, ("os",)),
        (getattr, ("x", "upper")),
        (open, ("/tmp/plait_was_here", "w")),
        (pickle.loads, (b"",)),
        (bytearray, (1 << 40,)),
        (np.load, ("x",)),
        (os.path.join, ("a", "b")),
    ],
)
@pytest.mark.parametrize("consent", [False, True])
def test_calls_are_refused(call: Any, consent: bool) -> None:
    for data in (pickle.dumps(Attack(*call), 2), pickle.dumps(Attack(*call), 4)):
        with pytest.raises(pickle.UnpicklingError):
            loaded(raw_zip(data), weights_only=not consent)
    assert not os.path.exists("/tmp/plait_was_here")


def storage_pickle(count: int, offset: int, size: tuple[int, ...], stride: tuple[int, ...], key: str = "0") -> bytes:
    """data.pkl of one float tensor, as the numbers say."""
    target = io.BytesIO()
    from plait.torch import _utils
    from plait.torch._pickler import Pickler

    untyped = storage.UntypedStorage(8)
    typed = storage.TypedStorage(wrap_storage=untyped, dtype=torch.float32)
    call = (_utils._rebuild_tensor_v2, (typed, offset, size, stride, False, OrderedDict()))
    Pickler(target, 2, lambda obj: ("storage", storage.FloatStorage, key, "cpu", count)).dump(Attack(*call))
    return target.getvalue()


@pytest.mark.parametrize(
    ("count", "offset", "size", "stride"),
    [
        (2, 0, (3,), (1,)),
        (2, 1, (2,), (1,)),
        (2, -1, (1,), (1,)),
        (2, 0, (2,), (-1,)),
        (2, 0, (-2,), (1,)),
        (2, 0, (2, 2), (1,)),
        (2, 0, (2,), (1 << 62,)),
        (2, 0, (1 << 40, 1 << 40), (0, 0)),
        (2, 1 << 70, (1,), (1,)),
        (1 << 60, 0, (2,), (1,)),
        (-1, 0, (2,), (1,)),
        (2, 0, (1,) * 100, (1,) * 100),
        (0, 0, (1,), (1,)),
    ],
)
def test_tensors_outside_their_storage(count: int, offset: int, size: Any, stride: Any) -> None:
    data = raw_zip(storage_pickle(count, offset, size, stride), data__0=b"\0" * 8)
    with pytest.raises(REFUSED):
        loaded(data)


def test_a_foreign_archive_is_read() -> None:
    data = raw_zip(storage_pickle(2, 0, (2,), (1,)), data__0=struct.pack("<2f", 3, 4))
    assert loaded(data).array.tolist() == [3, 4]
    assert loaded(raw_zip(storage_pickle(2, 0, (10**9,), (0,)), data__0=b"\0" * 8)).array.shape == (10**9,)
    swapped = raw_zip(storage_pickle(2, 0, (2,), (1,)), data__0=struct.pack(">2f", 3, 4), byteorder=b"big")
    assert loaded(swapped).array.tolist() == [3, 4]
    with pytest.raises(ValueError, match="Unknown endianness type: middle"):
        loaded(raw_zip(storage_pickle(2, 0, (2,), (1,)), data__0=b"\0" * 8, byteorder=b"middle"))
    with pytest.raises(RuntimeError, match="data/1"):
        loaded(raw_zip(storage_pickle(2, 0, (2,), (1,), key="1"), data__0=b"\0" * 8))
    with pytest.raises(RuntimeError, match="TorchScript"):
        loaded(raw_zip(pickle.dumps(1, 2), **{"constants.pkl": b""}))


def test_deep_and_repeating_pickles() -> None:
    nested = b"\x80\x02" + b")" + b"\x85" * 200_000 + b"."
    value = loaded(raw_zip(nested))
    assert isinstance(value, tuple)
    key = b"\x80\x02}" + b")" + b"\x85" * 200_000 + b"Ns."
    with pytest.raises(pickle.UnpicklingError, match="nested too deeply"):
        loaded(raw_zip(key))
    doubling = b"\x80\x02}" + b")" + b"q\x00h\x00\x86" * 60 + b"Ns."
    with pytest.raises(pickle.UnpicklingError, match="nested too deeply"):
        loaded(raw_zip(doubling))
    text = b"X" + struct.pack("<I", 100_000) + b"a" * 100_000 + b"q\x00"
    call = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    with pytest.raises(pickle.UnpicklingError, match="copies far more than it holds"):
        loaded(raw_zip(b"\x80\x02(" + text + call * 5000 + b"l."))
    function = b"\x80\x02)" + b"\x85" * 200_000 + b")R."
    with pytest.raises(pickle.UnpicklingError):
        loaded(raw_zip(function))


def test_every_truncation_is_an_error() -> None:
    values = {"a": wrap(np.arange(20, dtype=np.float32)), "b": [1, "x", wrap(np.ones((2, 2)))]}
    for zipped in (True, False):
        whole = saved(values, _use_new_zipfile_serialization=zipped)
        for end in range(len(whole)):
            with pytest.raises(REFUSED):
                loaded(whole[:end])


@pytest.mark.parametrize("zipped", [True, False])
def test_flipped_bits_never_crash(zipped: bool) -> None:
    values = OrderedDict(
        a=wrap(np.arange(6, dtype=np.float32).reshape(2, 3)), b=[1, 2.5, "x", {"k": (None, True)}], c=torch.Size([3])
    )
    whole = saved(values, _use_new_zipfile_serialization=zipped)
    r = random.Random(5)
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(r.choice([1, 1, 2, 5])):
            data[r.randrange(len(data))] ^= 1 << r.randrange(8)
        for consent in (False, True):
            with contextlib.suppress(*REFUSED):
                loaded(bytes(data), weights_only=not consent)


def test_mutated_files_never_crash() -> None:
    r = random.Random(11)
    files = [path.read_bytes() for path in sorted(GOLDEN.glob("*.pt"))]
    for _ in range(3000):
        data = bytearray(r.choice(files))
        for _ in range(r.choice([1, 2, 8])):
            at, size = r.randrange(len(data)), r.randint(1, 4)
            change = r.choice(["set", "insert", "delete", "copy"])
            if change == "set":
                data[at] = r.randrange(256)
            elif change == "insert":
                data[at:at] = bytes(r.randrange(256) for _ in range(size))
            elif change == "delete":
                del data[at : at + size]
            else:
                source = r.randrange(len(data))
                data[at : at + 20] = data[source : source + 20]
        with contextlib.suppress(*REFUSED):
            loaded(bytes(data))


def test_random_pickles_never_crash() -> None:
    r = random.Random(7)
    for _ in range(3000):
        body = bytes(r.randrange(256) for _ in range(r.randint(1, 40)))
        with pytest.raises((pickle.UnpicklingError, EOFError)):
            result = loaded(raw_zip(b"\x80\x02" + body))
            raise EOFError(repr(type(result)))


def test_zip_tricks() -> None:
    good = saved({"a": wrap(np.arange(4.0))})
    # The same name twice; a record outside the folder; encrypted; a directory that points at another record.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("archive/data.pkl", pickle.dumps(1, 2))
        archive.writestr("archive/data.pkl", pickle.dumps(2, 2))
    with pytest.raises(RuntimeError, match="there twice"):
        loaded(buffer.getvalue())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(1, 2))
        archive.writestr("../data/0", b"")
    with pytest.raises(RuntimeError, match="outside the archive's folder"):
        loaded(buffer.getvalue())
    directory = good.index(b"PK\1\2")
    encrypted = bytearray(good)
    encrypted[directory + 8] |= 1
    with pytest.raises(RuntimeError, match="encrypted"):
        loaded(bytes(encrypted))
    second = good.index(b"PK\1\2", directory + 4)
    overlapping = bytearray(good)
    overlapping[second + 42 : second + 46] = struct.pack("<I", 0)
    with pytest.raises(RuntimeError, match=r"overlaps|differs"):
        loaded(bytes(overlapping))
    huge = bytearray(good)
    huge[directory + 20 : directory + 28] = struct.pack("<2I", 0xFFFFFFF0, 0xFFFFFFF0)
    with pytest.raises(RuntimeError, match="lies outside"):
        loaded(bytes(huge))
    data = good.index(np.arange(4.0).tobytes())
    flipped = bytearray(good)
    flipped[data + 7] ^= 1
    with pytest.raises(RuntimeError, match="wrong checksum"):
        loaded(bytes(flipped))


def test_packed_archives() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", storage_pickle(2000, 0, (2000,), (1,)))
        archive.writestr("m/data/0", np.ones(2000, np.float32).tobytes())
    assert loaded(buffer.getvalue()).array.sum() == 2000


def test_map_location() -> None:
    data = saved(wrap(np.ones(3)))
    for place in (
        "cpu",
        "cpu:0",
        torch.device("cpu"),
        {"cpu": "cpu"},
        b"cpu",
        lambda s, where: s,
        lambda s, where: None,
    ):
        assert loaded(data, map_location=place).array.sum() == 3
    for place in ("cuda", "cuda:0", torch.device("cuda"), {"cpu": "cuda:1"}):
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            loaded(data, map_location=place)
    with pytest.raises(RuntimeError, match="don't know how to restore data location"):
        loaded(data, map_location="foo")


def test_writing_is_all_or_nothing(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"v": 1}, path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="pickle"):
        torch.save({"w": wrap(np.ones(3)), "f": lambda: 0}, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.pt"]

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        torch.save({"v": 1}, Full())
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        torch.save(1, tmp_path / "none" / "x.pt")
    with pytest.raises(AttributeError, match="'write' attribute"):
        torch.save(1, 5)
    link = tmp_path / "link.pt"
    link.symlink_to(path)
    torch.save({"v": 2}, link)
    assert link.is_symlink() and torch.load(path) == {"v": 2}
    os.chmod(path, 0o600)
    torch.save({"v": 3}, str(path))
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_reading_needs_a_file() -> None:
    with pytest.raises(FileNotFoundError):
        torch.load("/nonexistent.pt")
    with pytest.raises(
        AttributeError, match=r"has no attribute 'read'|has no attribute 'seek'|has no attribute 'tell'"
    ):
        torch.load(5)
    with pytest.raises(EOFError):
        torch.load(io.BytesIO())
    with pytest.raises(RuntimeError, match="Can not safely load weights"):
        loaded(saved(1), weights_only=True, pickle_module=pickle)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        a = np.ones(4, np.float32)
        saved([wrap(a), wrap(a.view(np.int32))])


def test_layout_of_the_archive() -> None:
    data = saved({"a": wrap(np.arange(4.0)), "b": wrap(np.arange(3))})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = [i.filename for i in archive.infolist()]
        assert names[:4] == [
            "archive/data.pkl",
            "archive/.format_version",
            "archive/.storage_alignment",
            "archive/byteorder",
        ]
        assert names[4:7] == ["archive/data/0", "archive/data/1", "archive/version"]
    assert data.index(np.arange(4.0).tobytes()) % 64 == 0


def test_pickle_and_copy() -> None:
    base = np.arange(6, dtype=np.float32)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        tensor = pickle.loads(pickle.dumps(wrap(base[2:]), protocol))
        assert tensor.array.tolist() == [2, 3, 4, 5]
    parameter = torch.nn.Parameter(wrap(base), requires_grad=False)
    again = pickle.loads(pickle.dumps(parameter))
    assert type(again) is torch.nn.Parameter and not again.requires_grad
    assert type(copy.deepcopy(parameter)) is torch.nn.Parameter
    leaf = wrap(base)
    leaf.requires_grad_()
    leaf.grad = wrap(base)
    first, second = copy.deepcopy([leaf, wrap(base[1:])])
    assert first.requires_grad and first.grad is not leaf.grad and first.grad.array.tolist() == base.tolist()
    first.array[1] = 70
    assert second.array[0] == 70 and base[1] == 1
    for thing in (torch.float32, torch.Size([2]), torch.device("cpu"), torch.channels_last):
        assert pickle.loads(pickle.dumps(thing)) == thing
        assert copy.deepcopy(thing) == thing


def test_storages() -> None:
    base = np.arange(6, dtype=np.float32).reshape(2, 3)
    a, b = wrap(base), wrap(base[1])
    assert a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
    assert a.untyped_storage() is b.untyped_storage()
    assert a.untyped_storage().nbytes() == 24 and a.storage().size() == 6
    assert b.storage().tolist() == [0, 1, 2, 3, 4, 5]
    assert repr(wrap(np.float32([1, 2])).storage()) == (
        " 1.0\n 2.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 2]"
    )
    typed, untyped = loaded(saved([a.storage(), wrap(np.zeros(2, np.uint8)).untyped_storage()]))
    assert typed.tolist() == [0, 1, 2, 3, 4, 5] and untyped.tolist() == [0, 0]
    assert pickle.loads(pickle.dumps(a.storage())).tolist() == typed.tolist()


def test_containers_keep_their_type() -> None:
    ordered = OrderedDict(b=1, a=2)
    ordered.mark = "kept"  # type: ignore[attr-defined]
    found = loaded(
        saved([ordered, Counter("aab"), {1, 2}, frozenset([3]), bytearray(b"xy"), slice(1, 2)]), weights_only=False
    )
    assert found == [ordered, Counter("aab"), {1, 2}, frozenset([3]), bytearray(b"xy"), slice(1, 2)]
    assert found[0].mark == "kept" and list(found[0]) == ["b", "a"]
