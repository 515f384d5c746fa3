"""Matrix products with weights laid out once for the processor at hand."""

import torch
import torch.nn.functional as F

# Packing for this many rows gives kernels whose result for a row does not depend on how many rows there are
# (packing for one row does not), and is also the fastest from 1 to 512 rows.
_PACKED_FOR_ROWS = 256


class Linear:
    """y = x W^T + b over rows. On CPU in float32 the weight is packed for oneDNN."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None):
        self.bias = bias
        self.inputs = weight.shape[1]
        self.packed = (
            weight.device.type == "cpu" and weight.dtype == torch.float32 and torch.backends.mkldnn.is_available()
        )
        if self.packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _PACKED_FOR_ROWS)
        else:
            self.weight = weight

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        if self.packed:
            return torch.ops.mkldnn._linear_pointwise(rows.contiguous(), self.weight, self.bias, "none", [], "")
        return F.linear(rows, self.weight, self.bias)
