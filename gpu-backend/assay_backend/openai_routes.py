"""OpenAI's surface with vLLM's additions: models, chat, completions, tokenize and detokenize."""

import asyncio
import secrets
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse

from .bodies import documented, read_json, shaped
from .faults import RequestFault, invalid
from .loading import Loaded
from .openai_answers import chat_logprobs, completion_logprobs, prompt_logprobs, text_of
from .prompts import as_list, bias, checked_ids, fitting, prompt_lists, render
from .sampling import Sampling
from .service import Service
from .shapes import ChatRequest, CompletionRequest, DetokenizeRequest, SamplingFields, TokenizeRequest
from .streams import stream
from .work import GenerateJob, Job, ScoreJob


def routes(service: Service) -> APIRouter:
    """Routes of the OpenAI surface."""
    router = APIRouter(tags=["openai"])

    @router.get("/v1/models")
    async def models() -> dict[str, Any]:
        loaded = service.model()
        entry = {
            "id": loaded.name,
            "object": "model",
            "created": 0,
            "owned_by": "assay",
            "max_model_len": loaded.runner.context,
        }
        return {"object": "list", "data": [entry]}

    @router.get("/v1/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        loaded = service.model(name, "")
        return {
            "id": loaded.name,
            "object": "model",
            "created": 0,
            "owned_by": "assay",
            "max_model_len": loaded.runner.context,
        }

    @router.post("/v1/chat/completions", openapi_extra=documented(ChatRequest), response_model=None)
    async def chat(request: Request) -> JSONResponse | StreamingResponse:
        asked = shaped(ChatRequest, await read_json(request))
        loaded = service.model(asked.model)
        if asked.top_logprobs and not asked.logprobs:
            raise invalid("top_logprobs needs logprobs to be true.", "/top_logprobs")
        ids = await asyncio.to_thread(lambda: loaded.tokens.encode(render(loaded, asked.messages), special=False))
        wanted = asked.max_completion_tokens or asked.max_tokens
        limit = fitting(
            loaded,
            ids,
            wanted,
            "/messages",
            "/max_completion_tokens" if asked.max_completion_tokens else "/max_tokens",
        )
        job = GenerateJob(prompt=ids, sampling=_sampling(loaded, asked, limit, asked.top_logprobs or 0), n=asked.n or 1)
        frame = _frame(loaded, "chat.completion.chunk" if asked.stream else "chat.completion", "chatcmpl")
        if asked.stream:
            return await stream(service, loaded, [job], frame, asked, chat=True)
        (choices,) = _sound(await service.run(request, [job]))
        answers = []
        for index, choice in enumerate(choices):
            answer = {
                "index": index,
                "message": {"role": "assistant", "content": choice.text, "refusal": None},
                "logprobs": chat_logprobs(loaded.tokens, choice.tokens) if asked.logprobs else None,
                "finish_reason": choice.finish,
            }
            if asked.return_token_ids:
                answer["token_ids"] = [token.id for token in choice.tokens]
            answers.append(answer)
        extra = {"prompt_token_ids": ids} if asked.return_token_ids else {}
        return JSONResponse({**frame, "choices": answers, "usage": usage([job]), **extra})

    @router.post("/v1/completions", openapi_extra=documented(CompletionRequest), response_model=None)
    async def completions(request: Request) -> JSONResponse | StreamingResponse:
        asked = shaped(CompletionRequest, await read_json(request))
        loaded = service.model(asked.model)
        prompts = await asyncio.to_thread(prompt_lists, loaded, asked.prompt, asked.add_special_tokens)
        top = asked.logprobs or 0
        generate: list[GenerateJob] = []
        for ids, pointer in prompts:
            if asked.max_tokens == 0:
                if len(ids) > loaded.runner.context:
                    fitting(loaded, ids, 1, pointer, pointer)
                continue
            limit = fitting(loaded, ids, asked.max_tokens, pointer, "/max_tokens")
            generate.append(GenerateJob(prompt=ids, sampling=_sampling(loaded, asked, limit, top), n=asked.n or 1))
        frame = _frame(loaded, "text_completion", "cmpl")
        if asked.stream:
            if asked.echo or asked.prompt_logprobs is not None or not generate:
                raise invalid("A stream cannot echo the prompt: ask without stream.", "/stream")
            return await stream(service, loaded, generate, frame, asked, chat=False)
        score: list[ScoreJob] = []
        if (asked.echo and asked.logprobs is not None) or asked.prompt_logprobs is not None:
            deepest = max(asked.prompt_logprobs or 0, top if asked.echo else 0)
            score = [ScoreJob(texts=[ids], firsts=[0], top=deepest) for ids, _ in prompts]
        jobs: list[Job] = [*score, *generate]
        answers = _sound(await service.run(request, jobs) if jobs else [])
        return JSONResponse(_completion(loaded, asked, frame, prompts, score, generate, answers))

    @router.post("/tokenize", openapi_extra=documented(TokenizeRequest))
    async def tokenize(request: Request) -> dict[str, Any]:
        asked = shaped(TokenizeRequest, await read_json(request))
        loaded = service.model(asked.model)
        if (asked.prompt is None) == (asked.messages is None):
            raise invalid("Give either prompt or messages.", "/prompt", "one_of")
        if asked.messages is not None:
            text = render(loaded, asked.messages, generation=asked.add_generation_prompt)
            ids = loaded.tokens.encode(text, special=bool(asked.add_special_tokens))
        else:
            ids = loaded.tokens.encode(asked.prompt, special=asked.add_special_tokens)
        strings = [text_of(loaded.tokens, token) for token in ids] if asked.return_token_strs else None
        return {
            "tokens": ids,
            "count": len(ids),
            "max_model_len": loaded.runner.context,
            "token_strs": strings,
        }

    @router.post("/detokenize", openapi_extra=documented(DetokenizeRequest))
    async def detokenize(request: Request) -> dict[str, Any]:
        asked = shaped(DetokenizeRequest, await read_json(request))
        loaded = service.model(asked.model)
        return {"prompt": loaded.tokens.decode(checked_ids(loaded, asked.tokens, "/tokens"), keep_special=True)}

    return router


def _frame(loaded: Loaded, kind: str, prefix: str) -> dict[str, Any]:
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": loaded.name,
        "system_fingerprint": loaded.fingerprint,
    }


def _sampling(loaded: Loaded, asked: SamplingFields, limit: int, top: int) -> Sampling:
    return Sampling(
        limit,
        1.0 if asked.temperature is None else asked.temperature,
        asked.top_p or 1.0,
        asked.min_p or 0.0,
        asked.seed,
        as_list(asked.stop),
        top,
        False,
        bias(loaded, asked.logit_bias),
        bool(asked.ignore_eos),
    )


def usage(jobs: list[GenerateJob], prompts: int | None = None) -> dict[str, int]:
    """Tokens read and written."""
    read = sum(len(job.prompt) for job in jobs) if prompts is None else prompts
    written = sum(len(choice.tokens) for job in jobs for choice in job.choices)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _sound(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, RequestFault):
            raise answer
    return answers


def _completion(
    loaded: Loaded,
    asked: CompletionRequest,
    frame: dict,
    prompts: list,
    score: list,
    generate: list,
    answers: list,
) -> dict:
    tokens, choices = loaded.tokens, []
    given = answers[: len(score)]
    written = answers[len(score) :]
    for number, (ids, _) in enumerate(prompts):
        prompt_measured = given[number][0] if score else []
        top = asked.logprobs or 0
        for choice in written[number] if generate else [None]:
            measured = choice.tokens if choice else []
            head = tokens.decode(ids) if asked.echo else ""
            entry: dict[str, Any] = {
                "index": len(choices),
                "text": head + (choice.text if choice else ""),
                "finish_reason": choice.finish if choice else "length",
                "logprobs": None,
            }
            if asked.logprobs is not None:
                shown = [*_cut(prompt_measured, top), *measured] if asked.echo else measured
                entry["logprobs"] = completion_logprobs(tokens, shown)
            if asked.prompt_logprobs is not None:
                entry["prompt_logprobs"] = prompt_logprobs(tokens, _cut(prompt_measured, asked.prompt_logprobs))
            if asked.return_token_ids:
                entry["token_ids"], entry["prompt_token_ids"] = [token.id for token in measured], ids
            choices.append(entry)
    return {**frame, "choices": choices, "usage": usage(generate, sum(len(ids) for ids, _ in prompts))}


def _cut(measured: list, top: int) -> list:
    return [type(token)(token.id, token.logprob, token.rank, token.entropy, token.top[:top]) for token in measured]
