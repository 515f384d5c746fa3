"""Does a row's result depend on what stands beside it in the batch? Asked of the machine at hand, not assumed."""

import torch

from .attention import short_keep_their_bits
from .sampling import Distribution
from .segments import Runner, Segment


def is_invariant(runner: Runner) -> bool:
    """Whether the same tokens give the same bits alone and in company, read whole and in parts, at every kind of step.

    A handful of passes over made-up tokens: a few hundred tokens in all.
    """
    if not runner.shares_prefixes and not runner.strict:
        return False
    generator = torch.Generator().manual_seed(1)
    length = min(70, runner.context - 2)
    texts = torch.randint(0, runner.vocabulary, (6, length), generator=generator).tolist()
    slots = [runner.take(runner.context if length < 70 else 128) for _ in texts]
    try:
        if any(slot is None for slot in slots):
            return False
        return _compare(runner, texts, slots, length)
    finally:
        for slot in slots:
            if slot is not None:
                runner.release(slot)


def _compare(runner: Runner, texts: list[list[int]], slots: list, length: int) -> bool:
    def logits(segments: list[Segment]) -> torch.Tensor:
        rows = runner.forward(segments)
        return rows.logits(0, len(rows)).clone()

    def told(rows: torch.Tensor) -> list:
        """What is reported of rows: sums over the whole vocabulary, whose order a kernel may choose by their number."""
        measured, every = Distribution(rows, runner.strict), list(range(len(rows)))
        return [*measured.entropies(every), *measured.given(every, [7] * len(rows)), *measured.terms(every)]

    every = list(range(length))
    together = logits([Segment(slot, 0, text, every) for slot, text in zip(slots, texts, strict=True)]).view(
        len(texts), length, -1
    )
    decoded = logits([Segment(slot, length, [7], [0], decode=True) for slot in slots])
    alone = [
        logits([Segment(slots[0], at, texts[0][at:end], list(range(end - at)))])
        for at, end in (((0, 1), (1, 4), (4, 31), (31, length)) if runner.shares_prefixes else ((0, length),))
    ]
    branch = logits([Segment(slots[1], 20, texts[1][20:30], list(range(10)), branch=True)])
    steps = [
        logits([Segment(slots[n], length, [7], [0], decode=True) for n in some]) for some in ([0], [1, 2], [4, 1, 5])
    ]
    return bool(
        torch.equal(torch.cat(alone), together[0])
        and (not runner.shares_prefixes or torch.equal(branch, together[1, 20:30]))
        and torch.equal(steps[0], decoded[:1])
        and torch.equal(steps[1], decoded[1:3])
        and torch.equal(steps[2], decoded[[4, 1, 5]])
        # Strictly, no sequence is mixed beside longer ones.
        and (runner.strict or short_keep_their_bits(runner))
        and all(told(decoded[at : at + 1]) == told(decoded)[at :: len(decoded)] for at in range(len(decoded)))
    )
