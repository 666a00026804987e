"""tf.experimental: DLPack alone."""

from plait.tensorflow.experimental import dlpack

__all__ = ["dlpack"]
