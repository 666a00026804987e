"""OpenVINO: forward only, in float32; input and output are its own arrays."""

from __future__ import annotations

import io

import openvino

from benchmarks import peers
from benchmarks.peers import Task, Work, onnx_models


class Peer(peers.Peer):
    title = f"OpenVINO {openvino.__version__.split('-')[0]}"
    modules = "openvino"

    def __init__(self, threads: int) -> None:
        self.core = openvino.Core()
        self.settings = {
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }

    def build(self, task: Task) -> list[Work]:
        network = self.core.read_model(io.BytesIO(onnx_models.model(task.spec)))
        request = self.core.compile_model(network, "CPU", self.settings).create_infer_request()
        request.set_input_tensor(openvino.Tensor(task.x))
        return [Work(request.infer, lambda _: [request.get_output_tensor().data.copy()])]
