"""Matrix products with weights laid out once for the processor at hand."""

import torch
import torch.nn.functional as F

# Packing for this many rows gives kernels whose result for a row does not depend on how many rows there are
# (packing for one row does not), and is also the fastest from 1 to 512 rows.
_PACKED_FOR_ROWS = 256


# Strict products always have this many rows.
_TILE = 64


class Linear:
    """y = x W^T + b over rows. On CPU in float32 the weight is packed for oneDNN, whose products treat a row alike in
    any company; elsewhere `strict` makes products of one shape only, so that they do too."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None, strict: bool = False):
        self.bias = bias
        self.strict = strict
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
        return self._tiled(rows) if self.strict else F.linear(rows, self.weight, self.bias)

    def _tiled(self, rows: torch.Tensor) -> torch.Tensor:
        count = rows.shape[0]
        tiles = F.pad(rows, (0, 0, 0, -count % _TILE)).split(_TILE)
        return torch.cat([F.linear(tile, self.weight, self.bias) for tile in tiles])[:count]
