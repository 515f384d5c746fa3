"""A backend of our own to measure, and the environments that others' programs are installed in, apart from ours."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

BACKEND = Path(__file__).parent.parent
KEPT = BACKEND / ".bench"
# The same torch and transformers as the backend's own, so that programs are compared and not versions.
PACKAGES = ["lm-eval[api]==0.4.13", "torch==2.15.0", "transformers==5.23.0", "accelerate==1.15.0"]
NODE_PACKAGE = "openai@6"


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def environment(name: str, packages: list[str], *options: str) -> Path:
    """Python of an environment with these packages; made when it is not there, with further options of uv's install."""
    python, stamp = KEPT / name / "bin" / "python", KEPT / name / ".packages"
    wanted = "\n".join([*packages, *options])
    if not (stamp.is_file() and stamp.read_text() == wanted):
        say(f"Installing {', '.join(packages)} into {KEPT.relative_to(BACKEND)}/{name} ...")
        uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(KEPT / name)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages, *options], check=True)
        stamp.write_text(wanted)
    return python


def others_python() -> Path:
    """Python of an environment with lm-evaluation-harness."""
    return environment("venv", PACKAGES)


def node_folder() -> Path:
    """A folder with OpenAI's Node client; made when it is not there."""
    folder = KEPT / "node"
    if not (folder / "node_modules" / "openai").is_dir():
        say(f"Installing {NODE_PACKAGE} into {KEPT.relative_to(BACKEND)}/node ...")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", NODE_PACKAGE]
        subprocess.run(command, cwd=folder, check=True)
    return folder


@contextlib.contextmanager
def running(*options: str) -> Iterator[str]:
    """The backend on a free port; answers its address once the model is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assay_backend", "--port", "0", *options],
        cwd=BACKEND, env=os.environ, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = process.stderr.readline()
        if "Listening on" not in line:
            raise SystemExit(line + process.stderr.read())
        url = line.split()[-1]
        deadline = time.monotonic() + 600
        while health(url) != "ready":
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The backend did not start: {process.stderr.read()}")
            time.sleep(0.2)
        yield url
    finally:
        end(process)
        process.stderr.close()


def end(process: subprocess.Popen) -> None:
    """Ask a server to stop, and make it after 20 seconds."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()


def health(url: str) -> str:
    """The state that a backend tells of itself."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            return json.load(answer)["status"]
    except urllib.error.HTTPError as error:
        return json.load(error)["status"]
    except OSError:
        return "away"
