"""OpenAI's surface with vLLM's additions: models, chat, completions, tokenize and detokenize."""

import asyncio
import secrets
import time
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse

from .bodies import documented, read_json, shaped
from .faults import RequestFault, invalid
from .loading import Loaded
from .openai_answers import chat_answer, completion_choices, usage
from .openai_options import sampling
from .prompts import Prompt, checked_ids, fitting, prompt_lists, render
from .service import Service
from .shapes import ChatRequest, CompletionRequest, DetokenizeRequest, TokenizeRequest
from .streams import stream
from .work import GenerateJob, Job, ScoreJob, common_prefix


def routes(service: Service) -> APIRouter:
    """Routes of the OpenAI surface."""
    router = APIRouter(tags=["openai"])

    @router.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model_entry(loaded) for loaded in service.models()]}

    @router.get("/v1/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        return _model_entry(service.model(name, ""))

    @router.post("/v1/chat/completions", openapi_extra=documented(ChatRequest), response_model=None)
    async def chat(request: Request) -> JSONResponse | StreamingResponse:
        asked = shaped(ChatRequest, await read_json(request))
        loaded = service.model(asked.model)
        _check(asked)
        job = await asyncio.to_thread(_chat_job, loaded, asked)
        frame = _frame(loaded, "chat.completion.chunk" if asked.stream else "chat.completion", "chatcmpl")
        if asked.stream:
            return await stream(service, loaded, [job], frame, asked, chat=True)
        jobs: list[Job] = [job]
        if asked.prompt_logprobs is not None:
            jobs.append(ScoreJob(texts=[job.prompt], firsts=[0], top=asked.prompt_logprobs))
        choices, *given = _sound(await service.run(request, jobs, loaded))
        answer = chat_answer(loaded.tokens, asked, job.prompt, choices, given[0][0] if given else None)
        return JSONResponse({**frame, **answer})

    @router.post("/v1/completions", openapi_extra=documented(CompletionRequest), response_model=None)
    async def completions(request: Request) -> JSONResponse | StreamingResponse:
        asked = shaped(CompletionRequest, await read_json(request))
        loaded = service.model(asked.model)
        _check(asked)
        prompts, generate = await asyncio.to_thread(_completion_jobs, loaded, asked)
        frame = _frame(loaded, "text_completion", "cmpl")
        if asked.stream:
            if not generate:
                raise invalid("A stream writes at least one token: give max_tokens, or ask without stream.", "/stream")
            return await stream(service, loaded, generate, frame, asked, chat=False)
        score: list[ScoreJob] = []
        if (asked.echo and asked.logprobs is not None) or asked.prompt_logprobs is not None:
            score = _score_jobs(
                [one.ids for one in prompts],
                max(asked.prompt_logprobs or 0, (asked.logprobs or 0) if asked.echo else 0),
            )
        # One after the other: what is generated then finds its prompt read.
        scored = _sound(await service.run(request, score, loaded)) if score else []
        given = [measured for texts in scored for measured in texts]
        written = (
            _sound(await service.run(request, generate, loaded))
            if generate
            else [[None] * (asked.n or 1)] * len(prompts)
        )

        def composed() -> dict[str, Any]:
            choices: list[dict[str, Any]] = []
            for number, (prompt, made) in enumerate(zip(prompts, written, strict=True)):
                measured = given[number] if given else None
                for choice in completion_choices(loaded.tokens, asked, prompt, made, measured):
                    choices.append({"index": len(choices), **choice})
            counted = usage(
                sum(len(one.ids) for one in prompts), [choice for made in written for choice in made if choice]
            )
            return {**frame, "choices": choices, "usage": counted}

        return JSONResponse(await asyncio.to_thread(composed))

    @router.post("/tokenize", openapi_extra=documented(TokenizeRequest))
    async def tokenize(request: Request) -> dict[str, Any]:
        asked = shaped(TokenizeRequest, await read_json(request))
        loaded = service.model(asked.model)
        if (asked.prompt is None) == (asked.messages is None):
            raise invalid("Give either prompt or messages.", "/prompt", "one_of")
        # Aside: a long text must not keep others waiting for their answers.
        if asked.messages is not None:
            ids = await asyncio.to_thread(_conversation, loaded, asked)
        else:
            ids = await asyncio.to_thread(loaded.tokens.encode, asked.prompt, asked.add_special_tokens)
        # As the vocabulary writes them, as vLLM has it.
        strings = loaded.tokens.tokenizer.convert_ids_to_tokens(ids) if asked.return_token_strs else None
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
        ids = checked_ids(loaded, asked.tokens, "/tokens")
        return {"prompt": await asyncio.to_thread(loaded.tokens.decode, ids, True)}

    return router


def _model_entry(loaded: Loaded) -> dict[str, Any]:
    return {
        "id": loaded.name,
        "object": "model",
        "created": 0,
        "owned_by": "assay",
        "max_model_len": loaded.runner.context,
    }


def _frame(loaded: Loaded, kind: str, prefix: str) -> dict[str, Any]:
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": loaded.name,
        "system_fingerprint": loaded.fingerprint,
    }


def _check(asked: ChatRequest | CompletionRequest) -> None:
    """What options demand of each other."""
    if asked.stream_options is not None and not asked.stream:
        raise invalid("stream_options is for stream: true alone.", "/stream_options")
    if asked.stream and asked.prompt_logprobs is not None:
        raise invalid("A stream cannot tell of the prompt: ask without stream.", "/prompt_logprobs")
    asks = asked.logprobs if isinstance(asked, ChatRequest) else asked.logprobs is not None
    if asked.logprob_token_ids and not asks:
        raise invalid("logprob_token_ids needs logprobs.", "/logprob_token_ids")
    if isinstance(asked, ChatRequest):
        if asked.top_logprobs and not asked.logprobs:
            raise invalid("top_logprobs needs logprobs to be true.", "/top_logprobs")
    elif asked.stream and asked.echo:
        raise invalid("A stream cannot echo the prompt: ask without stream.", "/stream")


def _chat_job(loaded: Loaded, asked: ChatRequest) -> GenerateJob:
    ids = _conversation(loaded, asked)
    pointer = "/max_completion_tokens" if asked.max_completion_tokens else "/max_tokens"
    limit = fitting(loaded, ids, asked.max_completion_tokens or asked.max_tokens, "/messages", pointer)
    return GenerateJob(prompt=ids, sampling=sampling(loaded, asked, limit, asked.top_logprobs or 0), n=asked.n or 1)


def _conversation(loaded: Loaded, asked: ChatRequest | TokenizeRequest) -> list[int]:
    """Ids of a conversation, up to the answer or to the end of the message that is to be continued."""
    if asked.continue_final_message and asked.messages[-1].role != "assistant":
        raise invalid("The last message is not the assistant's: there is nothing to go on with.", "/messages")
    text = render(loaded, asked.messages, generation=asked.add_generation_prompt, go_on=asked.continue_final_message)
    return loaded.tokens.encode(text, special=bool(asked.add_special_tokens))


def _completion_jobs(loaded: Loaded, asked: CompletionRequest) -> tuple[list[Prompt], list[GenerateJob]]:
    """The prompts, and what is to be generated: nothing where no token is asked for."""
    prompts = prompt_lists(loaded, asked.prompt, asked.add_special_tokens)
    wanted = 16 if asked.max_tokens is None else asked.max_tokens
    options = sampling(loaded, asked, wanted, asked.logprobs or 0)
    jobs = []
    for prompt in prompts:
        if wanted:
            limit = fitting(loaded, prompt.ids, wanted, prompt.pointer, "/max_tokens")
            jobs.append(GenerateJob(prompt=prompt.ids, sampling=replace(options, max_tokens=limit), n=asked.n or 1))
        elif len(prompt.ids) > loaded.runner.context:
            raise invalid(
                f"The prompt has {len(prompt.ids)} tokens; the context holds {loaded.runner.context}.",
                prompt.pointer,
                "context_length_exceeded",
            )
    return prompts, jobs


def _score_jobs(prompts: list[list[int]], top: int) -> list[ScoreJob]:
    """Whole prompts to be scored, in their order. Neighbours that share half of their tokens or more, as a question's
    options do, are one job: their beginning is read and measured once."""
    groups: list[list[list[int]]] = []
    shared = 0
    for ids in prompts:
        alike = common_prefix([groups[-1][0][:shared], ids]) if groups else 0
        if groups and 2 * alike >= max(len(ids), len(groups[-1][0])):
            groups[-1].append(ids)
            shared = alike
        else:
            groups.append([ids])
            shared = len(ids)
    return [ScoreJob(texts=texts, firsts=[0] * len(texts), top=top) for texts in groups]


def _sound(answers: list[Any]) -> list[Any]:
    for answer in answers:
        if isinstance(answer, RequestFault):
            raise answer
    return answers
