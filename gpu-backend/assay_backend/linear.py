"""Matrix products with weights laid out once for the processor at hand."""

import torch
import torch.nn.functional as F

# Packing for this many rows gives kernels that are the fastest from 1 to 512 rows; products of more are made in parts.
_MOST_ROWS = 256
# Strict products of weights that are not packed always have this many rows.
_TILE = 64
# Row counts at which a packed weight's products are held against each other, and the floors that may come of it.
_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 36, 37, 48, 63, 64, 65, 96, 127, 128, 129, 200)
_FLOORS = (1, 2, 4, 8, 16, 32, 64, 128)
_known_floors: dict[tuple, int] = {}


class Linear:
    """y = x W^T + b over rows. On CPU the weight is packed for oneDNN, whose products treat a row alike in any company
    from some number of rows on (asked of the processor, see `floor_of`); fewer are padded to that, many are parted.
    Elsewhere `strict` makes products of one shape only, so that they do too."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None, strict: bool = False):
        self.bias = bias
        self.strict = strict
        self.inputs = weight.shape[1]
        self.dtype = weight.dtype
        self.packed = weight.device.type == "cpu" and _packs(weight.dtype)
        if self.packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _MOST_ROWS)
            self.floor = floor_of(self.weight, weight.shape, weight.dtype)
        else:
            self.weight = weight

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        # Weights may have fewer bits than the rows, which are then rounded for the product alone.
        asked = rows.to(self.dtype)
        if self.packed:
            made = self._padded(asked)
        else:
            made = self._tiled(asked) if self.strict else F.linear(asked, self.weight, self.bias)
        return made.to(rows.dtype)

    def _padded(self, rows: torch.Tensor) -> torch.Tensor:
        count = rows.shape[0]
        if count > _MOST_ROWS:
            return torch.cat([self._padded(part) for part in rows.split(_MOST_ROWS)])
        if count >= self.floor:
            return _product(rows.contiguous(), self.weight, self.bias)
        return _product(F.pad(rows, (0, 0, 0, self.floor - count)), self.weight, self.bias)[:count]

    def _tiled(self, rows: torch.Tensor) -> torch.Tensor:
        count = rows.shape[0]
        tiles = F.pad(rows, (0, 0, 0, -count % _TILE)).split(_TILE)
        return torch.cat([F.linear(tile, self.weight, self.bias) for tile in tiles])[:count]


def floor_of(packed: torch.Tensor, shape: torch.Size, dtype: torch.dtype) -> int:
    """The fewest rows from which a packed weight's product of a row has the same bits in any number of rows up to 256;
    1 where no number will do. Kernels differ by processor and shape: AVX2 has one for all, AVX-512 another for a single
    row of a long product, AMX others up to some dozens of rows."""
    key = (tuple(shape), dtype, torch.get_num_threads())
    if key not in _known_floors:
        generator = torch.Generator().manual_seed(1)
        rows = torch.randn(_MOST_ROWS, shape[1], generator=generator).to(dtype)
        whole = _product(rows, packed, None)
        unlike = max(
            (count for count in _COUNTS if not torch.equal(_product(rows[:count], packed, None), whole[:count])),
            default=0,
        )
        _known_floors[key] = min((floor for floor in _FLOORS if floor > unlike), default=1)
    return _known_floors[key]


def _packs(dtype: torch.dtype) -> bool:
    """Whether oneDNN has products of this type that are worth packing for."""
    if not torch.backends.mkldnn.is_available():
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _product(rows: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")
