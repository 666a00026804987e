import torch, pickle, copy, io

t = torch.arange(6.0).view(2, 3)
print(pickle.loads(pickle.dumps(t)), copy.copy(t), copy.deepcopy(t))
b = io.BytesIO()
torch.save([t, t[1], {"a": (1, "x", None)}], b)
b.seek(0)
l = torch.load(b)
l[0][1, 0] = 99
print(l)
print(
    t.untyped_storage().nbytes(),
    t.storage_offset(),
    t[1].storage_offset(),
    t.element_size(),
    t.nelement(),
    t.data_ptr() == t[0].data_ptr(),
)
print(
    torch.finfo(torch.float32).eps, torch.iinfo(torch.int32).max, torch.finfo(torch.float16), torch.get_default_dtype()
)
print(
    torch.Size([2, 3]) == (2, 3),
    t.shape[0],
    t.size(-1),
    list(t.shape),
    tuple(t.shape),
    t.dim(),
    t.ndim,
    len(t),
    t.numel(),
)
print(
    torch.float32,
    torch.float,
    torch.int64 == torch.long,
    t.dtype == torch.float32,
    torch.float32.is_floating_point,
    torch.promote_types(torch.int32, torch.float16),
)
print(
    torch.device("cpu"),
    repr(torch.device("cuda:0")),
    t.device.type,
    t.is_cuda,
    torch.cuda.is_available(),
    torch.cuda.device_count(),
)
d = "cuda" if torch.cuda.is_available() else "cpu"
print(t.to(d).device, torch.zeros(2, device=d))
print(isinstance(t, torch.Tensor), torch.is_tensor(t), type(t), type(torch.nn.Parameter(t)), t.__class__.__name__)
m = torch.nn.Linear(2, 2)
m2 = copy.deepcopy(m)
print(torch.equal(m.weight, m2.weight), m.weight is m2.weight)
try:
    torch.load(io.BytesIO(pickle.dumps(print)))
except Exception as e:
    print(type(e).__name__)
try:
    torch.load("/nonexistent")
except Exception as e:
    print(type(e).__name__, e)
import numpy as np

n = np.arange(3.0)
tt = torch.from_numpy(n)
n[0] = 7
print(tt, torch.tensor(n), torch.as_tensor(n).dtype, np.array(tt), np.sin(tt.numpy()), np.asarray(tt).dtype)
print(torch.tensor(np.float32(3)), torch.tensor([np.int64(3), 4]), torch.tensor(np.ones((2, 2), np.int32)))
