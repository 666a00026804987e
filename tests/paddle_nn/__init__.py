"""Cases of `paddle.nn`, for the golden data and for the live comparison."""
