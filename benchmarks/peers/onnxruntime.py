"""ONNX Runtime: forward only; input bound once, so that no array is copied at its border."""

from __future__ import annotations

import onnxruntime

from benchmarks import peers
from benchmarks.peers import Task, Work, onnx_models


class Peer(peers.Peer):
    title = f"ONNX Runtime {onnxruntime.__version__}"
    modules = "onnxruntime"

    def __init__(self, threads: int) -> None:
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.inter_op_num_threads = 1
        self.options.log_severity_level = 4

    def build(self, task: Task) -> list[Work]:
        model = onnx_models.model(task.spec)
        session = onnxruntime.InferenceSession(model, self.options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(task.x))
        binding.bind_output("y")
        return [Work(lambda: session.run_with_iobinding(binding), lambda _: [binding.get_outputs()[0].numpy()])]
