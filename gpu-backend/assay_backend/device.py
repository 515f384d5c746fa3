"""The device that a model lives on, and what must hold of a GPU before it computes anything."""

import torch

from .settings import Settings


def pick_device(settings: Settings) -> torch.device:
    """The device asked for, by default CUDA when there is one. A GPU is named with its number, without which the limit
    of its memory cannot be set and tensors' devices would not compare equal to it."""
    asked = settings.device
    if asked == "auto":
        asked = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(asked)
    if device.type != "cuda" or device.index is not None:
        return device
    return torch.device("cuda", torch.cuda.current_device())


def enter(device: torch.device) -> None:
    """Make a GPU the calling thread's own: what it allocates without naming a device, pinned memory too, would else
    open a context on the first GPU."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def is_lost(error: Exception, device: torch.device) -> bool:
    """Whether an error has taken the process's hold of a GPU with it: asked by waiting for it once more."""
    if device.type != "cuda" or not isinstance(error, torch.AcceleratorError):
        return False
    try:
        torch.cuda.synchronize(device)
    except torch.AcceleratorError:
        return True
    return False


def settle(device: torch.device) -> None:
    """Products as exact as their type allows, and attention by kernels that serve any shape: cuDNN's, which torch
    prefers on Hopper, are compiled for each number of rows and keys anew, and no two passes have the same."""
    enter(device)
    if device.type != "cuda":
        return
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.enable_cudnn_sdp(False)
