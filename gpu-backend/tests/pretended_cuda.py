"""A CUDA device played on the CPU, so that what runs on a GPU is checked where there is none.

Tensors of the played device say `cuda:0` and keep their numbers in a tensor on the CPU. Every operation is looked at on
its way: one that mixes devices fails as it would on a GPU, and what makes the host wait for the device is counted. It
shows nothing of a GPU's own kernels: neither their speed, nor their limits, nor their last bits.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten
DEVICE = torch.device("cuda", 0)
# What answers with a shape or a number that only the device knows.
_WAITING = {aten.nonzero, aten.masked_select, aten._unique2, aten.equal, aten.is_nonzero}
# Made of other operations on the CPU, one kernel on a GPU.
_WHOLE = {aten._fused_rms_norm, aten.scaled_dot_product_attention}
_NO_KERNEL = {aten._unsafe_view, aten.empty, aten.empty_like, aten.empty_strided, aten.new_empty}
_INDEXING = {aten.index, aten.index_put, aten.index_put_}
_MOVING = {aten._to_copy, aten.copy_}


class OnDevice(torch.Tensor):
    """A tensor that says it lies on the device."""

    held: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "OnDevice":
        with torch.inference_mode(held.is_inference()):
            made = torch.Tensor._make_wrapper_subclass(
                cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype,
                device=DEVICE,
            )  # fmt: skip
        made.held = held
        return made

    def tolist(self) -> list:
        return self.cpu().tolist()

    def __repr__(self, **_) -> str:
        return f"OnDevice({self.held!r})"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError(f"{func} outside of the played device")


class PretendedCuda(TorchDispatchMode):
    """While it is entered, `cuda` can be allocated on and computed with. `counted` tells how often the host waited for
    the device ("waits"), how often memory that is not pinned was sent there ("unpinned"), and how many kernels were
    started ("kernels"). `most_bytes`, where set, is the size of the largest tensor that can be allocated."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()
        self.why: Counter[str] = Counter()
        self.most_bytes = 0
        self.generators: list[torch.Generator] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        packet = func.overloadpacket
        if torch.is_inference_mode_enabled() and packet not in _WHOLE and func._can_decompose():
            # What is made of other operations comes apart by itself outside of inference mode only.
            with self:
                return func.decompose(*args, **kwargs)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        inside = [tensor for tensor in tensors if isinstance(tensor, OnDevice)]
        target = kwargs.get("device")
        target = torch.device(target) if target is not None else None
        if packet is aten._pin_memory:
            return _pinned(args[0].clone())
        if kwargs.pop("pin_memory", False):
            return _pinned(func(*args, **kwargs))
        if packet in _MOVING:
            return self._moved(func, args, kwargs, target)
        if not inside and (target is None or target.type != "cuda"):
            return func(*args, **kwargs)
        if packet is aten._local_scalar_dense:
            self._note("waits", func)
            return func(args[0].held)
        self._check(func, packet, args, tensors, inside)
        if packet is aten.scaled_dot_product_attention:
            _check_attention(*args[:3], kwargs.get("attn_mask", args[3] if len(args) > 3 else None))
        if target is not None and target.type == "cuda":
            kwargs["device"] = torch.device("cpu")
        generator = kwargs.get("generator")
        # A generator comes here as another object; its seed tells whether it was made for the device.
        seeds = {own.initial_seed() for own in self.generators}
        assert generator is None or generator.initial_seed() in seeds, "a generator of the CPU"
        plain = tree_map(lambda leaf: leaf.held if isinstance(leaf, OnDevice) else leaf, (args, kwargs))
        if func is aten.mm.dtype:
            one, other, wide = plain[0]
            found = one.to(wide) @ other.to(wide)
        else:
            found = func(*plain[0], **plain[1])
        written = [given for given, spec in zip(args, func._schema.arguments, strict=False) if _written(spec)]
        if written:
            self._note("kernels", func)
            return written[0]
        if not func.is_view and packet not in _NO_KERNEL:
            self._note("kernels", func)
        return tree_map(lambda leaf: self._held(leaf) if isinstance(leaf, torch.Tensor) else leaf, found)

    def _held(self, made: torch.Tensor) -> OnDevice:
        if self.most_bytes and made.nbytes > self.most_bytes:
            raise torch.OutOfMemoryError(f"{made.nbytes} bytes asked for, {self.most_bytes} there")
        return OnDevice(made)

    def _note(self, kind: str, func) -> None:
        self.counted[kind] += 1
        self.why[f"{kind} {func}"] += 1

    def _check(self, func, packet, args, tensors: list[torch.Tensor], inside: list[OnDevice]) -> None:
        indices = args[1] if packet in _INDEXING else ()
        for index in indices:
            if index is not None and index.dtype == torch.bool:
                self._note("waits", func)
            elif index is not None and not isinstance(index, OnDevice):
                self._note("unpinned", func)
        if packet in _WAITING:
            self._note("waits", func)
        allowed = {id(index) for index in indices}
        for tensor in tensors:
            if inside and not isinstance(tensor, OnDevice) and tensor.dim() and id(tensor) not in allowed:
                raise RuntimeError(f"{func}: a tensor of {tuple(tensor.shape)} lies on the CPU, others on the device")

    def _moved(self, func, args, kwargs, target):
        """A copy, which may cross between host and device."""
        into = args[0] if func.overloadpacket is aten.copy_ else None
        source = args[1] if into is not None else args[0]
        away = isinstance(into, OnDevice) if into is not None else None
        if away is None:
            away = isinstance(source, OnDevice) if target is None else target.type == "cuda"
        here = isinstance(source, OnDevice)
        waits_not = kwargs.get("non_blocking", False) or (into is not None and len(args) > 2 and args[2])
        if away and not here and source.dim() and not (waits_not and getattr(source, "is_pinned_here", False)):
            self._note("unpinned", func)
        if here and not away and not (waits_not and getattr(into, "is_pinned_here", False)):
            self._note("waits", func)
        if here and away:
            self._note("kernels", func)
        kwargs.pop("device", None)
        plain = tree_map(lambda leaf: leaf.held if isinstance(leaf, OnDevice) else leaf, args)
        found = func(*plain, **kwargs)
        if into is not None:
            return into
        if found is source or (here and found is source.held):
            found = found.clone()
        return self._held(found) if away else found


def _check_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None) -> None:
    """What a GPU's fused kernels ask for; without it torch falls back to separate products and keeps all weights."""
    assert query.dtype == key.dtype == value.dtype, "queries, keys and values of one type"
    assert mask is None or mask.dtype in {query.dtype, torch.bool}, "a mask of the queries' type"
    for part in (query, key, value):
        assert part.stride(-1) == 1 and part.shape[-1] % 8 == 0, "heads of aligned size"
        assert part.storage_offset() * part.itemsize % 16 == 0, "tensors that begin at aligned addresses"


def _written(spec) -> bool:
    return spec.alias_info is not None and spec.alias_info.is_write


def _pinned(tensor: torch.Tensor) -> torch.Tensor:
    tensor.is_pinned_here = True
    return tensor


@contextlib.contextmanager
def pretended_cuda() -> Iterator[PretendedCuda]:
    """The device, with what of torch.cuda the backend asks."""
    torch._C._ensureCUDADeviceGuardSet()
    played = PretendedCuda()
    plain, stream = torch.Generator, mock.Mock()

    def generator(device: torch.device | str = "cpu") -> torch.Generator:
        made = plain()
        if torch.device(device).type == "cuda":
            played.generators.append(made)
        return made

    stream.synchronize.side_effect = lambda: played._note("waits", "synchronize")
    lifted = torch._C._only_lift_cpu_tensors()
    torch._C._set_only_lift_cpu_tensors(True)
    try:
        with (
            # Where there is a real one, torch may as well find it.
            contextlib.nullcontext() if torch.cuda.is_available() else mock.patch("torch.cuda._lazy_init"),
            mock.patch("torch.Generator", side_effect=generator),
            mock.patch("torch.cuda.current_stream", return_value=stream),
            played,
        ):
            yield played
    finally:
        torch._C._set_only_lift_cpu_tensors(lifted)
