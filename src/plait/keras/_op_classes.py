"""Symbolic calls of `keras.ops` functions as Operations under the names that Keras saves them by.

`_TABLE` lists, for each module of Keras' ops, function:Class(arguments of the constructor); the class's name is the function's in
camel case where it is not said, and the other arguments are those of the call. A file's config needs both.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from plait.keras._symbolic import KerasTensor, Operation

_TABLE = {
    "core": """
        cast(dtype) saturate_cast(dtype) scatter(shape) scatter_update(reduction) slice(shape) slice_update stop_gradient unstack(num,axis)
    """,
    "einops": """
        rearrange
    """,
    "image": """
        affine_transform(interpolation,fill_mode,fill_value,data_format)
        crop_images(top_cropping,left_cropping,bottom_cropping,right_cropping,target_height,target_width,data_format)
        elastic_transform(alpha,sigma,interpolation,fill_mode,fill_value,seed,data_format)
        extract_patches(size,strides,dilation_rate,padding,data_format)
        extract_patches_3d:ExtractPatches(size,strides,dilation_rate,padding,data_format)
        gaussian_blur(kernel_size,sigma,data_format) hsv_to_rgb:HSVToRGB(data_format)
        map_coordinates(order,fill_mode,fill_value)
        pad_images(top_padding,left_padding,bottom_padding,right_padding,target_height,target_width,data_format)
        perspective_transform(interpolation,fill_value,data_format)
        resize(size,interpolation,antialias,data_format,crop_to_aspect_ratio,pad_to_aspect_ratio,fill_mode,fill_value)
        rgb_to_grayscale:RGBToGrayscale(data_format) rgb_to_hsv:RGBToHSV(data_format)
        scale_and_translate(spatial_dims,method,antialias) sobel_edges(data_format)
        ssim:SSIM(max_val,filter_size,filter_sigma,k1,k2,data_format)
    """,
    "linalg": """
        cholesky(upper) cholesky_inverse(upper) det eig eigh inv lstsq(rcond) lu_factor matrix_rank(tol)
        norm(ord,axis,keepdims) pinv(rcond) qr(mode) solve solve_triangular(lower) svd:SVD(full_matrices,compute_uv)
    """,
    "math": """
        cdist:CDist erf erfc erfinv extract_sequences(sequence_length,sequence_stride) fft:FFT fft2:FFT2 ifft2:IFFT2
        in_top_k(k) irfft:IRFFT(fft_length)
        istft:ISTFT(sequence_length,sequence_stride,fft_length,length,window,center) logdet logsumexp(axis,keepdims)
        rfft:RFFT(fft_length) rsqrt segment_max(num_segments,sorted) segment_min(num_segments,sorted)
        segment_prod(num_segments,sorted) segment_sum(num_segments,sorted)
        stft:STFT(sequence_length,sequence_stride,fft_length,window,center) top_k(k,sorted) view_as_complex
        view_as_real
    """,
    "nn": """
        adaptive_average_pool(output_size,data_format) adaptive_max_pool(output_size,data_format)
        average_pool(pool_size,strides,padding,data_format) batch_normalization:BatchNorm(axis,epsilon)
        binary_crossentropy(from_logits) categorical_crossentropy(from_logits,axis) celu(alpha)
        conv(strides,padding,data_format,dilation_rate)
        conv_transpose(strides,padding,output_padding,data_format,dilation_rate)
        ctc_decode:CTCDecode(strategy,beam_width,top_paths,merge_repeated,mask_index) ctc_loss:CTCLoss(mask_index)
        depth_to_space(block_size,data_format) depthwise_conv(strides,padding,data_format,dilation_rate)
        dot_product_attention(is_causal,flash_attention,attn_logits_soft_cap) elu(alpha)
        fold(output_size,kernel_size,dilation,padding,stride) gelu(approximate) glu(axis) hard_shrink(threshold)
        hard_sigmoid hard_silu hard_tanh layer_normalization:LayerNorm(axis,epsilon) leaky_relu(negative_slope)
        log_sigmoid log_softmax(axis) max_pool(pool_size,strides,padding,data_format)
        moments(axes,keepdims,synchronized) multi_hot(num_classes,axis,dtype,sparse) normalize(axis,order,epsilon)
        one_hot(num_classes,axis,dtype,sparse) polar psnr:PSNR(max_val) relu relu6
        rms_normalization:RMSNorm(axis,epsilon) selu separable_conv(strides,padding,data_format,dilation_rate)
        sigmoid silu soft_shrink(threshold) softmax(axis) softplus softsign space_to_depth(block_size,data_format)
        sparse_categorical_crossentropy(from_logits,axis) sparse_plus sparse_sigmoid sparsemax(axis) squareplus(b)
        tanh_shrink threshold(threshold,default_value) unfold(kernel_size,dilation,padding,stride)
    """,
    "numpy": """
        absolute add all(axis,keepdims) allclose:AllClose(rtol,atol,equal_nan) amax(axis,keepdims)
        amin(axis,keepdims) angle any(axis,keepdims) append(axis) arange(dtype) arccos arccosh arcsin arcsinh arctan
        arctan2 arctanh argmax(axis,keepdims) argmin(axis,keepdims) argpartition(kth,axis) argsort(axis)
        array(dtype) array_split(indices_or_sections,axis) average(axis) bincount(weights,minlength,sparse)
        bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
        broadcast_to(shape) cbrt ceil clip(x_min,x_max) concatenate(axis) conjugate copy corrcoef correlate(mode)
        cos cosh count_nonzero(axis) cross(axisa,axisb,axisc,axis) cumprod(axis,dtype) cumsum(axis,dtype) deg2rad
        diag(k) diagflat(k) diagonal(offset,axis1,axis2) diff(n,axis) digitize divide divide_no_nan dot
        dsplit(indices_or_sections) dstack einsum(subscripts) empty_like(dtype) equal exp exp2 expand_dims(axis)
        expm1 fabs flip(axis) fliplr flipud floor floor_divide fmax fmin fmod full(shape,dtype) full_like(dtype) gcd
        get_item greater greater_equal heaviside histogram(bins,range) hsplit(indices_or_sections) hstack hypot i0
        imag inner isclose(equal_nan) isfinite isin:IsIn(assume_unique,invert) isinf isnan isneginf isposinf isreal
        kron lcm ldexp left_shift less less_equal linspace(num,endpoint,retstep,dtype,axis) log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not
        logical_or logical_xor logspace(num,endpoint,base,dtype,axis) matmul max(axis,keepdims,initial) maximum mean(axis,keepdims) median(axis,keepdims)
        meshgrid(indexing) min(axis,keepdims,initial) minimum mod moveaxis(source,destination) multiply
        nan_to_num(nan,posinf,neginf) nanargmax(axis,keepdims) nanargmin(axis,keepdims) nancumprod(axis,dtype)
        nancumsum(axis,dtype) nanmax(axis,keepdims) nanmean(axis,keepdims) nanmedian(axis,keepdims)
        nanmin(axis,keepdims) nanpercentile(axis,method,keepdims) nanprod(axis,keepdims)
        nanquantile(axis,method,keepdims) nanstd(axis,keepdims) nansum(axis,keepdims) nanvar(axis,keepdims) ndim
        negative nextafter nonzero not_equal ones_like(dtype) outer pad(pad_width,mode) percentile(axis,method,keepdims) power
        prod(axis,keepdims,dtype) ptp(axis,keepdims) quantile(axis,method,keepdims) rad2deg ravel real reciprocal
        repeat(repeats,axis) reshape(newshape) right_shift roll(shift,axis) rot90(k,axes) round(decimals)
        searchsorted:SearchSorted(side) select sign signbit sin sinc sinh size slogdet sort(axis)
        split(indices_or_sections,axis) sqrt square squeeze(axis) stack(axis) std(axis,keepdims) subtract
        sum(axis,keepdims) swapaxes(axis1,axis2) take(axis) take_along_axis(axis) tan tanh tensordot(axes)
        tile(repeats) trace(offset,axis1,axis2) transpose(axes) trapezoid(x,dx,axis) tril(k) triu(k) true_divide
        trunc unique(sorted,return_index,return_inverse,return_counts,axis,size,fill_value) unravel_index(shape)
        vander(N,increasing) var(axis,keepdims) vdot view(dtype) vsplit(indices_or_sections) vstack where
        zeros_like(dtype)
    """,
}

_ALIASES = {"abs": "absolute", "swish": "silu", "hard_swish": "hard_silu", "conj": "conjugate"}
_SECOND_CLASSES = {("keras.src.ops.numpy", "Abs"): "absolute", ("keras.src.ops.numpy", "Conj"): "conjugate"}

Entry = tuple[str, str, str, tuple[str, ...]]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@cache
def _entries() -> dict[str, Entry]:
    out: dict[str, Entry] = {}
    for module, text in _TABLE.items():
        for item in text.split():
            match = re.fullmatch(r"(\w+)(?::(\w+))?(?:\((.*)\))?", item)
            assert match is not None
            name, kind, params = match.groups()
            own = tuple(params.split(",")) if params else ()
            out[name] = (f"keras.src.ops.{module}", kind or _camel(name), name, own)
    return out


@cache
def _functions() -> dict[tuple[str, str], str]:
    """The function that an Operation of (module, class) stands for."""
    return {(module, kind): name for name, (module, kind, _, _) in reversed(_entries().items())}


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


class OpOperation(Operation):
    """An op as an Operation; each function of `keras.ops` has a subclass of its own."""

    function_name = ""
    own: tuple[str, ...] = ()
    function: Callable[..., Any] | None = None

    def __init__(self, *args: Any, name: str | None = None, **config: Any) -> None:
        super().__init__(name=name)
        config.update(zip(self.own, args, strict=False))
        if unknown := set(config) - set(self.own):
            raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{unknown.pop()}'")
        self._config = config

    def _function(self) -> Callable[..., Any]:
        if self.function is not None:
            return self.function
        from plait.keras import ops

        return getattr(ops, self.function_name)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The function's own arguments: those of a call with the constructor's among them."""
        given = iter(args)
        positional: list[Any] = []
        named: dict[str, Any] = dict(kwargs)
        for name, p in _signature(self._function()).parameters.items():
            if p.kind == p.VAR_POSITIONAL:
                positional += given
            elif p.kind == p.VAR_KEYWORD:
                continue
            elif name in self._config:
                if p.kind == p.KEYWORD_ONLY:
                    named[name] = self._config[name]
                else:
                    positional.append(self._config[name])
            elif name not in named:
                try:
                    positional.append(next(given))
                except StopIteration:  # its own default; what follows goes by name
                    after = list(_signature(self._function()).parameters)
                    named.update((n, self._config[n]) for n in after[after.index(name) :] if n in self._config)
                    break
            else:
                positional.append(named.pop(name))
        return positional, named

    def call(self, *args: Any, **kwargs: Any) -> Any:
        positional, named = self._arguments(args, kwargs)
        return self._function()(*positional, **named)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        from plait.keras._infer import infer_on_values
        from plait.keras._op_specs import RULES

        rule = RULES.get(self.function_name)
        if rule is not None:
            positional, named = self._arguments(args, kwargs)
            if (spec := rule(*positional, **named)) is not None:
                return spec
        spec = infer_on_values(self.call, *args, one_op=True, **kwargs)
        if self.function_name == "multiply" and isinstance(spec, KerasTensor):
            # Upstream's mark of a product: whatever is no symbolic tensor, a number too, counts as sparse.
            spec._sparse = any(getattr(x, "sparse", True) for x in (*args, *kwargs.values()))
        return spec

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self._config}


class Cond(Operation):
    """One of two functions, as a symbolic truth has it when values come."""

    __module__ = "keras.src.ops.core"

    def call(self, pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
        return true_fn() if bool(pred) else false_fn()

    def compute_output_spec(self, pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
        from plait.keras import tree
        from plait.keras._infer import compute_output_spec

        one, other = compute_output_spec(true_fn), compute_output_spec(false_fn)
        pairs = list(zip(tree.flatten(one), tree.flatten(other), strict=False))
        same = len(tree.flatten(one)) == len(tree.flatten(other)) and all(
            getattr(a, "shape", None) == getattr(b, "shape", None)
            and getattr(a, "dtype", None) == getattr(b, "dtype", None)
            for a, b in pairs
        )
        if not same:
            raise ValueError(
                "`true_fn` and `false_fn` should return outputs of the same kind (struct, dtype and shape); "
                f"got {one} and {other}"
            )
        return one


@cache
def class_of(function_name: str) -> type[OpOperation]:
    """The Operation class of a function of `keras.ops`."""
    name = _ALIASES.get(function_name, function_name)
    module, kind, name, own = _entries().get(name, ("keras.src.ops.core", _camel(name), name, ()))
    return type(kind, (OpOperation,), {"__module__": module, "function_name": name, "own": own})


def class_named(module: str, kind: str) -> type[Operation] | None:
    """The Operation class that a saved config calls `module.kind`."""
    if (module, kind) == (Cond.__module__, "Cond"):
        return Cond
    name = _functions().get((module, kind)) or _SECOND_CLASSES.get((module, kind))
    return None if name is None else class_of(name)


def operation_of(
    function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[OpOperation, list[Any], dict[str, Any]]:
    """The Operation for one call of `function`, and the arguments to call it with."""
    cls = class_of(name)
    signature = _signature(function)
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    config: dict[str, Any] = {}
    call_args: list[Any] = []
    call_kwargs: dict[str, Any] = {}
    for key, value in bound.arguments.items():
        kind = signature.parameters[key].kind
        if key in cls.own:
            config[key] = value
        elif kind == inspect.Parameter.VAR_POSITIONAL:
            call_args += value
        elif kind == inspect.Parameter.VAR_KEYWORD:
            call_kwargs |= value
        elif kind == inspect.Parameter.KEYWORD_ONLY:
            call_kwargs[key] = value
        else:
            call_args.append(value)
    operation = cls(**config)
    if cls.function_name not in _entries():
        operation.function = function
    return operation, call_args, call_kwargs
