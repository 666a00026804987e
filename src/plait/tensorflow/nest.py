"""tf.nest: structures of tensors."""
