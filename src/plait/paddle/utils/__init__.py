"""paddle.utils: names, and nested structures."""

from plait.paddle._absent import getter
from plait.paddle.base import unique_name
from plait.paddle.utils import dlpack
from plait.paddle.utils.layers_utils import convert_to_list, flatten, map_structure, pack_sequence_as
from plait.paddle.utils.lazy_import import try_import

__all__ = [
    "convert_to_list",
    "dlpack",
    "flatten",
    "map_structure",
    "pack_sequence_as",
    "run_check",
    "try_import",
    "unique_name",
]


def run_check() -> None:
    """Compute a product and its gradient, and say that it works."""
    from plait.paddle import matmul, ones

    print("Running verify PaddlePaddle program ... ")
    x = ones([2, 2])
    x.stop_gradient = False
    matmul(x, x).sum().backward()
    if x.grad.tolist() != [[4.0, 4.0], [4.0, 4.0]]:
        raise RuntimeError("run_check: the gradient of a product of matrices is wrong")
    print("PaddlePaddle works well on 1 CPU.")
    print("PaddlePaddle is installed successfully! Let's start deep learning with PaddlePaddle now.")


__getattr__ = getter(__name__)
