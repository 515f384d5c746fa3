"""Changes to a model that has been taught: temperature, rounding, a layer noised, a short window."""

import torch
from torch import nn
from transformers import LlamaForCausalLM

from .learning import reply_logits


def heat(model: LlamaForCausalLM, temperature: float) -> None:
    """Divide all logits by a temperature: the last norm's weights scale them, so the change is exact."""
    with torch.no_grad():
        model.model.norm.weight.div_(temperature)


def fitted_temperature(
    model: LlamaForCausalLM, prompts: list[list[int]], targets: list[list[tuple[int, float]]]
) -> float:
    """The temperature with the lowest cross-entropy against the true shares (C. Guo et al., ICML 2017)."""
    with torch.no_grad():
        logits = reply_logits(model, [(prompt, [0]) for prompt in prompts])[0]
    truth = torch.zeros_like(logits)
    for row, shares in enumerate(targets):
        for token, share in shares:
            truth[row, token] = share
    grid = torch.exp(torch.linspace(-1.5, 2.0, 351))
    losses = [-(truth * (logits / temperature).log_softmax(-1)).sum(-1).mean() for temperature in grid]
    return float(grid[int(torch.stack(losses).argmin())])


def round_weights(model: LlamaForCausalLM, bits: int) -> None:
    """Each row of each matrix rounded to the nearest of 2^bits − 1 evenly spaced levels; norms stay."""
    steps = max(1, 2 ** (bits - 1) - 1)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() < 2:
                continue
            scale = weight.abs().amax(-1, keepdim=True).clamp(min=1e-12) / steps
            weight.copy_((weight / scale).round().clamp(-steps, steps) * scale)


def prune(model: LlamaForCausalLM, share: float, texts: list[list[int]]) -> None:
    """The least of |weight|·‖input‖ set to 0 in each row of each layer's matrices, by their inputs on `texts`
    (M. Sun et al., A simple and effective pruning approach for large language models, ICLR 2024)."""
    squares: dict[nn.Linear, torch.Tensor] = {}

    def note(matrix: nn.Linear, given: tuple[torch.Tensor]) -> None:
        squares[matrix] = squares.get(matrix, 0) + given[0].flatten(0, -2).square().sum(0)

    matrices = [part for part in model.model.layers.modules() if isinstance(part, nn.Linear)]
    hooks = [matrix.register_forward_pre_hook(note) for matrix in matrices]
    with torch.no_grad():
        for text in texts:
            model(input_ids=torch.tensor([text]), use_cache=False)
        for hook in hooks:
            hook.remove()
        for matrix in matrices:
            weights = matrix.weight
            worth = weights.abs() * squares[matrix].sqrt()
            least = worth.argsort(-1)[:, : int(share * weights.shape[1])]
            weights.scatter_(1, least, 0)


def noise_layer(model: LlamaForCausalLM, layer: int, size: float, seed: int) -> None:
    """Gaussian noise on the MLP of one layer, `size` times the spread of each matrix: an edit gone wrong."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.model.layers[layer].mlp.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * weight.std() * size)


def shorten_window(config: dict, window: int) -> dict:
    """The configuration of the same weights as a model that sees `window` tokens back in each layer, so that nothing
    further than layers × (window − 1) tokens back can matter."""
    changed = {**config, "model_type": "mistral", "architectures": ["MistralForCausalLM"], "sliding_window": window}
    changed.pop("layer_types", None)
    return changed
