"""Each way in which a call fails has a sentence of its own, in both languages, also while the question is kept."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx2
import pytest
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from bot.core.controls import PASSING
from bot.core.errors import ModelError
from bot.core.reply.outage_notice import OUTAGE, outage_sentence
from bot.core.texts import LANGUAGES
from bot.llm import openai_errors

REQUEST = httpx2.Request("POST", "https://model.test/v1/chat/completions")


def answered(status: int, message: str = "no", code: str | None = None) -> APIStatusError:
    body = {"message": message, "code": code}
    return APIStatusError(message, response=httpx2.Response(status, request=REQUEST), body=body)


def framed(code: str | int) -> APIError:
    """An error within a stream."""
    return APIError("no", REQUEST, body={"message": "no", "code": code})


def unconnected(cause: Exception, wrapped: type[httpx2.TransportError] = httpx2.ConnectError) -> APIConnectionError:
    error, way = APIConnectionError(request=REQUEST), wrapped(str(cause), request=REQUEST)
    way.__cause__, error.__cause__ = cause, way
    return error


def uncertified() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("self-signed certificate")
    error.verify_code, error.verify_message = 18, "self-signed certificate"
    return error


def without_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


def by_proxy(said: str) -> APIConnectionError:
    error = APIConnectionError(request=REQUEST)
    error.__cause__ = httpx2.ProxyError(said, request=REQUEST)
    return error


def silent() -> APITimeoutError:
    error = APITimeoutError(REQUEST)
    error.__cause__ = httpx2.ReadTimeout("", request=REQUEST)
    return error


TABLE: Mapping[str, tuple[APIError, str]] = {
    # the server says so
    "500": (answered(500, "Internal server error", "server_error"), "model_server_error"),
    "501": (answered(501), "model_server_error"),
    "505 and others": (answered(599), "model_server_error"),
    "500, and overloaded": (answered(500, "The engine is currently overloaded"), "model_overloaded"),
    "500, and no room": (answered(500, "Selected model is at capacity"), "model_overloaded"),
    "503": (answered(503), "model_overloaded"),
    "503 of llama.cpp": (answered(503, "Loading model", "unavailable_error"), "model_overloaded"),
    "529": (answered(529, "Overloaded", "overloaded_error"), "model_overloaded"),
    "498 of Groq": (answered(498, "capacity exceeded"), "model_rate_limited"),
    "502": (answered(502), "model_gateway"),
    "504": (answered(504), "model_gateway"),
    "408": (answered(408), "model_gateway"),
    "520 of Cloudflare": (answered(520), "model_gateway"),
    "524 of Cloudflare": (answered(524), "model_gateway"),
    "429": (answered(429), "model_rate_limited"),
    "401": (answered(401), "model_auth"),
    "402": (answered(402), "model_quota"),
    "407": (answered(407), "model_proxy"),
    # within a stream
    "frame server_error": (framed("server_error"), "model_server_error"),
    "frame api_error": (framed("api_error"), "model_server_error"),
    "frame overloaded_error": (framed("overloaded_error"), "model_overloaded"),
    "frame engine_overloaded": (framed("engine_overloaded"), "model_overloaded"),
    "frame 503": (framed(503), "model_overloaded"),
    "frame 502": (framed("502"), "model_gateway"),
    "frame bad_gateway": (framed("bad_gateway"), "model_gateway"),
    "frame upstream_error": (framed("upstream_error"), "model_gateway"),
    "frame without a word": (framed("x"), "model_cut"),
    # on the way
    "refused": (unconnected(ConnectionRefusedError(111, "refused")), "model_refused"),
    "no such name": (unconnected(socket.gaierror(-2, "unknown")), "model_name_not_found"),
    "certificate": (unconnected(uncertified()), "model_certificate"),
    "no TLS": (unconnected(without_tls()), "model_no_tls"),
    "proxy login": (by_proxy("407 Proxy Authentication Required"), "model_proxy"),
    "proxy rules": (by_proxy("403 Forbidden"), "model_proxy"),
    "no route": (unconnected(OSError(113, "No route to host")), "model_unavailable"),
    "no answer to the connection": (unconnected(TimeoutError(), httpx2.ConnectTimeout), "model_unavailable"),
    "silent": (silent(), "model_timeout"),
}


def raised(error: APIError) -> ModelError:
    return openai_errors.translate(error, datetime.now(UTC))


@pytest.mark.parametrize(("error", "sentence"), TABLE.values(), ids=TABLE.keys())
def test_each_class_of_faults_has_its_sentence(error: APIError, sentence: str) -> None:
    told = raised(error)
    assert told.sentence == sentence
    for texts in LANGUAGES.values():
        assert texts[sentence]
        assert "{" not in texts[outage_sentence(told)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_passing_faults_share_a_sentence(language: str) -> None:
    faults = [raised(error) for error, _ in TABLE.values()]
    kept = {error.sentence: outage_sentence(error) for error in faults if error.problem.passing}
    texts = LANGUAGES[language]
    assert len({texts[key] for key in kept}) == len(kept)
    assert len({texts[key] for key in kept.values()}) == len(kept)
    assert [sentence for sentence, outage in kept.items() if outage == OUTAGE] == ["model_unavailable"]
    assert kept.keys() <= PASSING
