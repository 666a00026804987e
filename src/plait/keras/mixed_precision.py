"""keras.mixed_precision: older names for dtype policies."""

from plait.keras.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy

__all__ = ["DTypePolicy", "Policy", "dtype_policy", "global_policy", "set_dtype_policy", "set_global_policy"]

Policy, global_policy, set_global_policy = DTypePolicy, dtype_policy, set_dtype_policy
