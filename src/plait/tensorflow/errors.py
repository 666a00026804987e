"""tf.errors: the exceptions that operations raise."""
