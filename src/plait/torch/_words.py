"""What the tape refuses, in upstream's words: scripts match them."""

from __future__ import annotations

_MANY = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified "
    "inplace. You should replace the inplace operation by an out-of-place one."
)

TAPE_WORDS: dict[str, str | tuple[type[Exception], str]] = {
    "freed": "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
    "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if "
    "you need to backward through the graph a second time or if you need to access saved tensors after calling backward.",
    "changed": "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[torch.{dtype}Tensor {shape}]{made} is at version {now}; expected version {then} instead. "
    "Hint: enable anomaly detection to find the operation that failed to compute its gradient, "
    "with torch.autograd.set_detect_anomaly(True, check_nan=False).",
    "leaf": "a leaf Variable that requires grad is being used in an in-place operation.",
    "view_of_leaf": "a view of a leaf Variable that requires grad is being used in an in-place operation.",
    "one_of_views": "Output {index} of {maker} is a view and is being modified inplace. " + _MANY,
    "base_changed": "Output {index} of {maker} is a view and its base or another view of its base has been modified inplace. "
    + _MANY,
    "unrecorded_view": "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is "
    "ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both "
    "inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be "
    "tracked).",
    "untaped": "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
    "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.",
    "overlap": "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation.",
    "meeting": "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation.",
}
