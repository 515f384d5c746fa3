"""Models and work on the played device."""

from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig

from assay_backend.llama import Llama
from assay_backend.mirostat import MirostatOptions
from assay_backend.sampling import Sampling
from assay_backend.schedule import Schedule
from assay_backend.tokens import Tokens
from assay_backend.work import Choice, GenerateJob, Generation, Job, ScoreJob, Scoring
from tests.conftest import PROSE
from tests.pretended_cuda import PretendedCuda


def llama(folder: Path, where: torch.device | str, dtype: torch.dtype = torch.bfloat16, **options) -> Llama:
    weights = {name: weight.to(where, dtype) for name, weight in load_file(folder / "model.safetensors").items()}
    return Llama(AutoConfig.from_pretrained(folder), weights, 1 << 26, **options)


def worked(model: Llama, tokens: Tokens, jobs: list[Job], device: PretendedCuda | None = None) -> list[Counter]:
    """Run jobs to their end; answers what was counted in each pass."""
    schedule = Schedule(model, 256, 64, 1 << 24, lambda job, finished: None)
    for job in jobs:
        if isinstance(job, GenerateJob):
            job.choices = [Choice() for _ in range(job.n)]
            schedule.add(Generation(job, list(range(job.n)), tokens, frozenset()))
        else:
            for piece in Scoring.plan(job, model.context, 256):
                schedule.add(piece)
    passes = []
    while not schedule.idle:
        if device:
            device.counted.clear()
        schedule.step()
        passes.append(Counter(device.counted) if device else Counter())
    assert model.used_bytes() == 0
    return passes


def asked(tokens: Tokens, count: int) -> list[Job]:
    """Everything that a pass can be asked for, `count` times."""
    ids = tokens.encode(PROSE)
    told = {"top_logprobs": 3, "entropy": True, "terms": True}
    jobs: list[Job] = []
    for at in range(count):
        prompt = ids[at : at + 20]
        jobs += [
            GenerateJob(prompt=prompt, sampling=Sampling(6, **told)),
            GenerateJob(prompt=prompt, sampling=Sampling(6, temperature=1, seed=at, listed=(3, 7, 9), **told)),
            GenerateJob(prompt=prompt, sampling=Sampling(6, temperature=0.7, top_p=0.9, seed=at, **told), n=3),
            GenerateJob(prompt=prompt, sampling=Sampling(6, temperature=0.8, seed=at, **told), n=3),
            GenerateJob(prompt=prompt, sampling=Sampling(6, seed=at, mirostat=MirostatOptions())),
            ScoreJob(texts=[ids[at : at + n] for n in (30, 40)], firsts=[4, 4], top=2, entropy=True, terms=True),
            ScoreJob(texts=[ids[:30] + ids[at : at + n] for n in (4, 9)], firsts=[30, 30], top=2),
        ]
    return jobs
