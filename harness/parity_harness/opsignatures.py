"""Names of the positional parameters of builtin functions, which have no signature to ask for.

Taken from the signatures in torch's documentation. What a Tensor method and a function of torch share is listed once,
with the tensor as `input`; `Tensor.<name>` lists a method that takes its arguments otherwise.
"""

from __future__ import annotations

_LISTING = """
linear: input weight bias
bilinear: input1 input2 weight bias
conv1d conv2d conv3d: input weight bias stride padding dilation groups
conv_transpose1d conv_transpose2d conv_transpose3d: input weight bias stride padding output_padding groups dilation
matmul mm bmm mv dot outer inner maximum minimum floor_divide remainder fmod atan2 logical_and logical_or: input other
logical_xor bitwise_and bitwise_or bitwise_xor eq ne lt le gt ge kron: input other
add sub subtract mul multiply div divide true_divide: input other
rsub: input other
pow: input exponent
addmm: input mat1 mat2
baddbmm addbmm: input batch1 batch2
addmv: input mat vec
addcmul addcdiv: input tensor1 tensor2
lerp: input end weight
neg negative abs exp expm1 log log2 log10 log1p sqrt rsqrt square sin cos tan sinh cosh tanh sigmoid erf erfc: input
reciprocal sign floor ceil round trunc isnan isinf isfinite relu relu6 selu silu mish logical_not bitwise_not: input
clone contiguous detach t T mT H mH float double half bfloat16 long int bool cpu numel tanhshrink softsign: input
log_sigmoid logsigmoid hardswish hardsigmoid: input
gelu: input approximate
leaky_relu: input negative_slope inplace
elu: input alpha scale input_scale
celu: input alpha
softplus: input beta threshold
softshrink hardshrink: input lambd
hardtanh: input min_val max_val
threshold: input threshold value
prelu: input weight
glu: input dim
softmax log_softmax softmin logsumexp cumsum cumprod: input dim
clamp clip: input min max
clamp_min: input min
clamp_max: input max
nan_to_num: input nan posinf neginf
max_pool1d max_pool2d max_pool3d: input kernel_size stride padding dilation ceil_mode
max_pool1d_with_indices max_pool2d_with_indices: input kernel_size stride padding dilation ceil_mode
avg_pool1d: input kernel_size stride padding ceil_mode count_include_pad
avg_pool2d avg_pool3d: input kernel_size stride padding ceil_mode count_include_pad divisor_override
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d: input output_size
adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d: input output_size
batch_norm: input running_mean running_var weight bias training momentum eps
layer_norm: input normalized_shape weight bias eps
group_norm: input num_groups weight bias eps
rms_norm: input normalized_shape weight eps
instance_norm: input running_mean running_var weight bias use_input_stats momentum eps
embedding: input weight padding_idx max_norm norm_type scale_grad_by_freq sparse
mean sum prod amax amin all any argmax argmin count_nonzero: input dim keepdim
max min: input dim keepdim
median mode: input dim keepdim
var std var_mean std_mean: input dim unbiased keepdim
norm: input p dim keepdim
linalg_norm linalg_vector_norm: input ord dim keepdim
sort: input dim descending
argsort: input dim descending
topk: input k dim largest sorted
transpose swapaxes swapdims: input dim0 dim1
permute: input dims
movedim moveaxis: input source destination
reshape: input shape
view: input shape
expand: input size
expand_as view_as reshape_as type_as: input other
repeat: input repeats
tile: input dims
repeat_interleave: input repeats dim
flatten: input start_dim end_dim
unflatten: input dim sizes
squeeze unsqueeze unbind: input dim
cat concat concatenate stack: tensors dim
hstack vstack dstack: tensors
split: input split_size_or_sections dim
split_with_sizes: input split_sizes dim
chunk: input chunks dim
narrow: input dim start length
select: input dim index
index_select gather: input dim index
scatter scatter_add: input dim index src
index_add index_copy: input dim index source
take: input index
take_along_dim: input indices dim
masked_fill: input mask value
masked_select: input mask
masked_scatter: input mask source
where: condition input other
einsum: equation operands
pad: input pad mode value
constant_pad_nd: input pad value
interpolate: input size scale_factor mode align_corners
pixel_shuffle: input upscale_factor
pixel_unshuffle: input downscale_factor
unfold: input kernel_size dilation padding stride
fold: input output_size kernel_size dilation padding stride
grid_sampler: input grid interpolation_mode padding_mode align_corners
lstm: input hx params has_biases num_layers dropout train bidirectional batch_first
gru rnn_tanh rnn_relu: input hx params has_biases num_layers dropout train bidirectional batch_first
lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell: input hx w_ih w_hh b_ih b_hh
scaled_dot_product_attention: query key value attn_mask dropout_p is_causal
dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout: input p train
roll: input shifts dims
flip: input dims
rot90: input k dims
tril triu: input diagonal
diagonal: input offset dim1 dim2
one_hot: input num_classes
arange: start end step
linspace: start end steps
zeros ones empty: size
full: size fill_value
zeros_like ones_like empty_like rand_like randn_like: input
full_like: input fill_value
eye: n m
tensor as_tensor: data
new_zeros new_ones new_empty: input size
new_full: input size fill_value
new_tensor: input data
to: input dtype
type: input dtype
copy: input src
fill: input value
zero: input
getitem: input index
setitem: input index value
data real imag: input
outer ger: input vec2
cross: input other dim
cdist: x1 x2 p
cosine_similarity: x1 x2 dim eps
logical_xor: input other
Tensor.where: input condition other
Tensor.split: input split_size dim
Tensor.unfold: input dimension size step
"""


def _parse(listing: str) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in listing.strip().splitlines():
        functions, _, names = line.partition(":")
        table.update(dict.fromkeys(functions.split(), tuple(names.split())))
    return table


SIGNATURES = _parse(_LISTING)
