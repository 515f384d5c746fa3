"""Shapes of what the own surface answers: the OpenAPI document shows them, and tests hold answers against them."""

from typing import Any

from pydantic import Field

from .shapes import Own


class Fault(Own):
    """Why an entry failed; the pointer names the field."""

    code: str
    message: str
    pointer: str | None


class FailedResult(Own):
    """Stands in the place of an entry that failed."""

    error: Fault


class Named(Own):
    """A token: `bytes` only where it alone is no UTF-8."""

    token: str
    id: int
    bytes: list[int] | None = None


class TopToken(Named):
    logprob: float


class TermsAnswer(Own):
    """Over the whole distribution p of V tokens. Renyi: (log sum q^a - (a - 1) log V) / (a - 1), a = 0.5, nats;
    Fisher-Rao: (2/pi) arccos sum sqrt(q / V); both with q = p softened by temperature 2. Self-certainty: log V + mean
    log p, nats."""

    renyi: float
    fisher_rao: float
    self_certainty: float


class MeasuredToken(Named):
    """Numbers are those of the model's own distribution at temperature 1; nats. Rank 1 is the likeliest."""

    logprob: float | None
    rank: int | None
    entropy: float | None
    top: list[TopToken]
    terms: TermsAnswer | None = None


class GeneratedToken(MeasuredToken):
    """With mirostat: surprise in bits, the state mu before the draw, and from how many tokens was drawn."""

    surprise: float | None = None
    mu: float | None = None
    drawn_from: int | None = None


class ScoredToken(MeasuredToken):
    """`start` and `end` are UTF-8 byte offsets in the continuation."""

    start: int
    end: int


class Usage(Own):
    prompt_tokens: int
    completion_tokens: int


class GenerateChoice(Own):
    text: str
    finish_reason: str
    tokens: list[GeneratedToken]


class GenerateResult(Own):
    choices: list[GenerateChoice]
    usage: Usage


class ContinuationResult(Own):
    tokens: list[ScoredToken]
    logprob: float
    scored_tokens: int
    scored_bytes: int
    bytes_per_token: float | None
    bos: bool


class PhraseResult(Own):
    """Log-probability that the text goes on with a phrase, and its exponential."""

    phrase: str
    logprob: float
    mass: float


class ScoreResult(Own):
    """`mass` is the probability of any of the phrases: one that only lengthens another adds nothing."""

    continuations: list[ContinuationResult] | None = None
    phrases: list[PhraseResult] | None = None
    mass: float | None = None


class DropoutToken(Named):
    """Entropies and divergences in nats. Predictive: of the mean distribution; aleatoric: mean over the passes;
    epistemic: their difference. Pairwise KL: mean over pairs of different passes; reverse mutual information: mean KL
    divergence of the mean distribution from a pass. Groups: epistemic entropies of five disjoint groups of passes, none
    with fewer than ten passes."""

    start: int
    end: int
    logprob: float
    predictive_entropy: float
    aleatoric_entropy: float
    epistemic_entropy: float
    expected_pairwise_kl: float
    reverse_mutual_information: float
    probability_variance: float
    group_epistemic_entropies: list[float]


class DropoutResult(Own):
    """`inserted`: the model has no dropout of its own in its blocks, so it was put at the usual places."""

    tokens: list[DropoutToken]
    passes: int
    rate: float
    inserted: bool
    bos: bool


class StatesResult(Own):
    """A vector for each continuation; `layers` is how many blocks the model has."""

    states: list[list[float]]
    layer: int
    layers: int
    pool: str


class ComparedToken(Named):
    """Forward: from `model` to `reference`, sum p log(p / r), nats; Jensen-Shannon in bits; overlap: share of the k
    likeliest tokens that both have; delta: log-probability in `model` less that in `reference`."""

    start: int
    end: int
    kl_forward: float
    kl_backward: float
    jensen_shannon: float
    top_agree: bool
    top_k_overlap: float
    logprob_delta: float


class CompareResult(Own):
    """Means are over the tokens; null where there is none."""

    tokens: list[ComparedToken]
    mean_kl_forward: float | None
    mean_kl_backward: float | None
    mean_jensen_shannon: float | None
    top_agreement: float | None
    mean_top_k_overlap: float | None
    mean_logprob_delta: float | None


class EntailResult(Own):
    """Probabilities that sum to 1."""

    entail: float
    neutral: float
    contradict: float


class EmbedResult(Own):
    """A vector of length one."""

    embedding: list[float]


class PlacedToken(Named):
    start: int
    end: int


class TokenizeResult(Own):
    tokens: list[PlacedToken]


class ModelEntry(Own):
    """One loaded model. Bytes: `fixedBytes` set aside for weights, `heldBytes` taken for keys and values now."""

    id: str
    device: str
    dtype: str
    context_length: int
    vocab_size: int
    fingerprint: str
    batch_invariant: bool
    pinned: bool = Field(description="The model that the server was started with; it is never unloaded.")
    fixed_bytes: int
    held_bytes: int
    busy: bool


class ModelList(Own):
    """Least recently used first, with the budget that all share."""

    models: list[ModelEntry]
    budget_bytes: int
    left_bytes: int


def answer_schema(result: type[Own], more: dict[str, Any] | None = None) -> dict[str, Any]:
    """JSON schema of a list's answer."""
    either = [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in (result, FailedResult)]
    results = {"type": "array", "items": {"anyOf": either}}
    properties = {"model": {"type": "string"}, **(more or {}), "results": results}
    return {"type": "object", "properties": properties, "required": list(properties)}
