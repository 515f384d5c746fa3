"""llama-cpp-python's server on the weights of the built-in model: built for this processor, and started on a port."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import torch
from server import KEPT, end, environment, say

from assay_backend.checkpoint import BUILTIN, find

PACKAGE = "llama-cpp-python[server]==0.3.36"
# What its server does unless told otherwise, and neither ours nor transformers does.
OPTIONS = {"repeat_penalty": 1.0}
# Its own choice of instructions takes AMX where a processor has it, and then ended in a segmentation fault at the first
# prompt, so that those with AVX-512 and AVX2 are named instead.
_COMMON = ("AVX2", "FMA", "F16C", "BMI2")
_WIDE = ("AVX512", "AVX512_VNNI", "AVX512_BF16")
# Writes a model file's weights in float32, by the library itself.
_WIDEN = """
import sys, llama_cpp
options = llama_cpp.llama_model_quantize_default_params()
options.ftype, options.allow_requantize = llama_cpp.LLAMA_FTYPE_ALL_F32, True
sys.exit(llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), options))
"""


def built() -> Path:
    """Python of an environment with the library; built when it is not there, in some minutes."""
    told = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").is_file() else []
    wide = [name for name in _WIDE if name.lower() in told or (name == "AVX512" and "avx512f" in told)]
    flags = ["-DGGML_NATIVE=OFF", *(f"-DGGML_{name}=ON" for name in [*_COMMON, *wide])]
    return environment("llama", [PACKAGE], "-C", f"cmake.args={';'.join(flags)}")


def weights(kind: str, command: Path) -> Path:
    """The built-in model's file: `packaged` as it is (4 bits), `float32` with the same weights as ours has."""
    packaged = find(BUILTIN)
    if kind == "packaged":
        return packaged
    wide = KEPT / "llama" / "float32.gguf"
    if not wide.is_file():
        part = wide.with_suffix(".part")
        subprocess.run([str(command), "-c", _WIDEN, str(packaged), str(part)], check=True, capture_output=True)
        part.rename(wide)
    return wide


@contextlib.contextmanager
def llama_server(kind: str, threads: int) -> Iterator[str]:
    """The library's server on a free port; answers its address once it answers."""
    command, count = built(), str(threads or torch.get_num_threads())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(command), "-m", "llama_cpp.server", "--model", str(weights(kind, command)), "--host", "127.0.0.1",
         "--port", str(port), "--n_threads", count, "--n_threads_batch", count, "--logits_all", "false"],
        env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"llama-cpp-python's server did not start (exit status {process.poll()}).")
            time.sleep(0.2)
        say(f"{PACKAGE} with {kind} weights answers at {url}.")
        yield url
    finally:
        end(process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v1/models", timeout=5):
            return True
    except OSError:
        return False
