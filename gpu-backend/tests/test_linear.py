"""Packed products: the plain ones' numbers, and the same bits for a row in any company."""

import pytest
import torch
import torch.nn.functional as F

from assay_backend import linear
from assay_backend.linear import Linear, packings


def weights(outputs: int, inputs: int, dtype: torch.dtype) -> torch.Tensor:
    return (torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(2)) * 0.05).to(dtype)


@pytest.mark.parametrize("shape", [(960, 576), (576, 1536), (33, 70)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_row_has_the_same_bits_in_any_company(shape, dtype):
    weight = weights(*shape, dtype)
    if not packings(weight):
        pytest.skip("this processor has no packed products of this type")
    bias = weights(1, shape[0], dtype)[0]
    product = Linear(weight, bias)
    # Some kernels part a sum among threads by how many rows there are: strict products hold there too.
    strict = Linear(weight, bias, strict=True)
    for held in [product, strict] if product.steady else [strict]:
        rows = torch.randn(700, shape[1], generator=torch.Generator().manual_seed(3))
        whole = held(rows)
        for count in (*range(1, 70), 127, 128, 200, 255, 256, 257, 384, 500):
            assert torch.equal(held(rows[:count]), whole[:count])
        assert torch.equal(held(rows[11:50]), whole[11:50])
        assert whole.dtype == torch.float32
        plain = F.linear(rows.to(dtype), weight, bias).float()
        assert torch.allclose(whole, plain, atol=1e-4 if dtype == torch.float32 else 5e-2)


@pytest.mark.parametrize("threads", [1, 2])
def test_float32_holds_without_being_strict(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        weight = weights(576, 1536, torch.float32)
        if not packings(weight):
            pytest.skip("this processor has no packed products of this type")
        assert Linear(weight).steady
    finally:
        torch.set_num_threads(before)


def test_fewer_rows_than_hold_are_padded(monkeypatch):
    """A kernel of another kind for a few rows is found, and avoided."""
    weight = weights(64, 32, torch.float32)

    def pack(given: torch.Tensor):
        # Row by row, so that nothing but what is made up here depends on the company.
        return lambda rows, bias: (rows.unsqueeze(1) * given).sum(-1) * (1 if rows.shape[0] > 5 else 1 + 1e-6)

    monkeypatch.setattr(linear, "packings", lambda _: [pack])
    product = Linear(weight)
    rows = torch.ones(9, 32)
    assert product.floor == 8
    assert torch.equal(product(rows[:3]), product(rows)[:3])


def test_where_no_number_holds_the_next_library_is_tried(monkeypatch):
    def unsteady(given: torch.Tensor):
        return lambda rows, bias: F.linear(rows, given, bias) * (1 + 1e-6 * rows.shape[0])

    def steady(given: torch.Tensor):
        return lambda rows, bias: F.linear(rows.double(), given.double()).float()

    monkeypatch.setattr(linear, "packings", lambda _: [unsteady, steady])
    product, rows = Linear(weights(64, 32, torch.float32)), torch.ones(300, 32)
    assert product.floor == 1 and torch.equal(product(rows[:1]), product(rows)[:1])
    monkeypatch.setattr(linear, "packings", lambda _: [unsteady])
    assert Linear(weights(64, 32, torch.float32)).floor == 1
