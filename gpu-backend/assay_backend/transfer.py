"""Between the host and the model's device: few, pinned copies, so that no layer and no token waits by itself."""

import numpy as np
import torch


def sent(values: list | np.ndarray, device: torch.device, dtype: torch.dtype = torch.long) -> torch.Tensor:
    """Numbers on the model's device. Through pinned memory the copy takes its turn behind what the device is at, and
    the host goes on; from plain memory the host would first wait for all of it."""
    made = torch.as_tensor(values, dtype=dtype)
    return made if device.type == "cpu" else made.pin_memory().to(device, non_blocking=True)


def on_host(values: torch.Tensor) -> np.ndarray:
    """A tensor's numbers where they can be drawn from: as they lie on CPU, else by one copy of all rows of a pass
    through pinned memory, so that no token waits for the device by itself."""
    if values.device.type == "cpu":
        return values.numpy()
    held = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    held.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).synchronize()
    return held.numpy()
