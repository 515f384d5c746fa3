"""Matrix products with weights laid out once for the processor at hand."""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

# Packing for this many rows gives kernels that are the fastest from 1 to 512 rows; products of more are made in parts.
_MOST_ROWS = 256
# Strict products of weights that are not packed always have this many rows.
_TILE = 64
# Row counts at which a packed weight's products are held against each other, and the floors that may come of it.
_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 36, 37, 48, 63, 64, 65, 96, 127, 128, 129, 200)
_FLOORS = (1, 2, 4, 8, 16, 32, 64, 128)
# Numbers that two ways to one product are held against each other by, at least.
_ENOUGH = 32768
_known_floors: dict[tuple, int | None] = {}

# A product with packed weights: rows and bias in, rows out.
Product = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]


class Linear:
    """y = x W^T + b over rows. On CPU the weight is packed for a library whose products treat a row alike in any
    company from some number of rows on (asked of the processor, see `floor_of`); fewer are padded to that, many are
    parted. Where there is no such number (`steady` is false) and elsewhere, `strict` makes products of one shape."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None, strict: bool = False):
        self.bias = bias
        self.strict = strict
        self.inputs = weight.shape[1]
        self.dtype = weight.dtype
        self.packed: Product | None = None
        self.floor, self.steady = 1, False
        for pack in packings(weight):
            self.packed = pack(weight.contiguous())
            found = floor_of(self.packed, (pack, *weight.shape), weight)
            self.floor, self.steady = found or 1, found is not None
            if found:
                break
        if self.packed is None:
            self.weight = weight

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        # Weights may have fewer bits than the rows, which are then rounded for the product alone.
        asked = rows.to(self.dtype)
        if self.strict and not self.steady:
            made = self._tiled(asked, self._product)
        else:
            made = self._padded(asked) if self.packed else self._product(asked)
        return made.to(rows.dtype)

    def unrounded(self, rows: torch.Tensor) -> torch.Tensor:
        """The products in float32. CUDA sums a type of fewer bits in float32, and can leave it at that: among bfloat16
        numbers from 16 to 32 the steps are 0.125, too coarse for logits."""
        if self.packed or self.bias is not None or rows.device.type != "cuda" or self.dtype == torch.float32:
            return self(rows).float()
        asked = rows.to(self.dtype)
        return self._tiled(asked, self._wide_product) if self.strict else self._wide_product(asked)

    def _product(self, rows: torch.Tensor) -> torch.Tensor:
        return self.packed(rows.contiguous(), self.bias) if self.packed else F.linear(rows, self.weight, self.bias)

    def _wide_product(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.mm(rows, self.weight.t(), out_dtype=torch.float32)

    def _padded(self, rows: torch.Tensor) -> torch.Tensor:
        count = rows.shape[0]
        if count > _MOST_ROWS:
            return torch.cat([self._padded(part) for part in rows.split(_MOST_ROWS)])
        if count >= self.floor:
            return self.packed(rows.contiguous(), self.bias)
        return self.packed(F.pad(rows, (0, 0, 0, self.floor - count)), self.bias)[:count]

    @staticmethod
    def _tiled(rows: torch.Tensor, product: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        count = rows.shape[0]
        tiles = F.pad(rows, (0, 0, 0, -count % _TILE)).split(_TILE)
        return torch.cat([product(tile) for tile in tiles])[:count]


def packings(weight: torch.Tensor) -> list[Callable[[torch.Tensor], Product]]:
    """Ways to pack a weight for this processor, best first; none where plain products are all there is."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return []
    if weight.dtype == torch.float32:
        return [by_mkl, by_onednn] if _mkl_is_at_home() else [by_onednn]
    return [by_onednn] if weight.dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported() else []


def _mkl_is_at_home() -> bool:
    """MKL's packed products are a tenth to a fourth faster than oneDNN's with AVX-512 on Intel's processors."""
    if not torch.backends.mkl.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    told = Path("/proc/cpuinfo")
    return told.is_file() and "GenuineIntel" in told.read_text()


def by_mkl(weight: torch.Tensor) -> Product:
    """Packed for MKL."""
    packed = torch.ops.mkl._mkl_reorder_linear_weight(weight, _MOST_ROWS)
    # The operation wants the plain weight too, of which it reads the shape alone.
    shape = torch.empty(1, 1).expand(weight.shape)
    return lambda rows, bias: torch.ops.mkl._mkl_linear(rows, packed, shape, bias, rows.shape[0])


def by_onednn(weight: torch.Tensor) -> Product:
    """Packed for oneDNN."""
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, _MOST_ROWS)
    return lambda rows, bias: torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")


def floor_of(product: Product, shape: tuple, weight: torch.Tensor) -> int | None:
    """The fewest rows from which a packed weight's product of a row has the same bits in any number of rows up to 256;
    None where no number will do. Kernels differ by processor, library and shape: oneDNN has one for all with AVX2, with
    AVX-512 another for a single row of a long product, with AMX others up to some dozens of rows."""
    key = (*shape, weight.dtype, torch.get_num_threads())
    if key not in _known_floors:
        generator = torch.Generator().manual_seed(1)
        rows = torch.randn(_MOST_ROWS, weight.shape[1], generator=generator).to(weight.dtype)
        whole = product(rows, None)
        unlike = max((n for n in _COUNTS if not _is_alike(product, rows, whole, n)), default=0)
        _known_floors[key] = min((floor for floor in _FLOORS if floor > unlike), default=None)
    return _known_floors[key]


def _is_alike(product: Product, rows: torch.Tensor, whole: torch.Tensor, count: int) -> bool:
    """Whether `count` rows have the bits that they have among all, asked of enough of them: rounded to a type of few
    bits, most numbers come out the same by another way too."""
    trials = min(max(_ENOUGH // (count * whole.shape[1]), 1), 16)
    return all(
        torch.equal(product(rows[at : at + count].contiguous(), None), whole[at : at + count])
        for at in range(0, min(trials * count, len(rows) - count + 1), count)
    )
