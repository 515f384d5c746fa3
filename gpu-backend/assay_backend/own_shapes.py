"""Request shapes of the own surface beyond generating and scoring."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from .shapes import Conversation, Own, OwnList, Text


class CompareRequest(Own):
    """A text along which two models are compared."""

    text: Annotated[Text, Field(min_length=1)]
    top_k: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        10, description="Over how many likeliest tokens of each model the overlap is taken."
    )


class CompareList(OwnList):
    """Body of /v1/assay/compare: `model` against `reference`, both loaded."""

    reference: Text


class EntailRequest(Own):
    """Does the premise entail the hypothesis?"""

    premise: Annotated[Text, Field(min_length=1)]
    hypothesis: Annotated[Text, Field(min_length=1)]


class EntailList(OwnList):
    """Body of /v1/assay/entail."""


class StatesRequest(Own):
    """Hidden states of continuations, one vector for each."""

    prompt: Text | Conversation = ""
    continuations: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1, max_length=256)]
    layer: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None, description="After how many blocks; 0 is the embedding. Left out: half of them."
    )
    pool: Literal["mean", "last"] = Field("mean", description="Mean over the continuation's tokens, or the last one.")


class StatesList(OwnList):
    """Body of /v1/assay/states."""


class EmbedRequest(Own):
    """A text to be embedded. Of one longer than the encoder reads its beginning is (the built-in one: 256 tokens)."""

    text: Text


class EmbedList(OwnList):
    """Body of /v1/assay/embed. The vectors are the sentence encoder's, whatever `model` names."""


class TokenizeRequest(Own):
    """A text to be cut into tokens."""

    text: Text
    special: StrictBool = Field(False, description="Add the tokenizer's own frame, such as a beginning token.")


class TokenizeList(OwnList):
    """Body of /v1/assay/tokenize."""


class LoadRequest(Own):
    """Body of /v1/assay/models/load: a folder by `path`, a hub id by `hub`, or neither where `id` itself is one."""

    id: Annotated[Text, Field(min_length=1, max_length=200)]
    path: Annotated[Text, Field(min_length=1)] | None = None
    hub: Annotated[Text, Field(min_length=1)] | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] | None = None


class UnloadRequest(Own):
    """Body of /v1/assay/models/unload."""

    id: Text
