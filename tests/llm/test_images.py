"""Pictures in a prompt, and servers whose model takes none."""

from __future__ import annotations

import pytest

from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import CompletionRequest, PromptImage, PromptMessage
from bot.llm import tokens
from bot.llm.images import content_of
from bot.llm.openai_chat import OpenAIChat
from tests.files.making import picture
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, Failure, failure

PNG = picture()


def image(at: int) -> PromptImage:
    return PromptImage(at, PNG, "image/png", 12)


def asking(*, with_image: bool = True, model: str = "llama3") -> CompletionRequest:
    return CompletionRequest(model, [PromptMessage("user", "see: now", [image(4)] if with_image else [])], 100)


async def problem(server: ModelServer, request: CompletionRequest) -> ModelProblem:
    model = OpenAIChat(base_url=server.url)
    try:
        with pytest.raises(ModelError) as error:
            async for _ in model.stream(request):
                pass
    finally:
        await model.aclose()
    return error.value.problem


def test_a_picture_stands_between_the_texts_around_it() -> None:
    content = content_of(PromptMessage("user", "one two", [image(3), image(7)]))
    assert [part["type"] for part in content if isinstance(part, dict)] == ["text", "image_url", "text", "image_url"]
    assert [part["text"] for part in content if isinstance(part, dict) and part["type"] == "text"] == ["one", " two"]


def test_what_follows_on_a_picture_leaves_what_was_sent_before_as_it_was() -> None:
    """A prompt whose beginning stays the same is a cached prompt."""
    before = content_of(PromptMessage("user", "one", [image(3)]))
    after = content_of(PromptMessage("user", "one\n\ntwo", [image(3)]))
    assert isinstance(before, list)
    assert after[: len(before)] == before


def test_text_alone_is_a_string_for_servers_that_know_no_parts() -> None:
    assert content_of(PromptMessage("user", "one")) == "one"


def test_pictures_are_counted() -> None:
    without = PromptMessage("user", "one")
    assert tokens.count_prompt([PromptMessage("user", "one", [image(3)])]) == tokens.count_prompt([without]) + 12


async def test_a_server_that_sees_takes_them() -> None:
    async with ModelServer() as server:
        model = OpenAIChat(base_url=server.url)
        chunks = [chunk async for chunk in model.stream(asking())]
        await model.aclose()
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Invalid content type. image_url is only supported by certain models."),
        (400, "'messages[0].content' : content must be a string"),  # Groq
        (400, "llama3 is not a multimodal model"),  # vLLM
        (400, "At most 0 image(s) may be provided in one request."),  # vLLM
        (400, "Model does not support images. Please use a model that does."),  # LM Studio
        (400, "Image input is not enabled for this model"),  # Mistral
        (404, "No endpoints found that support image input"),  # OpenRouter
        (422, "Failed to deserialize: messages[0]: unknown variant `image_url`, expected `text`"),  # DeepSeek
        (
            500,
            "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        ),  # llama.cpp
    ],
)
async def test_servers_say_in_many_ways_that_their_model_sees_nothing(status: int, message: str) -> None:
    async with ModelServer() as server:
        server.default = Answer(failure=failure(status, message))
        assert await problem(server, asking()) is ModelProblem.IMAGES
        assert await problem(server, asking(with_image=False)) is not ModelProblem.IMAGES


async def test_the_same_within_a_stream() -> None:
    async with ModelServer() as server:
        frame = {"message": "image input is not supported", "code": 500}
        server.default = Answer("x", error_at=0, error_frame=frame)
        assert await problem(server, asking()) is ModelProblem.IMAGES


@pytest.mark.parametrize(
    "refusal",
    [
        failure(
            400, "You uploaded an unsupported image. Please make sure your image is valid.", code="invalid_image_format"
        ),
        failure(400, "This model's maximum context length is 10 tokens", code="context_length_exceeded"),
        failure(401, "Incorrect API key provided."),
        failure(429, "Rate limit reached for images per minute: not supported"),
        Failure(503, "<html>no image of the service is available</html>"),
    ],
)
async def test_other_errors_do_not_make_a_model_blind(refusal: Failure) -> None:
    async with ModelServer() as server:
        server.default = Answer(failure=refusal)
        assert await problem(server, asking()) is not ModelProblem.IMAGES


async def test_the_standin_refuses_as_openai_does() -> None:
    async with ModelServer(Rules(sees=False)) as server:
        assert await problem(server, asking()) is ModelProblem.IMAGES
