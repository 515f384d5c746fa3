"""Request shapes of both surfaces. OpenAI's is snake_case and tolerant of fields it does not know; Assay's own is
camelCase and refuses them, so that a misspelt option is never silently ignored."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic.alias_generators import to_camel


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair, which is no character") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Temperature = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Mass = Annotated[float, Field(gt=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
MinP = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[StrictInt, Field(ge=-(2**63), lt=2**64)]
Samples = Annotated[StrictInt, Field(ge=1, le=256)]
Top = Annotated[StrictInt, Field(ge=0, le=200)]
Stops = Annotated[list[Annotated[Text, Field(min_length=1)]], Field(max_length=64)]


def _neutral(*passing: Any) -> Any:
    """For an option that would change the answer and is not had here: only values that change nothing pass."""

    def check(value: Any) -> Any:
        if value in (None, False, "", [], {}, *passing):
            return value
        raise ValueError("this option is not had here; leave it out")

    return Annotated[Any, AfterValidator(check)]


class TextPart(BaseModel):
    """One part of a message whose content is a list."""

    type: Literal["text"]
    text: Text


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(extra="ignore")
    role: Annotated[Text, Field(min_length=1, max_length=64)]
    content: Text | list[TextPart] | None = ""
    # Templates write calls of tools in ways of their own; left out they would be another conversation.
    tool_calls: _neutral() = None
    function_call: _neutral() = None

    def plain(self) -> dict[str, str]:
        content = self.content
        joined = "".join(part.text for part in content) if isinstance(content, list) else content or ""
        return {"role": self.role, "content": joined}


Messages = Annotated[list[Message], Field(min_length=1)]


class Own(BaseModel):
    """Base of the own surface's shapes."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Conversation(Own):
    """A conversation up to the answer, with the beginning that the answer is made to have."""

    messages: Messages
    answer_prefix: Text = ""


class MirostatRequest(Own):
    """Draw so that tokens surprise by `tau` bits. Version 1 fits Zipf's law to the `m` likeliest tokens, version 2 cuts
    off by surprise; `eta` is how fast they follow. Replaces temperature, topP, minP and topK."""

    version: Literal[1, 2] = 2
    tau: Annotated[float, Field(gt=0, le=100)] = 3
    eta: Annotated[float, Field(gt=0, le=10)] = 1
    m: Annotated[StrictInt, Field(ge=2, le=100_000)] = 100


class GenerateRequest(Own):
    """`n` continuations of a conversation or of raw text."""

    messages: Messages | None = None
    prompt: Text | None = None
    n: Samples = 1
    temperature: Temperature = 0
    top_p: Mass = 1
    min_p: MinP = 0
    top_k: Annotated[StrictInt, Field(ge=0)] = 0
    max_tokens: Annotated[StrictInt, Field(ge=1)] = 256
    stop: Stops = []
    seed: Seed | None = Field(None, description="Sample i is drawn with random numbers of this seed and i.")
    seeds: Annotated[list[Seed], Field(min_length=1, max_length=256)] | None = Field(
        None, description="A seed for each of the n samples: each is then what n 1 with that seed gives."
    )
    top_logprobs: Top = 0
    entropy: StrictBool = False
    terms: StrictBool = Field(False, description="Renyi, Fisher-Rao and self-certainty terms of each token.")
    mirostat: MirostatRequest | None = None
    answer_prefix: Text = ""


class ScoreRequest(Own):
    """Log-probabilities of each continuation after the prompt, and the mass of phrases as what comes next."""

    prompt: Text | Conversation = ""
    continuations: Annotated[list[Text], Field(min_length=1, max_length=1024)] | None = None
    phrases: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1, max_length=1024)] | None = None
    top_logprobs: Top = 0
    entropy: StrictBool = False
    terms: StrictBool = Field(False, description="Renyi, Fisher-Rao and self-certainty terms of each token.")
    bos: StrictBool | None = None
    window: Annotated[StrictInt, Field(ge=2)] | None = Field(
        None, description="Tokens that a text is read by at once, where it is longer; default and limit: the context."
    )
    stride: Annotated[StrictInt, Field(ge=1)] | None = Field(
        None, description="Tokens by which the window moves (default: half of it). Each token is scored once."
    )


class DropoutRequest(Own):
    """What dropout does to the distributions of a continuation's tokens."""

    prompt: Text | Conversation = ""
    continuation: Annotated[Text, Field(min_length=1)]
    passes: Annotated[StrictInt, Field(ge=2, le=200)] = 10
    rate: Annotated[float, Field(ge=0, lt=1)] = 0.1
    seed: Annotated[StrictInt, Field(ge=0, lt=2**32)] = 0


class OwnList(Own):
    """Body of a list of requests to one model."""

    model: Text | None = None
    requests: Annotated[list[Any], Field(min_length=1, max_length=2048)]


class GenerateList(OwnList):
    """Body of /v1/assay/generate. With `stream` the answer is server-sent events."""

    stream: StrictBool = False


class ScoreList(OwnList):
    """Body of /v1/assay/score."""


class DropoutList(OwnList):
    """Body of /v1/assay/dropout."""


class Open(BaseModel):
    """Base of the OpenAI surface's shapes."""

    model_config = ConfigDict(extra="ignore")


class StreamOptions(Open):
    include_usage: bool = False
    continuous_usage_stats: bool = False


class NamedSchema(Open):
    """A JSON schema as OpenAI's `response_format` carries it."""

    name: Annotated[Text, Field(min_length=1, max_length=64)] = "answer"
    schema_: dict[str, Any] | bool = Field(default_factory=dict, alias="schema")
    strict: bool | None = None


class ResponseFormat(Open):
    """The form that an answer is held to: any text, any JSON object, or the JSON texts that fit a schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: NamedSchema | None = None


class StructuredOutputs(BaseModel):
    """vLLM's forms: exactly one of them."""

    model_config = ConfigDict(extra="forbid")
    json_: dict[str, Any] | Text | None = Field(default=None, alias="json")
    json_object: bool | None = None
    regex: Annotated[Text, Field(min_length=1)] | None = None
    choice: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1, max_length=4096)] | None = None
    grammar: Annotated[Text, Field(min_length=1)] | None = None


class SamplingFields(Open):
    """What chat and plain completions share."""

    model: Text | None = None
    n: Samples | None = 1
    temperature: Temperature | None = 1
    top_p: Mass | None = 1
    min_p: MinP | None = 0
    seed: Seed | None = None
    stop: Annotated[Text, Field(min_length=1)] | Stops | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    presence_penalty: Penalty | None = 0
    frequency_penalty: Penalty | None = 0
    response_format: ResponseFormat | None = None
    # vLLM's additions.
    top_k: Annotated[StrictInt, Field(ge=-1)] | None = 0
    repetition_penalty: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = 1
    ignore_eos: bool | None = False
    stop_token_ids: list[StrictInt] | None = None
    allowed_token_ids: Annotated[list[StrictInt], Field(min_length=1)] | None = None
    logprob_token_ids: Annotated[list[StrictInt], Field(max_length=1024)] | None = None
    prompt_logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    structured_outputs: StructuredOutputs | None = None
    return_token_ids: bool | None = False
    return_tokens_as_token_ids: bool | None = False
    include_stop_str_in_output: bool | None = False
    skip_special_tokens: bool | None = True
    # What would change the answer and is not had here is refused, not ignored.
    best_of: _neutral(1) = None
    suffix: _neutral() = None
    tools: _neutral() = None
    functions: _neutral() = None
    min_tokens: _neutral() = None
    bad_words: _neutral() = None
    use_beam_search: _neutral() = None
    truncate_prompt_tokens: _neutral(-1) = None
    prompt_embeds: _neutral() = None
    guided_json: _neutral() = None
    guided_regex: _neutral() = None
    guided_choice: _neutral() = None
    guided_grammar: _neutral() = None
    logits_processors: _neutral() = None
    length_penalty: _neutral(1) = None
    thinking_token_budget: _neutral(-1) = None
    repetition_detection: _neutral() = None
    vllm_xargs: _neutral() = None
    watermarking: _neutral() = None


class ChatRequest(SamplingFields):
    """Body of /v1/chat/completions."""

    messages: Messages
    max_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    logprobs: bool | None = False
    top_logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    echo: _neutral() = None
    tool_choice: _neutral("none", "auto") = None
    function_call: _neutral("none", "auto") = None
    modalities: _neutral(["text"]) = None
    audio: _neutral() = None
    web_search_options: _neutral() = None
    documents: _neutral() = None
    chat_template: _neutral() = None
    chat_template_kwargs: _neutral() = None
    add_special_tokens: bool = False
    add_generation_prompt: bool = True
    continue_final_message: bool = False


class CompletionRequest(SamplingFields):
    """Body of /v1/completions."""

    # Read by hand (prompts.prompt_lists): of a union of four types, a refusal would name all of them.
    prompt: Any = Field(description="Text, token ids, or a list of either.")
    max_tokens: Annotated[StrictInt, Field(ge=0)] | None = 16
    echo: bool | None = False
    logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    add_special_tokens: bool = True


class EmbeddingRequest(Open):
    """Body of /v1/embeddings."""

    model: Text | None = None
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[StrictInt, Field(ge=1)] | None = None


class TokenizeRequest(Open):
    """Body of /tokenize: raw text, or a conversation."""

    model: Text | None = None
    prompt: Text | None = None
    messages: Messages | None = None
    add_special_tokens: bool | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    return_token_strs: bool | None = False


class DetokenizeRequest(Open):
    """Body of /detokenize."""

    model: Text | None = None
    tokens: list[StrictInt]
