"""Command line: python -m assay_backend."""

import argparse
import ipaddress
import math
import os
import socket
import sys
from collections.abc import Callable

from . import __version__
from .checkpoint import ModelUnavailable, find
from .settings import Settings


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        value = int(text)
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{value} is not from {least} to {'any number' if most is None else most}")
        return value

    read.__name__ = "whole number"
    return read


def amount(text: str) -> float:
    """Reads a finite number that is not negative."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text} is no amount")
    return value


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        "assay_backend", description="Serve a language model to Assay and to OpenAI clients."
    )
    made.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (another than loopback needs ASSAY_BACKEND_KEY)",
    )
    made.add_argument("--port", type=at_least(0, 65535), default=8000, help="port; 0 takes a free one")
    made.add_argument("--model", default="builtin", help="builtin, a Hugging Face folder, or an id (default: builtin)")
    made.add_argument("--embeddings", default="builtin", help="builtin, or a folder of a sentence encoder")
    made.add_argument(
        "--nli", help="folder of a sequence classifier that judges entailment (default: the language model judges)"
    )
    made.add_argument(
        "--threads", type=at_least(0, 1024), default=0, help="threads of the matrix products (default: all cores)"
    )
    made.add_argument(
        "--queue", type=at_least(1), default=4096, help="requests that may wait before 429 (default: 4096)"
    )
    made.add_argument(
        "--memory",
        type=amount,
        default=0,
        metavar="GIB",
        help="memory to use at most (default: what is free less a margin)",
    )
    made.add_argument("--sequences", type=at_least(1), default=64, help="sequences generated at once (default: 64)")
    made.add_argument(
        "--step-tokens", type=at_least(0), default=0, help="tokens of one pass (default: 256 on CPU, 4096 on CUDA)"
    )
    made.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    made.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"])
    made.add_argument(
        "--patience", type=amount, default=10, help="seconds that running requests get to finish at SIGTERM"
    )
    made.add_argument(
        "--strict",
        action="store_true",
        help="fixed shapes, so that results are bit-exact in any batch also where they are not by themselves",
    )
    made.add_argument("--version", action="version", version=__version__)
    return made


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Bind at once, so that a taken port is told before the model is loaded. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    return bound


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"assay-backend: {text}\n")
    sys.stderr.flush()


def share_cores() -> None:
    """Let idle threads of the matrix products sleep instead of spin; must be set before torch is imported. Beside
    other busy programs, spinning made one step on two cores take many times as long."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # A short spin first: the next product follows within microseconds, and waking a sleeper costs as much as it.
    os.environ.setdefault("GOMP_SPINCOUNT", "100000")


def main(arguments: list[str] | None = None) -> int:
    """Run the server until SIGTERM or Ctrl-C; answers the exit status."""
    given = parser().parse_args(arguments)
    share_cores()
    key = os.environ.get("ASSAY_BACKEND_KEY") or None
    if not is_loopback(given.host) and not key:
        say(f"Refusing to listen on {given.host} without a key: set ASSAY_BACKEND_KEY, or listen on 127.0.0.1.")
        return 2
    try:
        bound = listen(given.host, given.port)
    except OSError as error:
        say(
            f"Cannot listen on {given.host}:{given.port} ({error.strerror or error}): "
            "free the port or give another by --port."
        )
        return 3
    try:
        find(given.model)
    except ModelUnavailable as error:
        say(str(error))
        bound.close()
        return 4
    settings = Settings(
        given.model,
        given.host,
        bound.getsockname()[1],
        given.threads,
        given.queue,
        int(given.memory * (1 << 30)),
        given.sequences,
        given.step_tokens,
        given.device,
        given.dtype,
        key,
        given.patience,
        given.embeddings,
        given.nli,
        given.strict,
    )
    say(f"Listening on http://{given.host}:{settings.port}")
    return _serve(settings, bound)


def _serve(settings: Settings, bound: socket.socket) -> int:
    import uvicorn

    from .app import create_app
    from .service import Service

    failed = []

    def told(text: str) -> None:
        say(text)
        if service.state == "failed":
            failed.append(text)
            server.should_exit = True

    service = Service(settings, told)
    config = uvicorn.Config(
        create_app(service),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=int(settings.patience) + 1,
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    leave = server.handle_exit

    def handle_exit(number: int, frame: object) -> None:
        service.refuse()
        leave(number, frame)

    server.handle_exit = handle_exit
    server.run(sockets=[bound])
    return 4 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
