"""What the tape refuses, in Paddle's terms."""

from __future__ import annotations

TAPE_WORDS: dict[str, str | tuple[type[Exception], str]] = {
    "freed": (
        SystemError,
        "(Fatal) What this graph saved is gone: its gradient was worked out before. Please set retain_graph=True in the first "
        "backward/grad call.",
    ),
    "changed": "(PermissionDenied) A tensor that the gradient needs was changed in place after it was used: its version is {now}, and "
    "{then} was expected. Change it before it is used, or change a copy.\n  [Hint: Expected tensor_version == "
    "wrapper_version_snapshot, but received tensor_version:{now} != wrapper_version_snapshot:{then}.]",
}
