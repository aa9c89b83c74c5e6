"""Generators by setting: a transformers model in a folder, or a server that speaks the OpenAI chat API. Never a need."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog

from settings import Settings

log = structlog.get_logger(__name__)
Messages = Sequence[Mapping[str, str]]
"""Chat messages, each {"role": "system" | "user", "content": …}."""
MOST_TOKENS = 600
LARGEST_REPLY = 1_000_000
"""Bytes of a server's reply that are read at most."""
FAILURES, REST_SECONDS = 3, 60.0
"""After so many failures in a row the generator is left alone for so long: residents shall not wait for a dead server."""
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


class GeneratorUnavailable(RuntimeError):
    """The generator named by the setting cannot be loaded; the message says which and what to do."""


class GenerationFailed(RuntimeError):
    """No usable text came; the message says why, in words of the machine only, so that it may be logged."""


class Generator(Protocol):
    """Messages -> text. Light to make; `warm_up` loads what there is to load and raises GeneratorUnavailable."""

    def warm_up(self) -> None: ...

    def generate(self, prompt_messages: Messages) -> str: ...


class TransformersGenerator:
    """A causal or sequence-to-sequence language model in a local folder, on the CPU, without sampling; nothing is fetched."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._model: Any = None
        self._tokenizer: Any = None
        self._one_at_a_time = threading.Lock()

    def warm_up(self) -> None:
        """Load model and tokenizer. Raises GeneratorUnavailable."""
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

        if not self._folder.is_dir():
            raise GeneratorUnavailable(
                f"the generator's folder {self._folder} does not exist: correct MADOGUCHI_GENERATOR or empty it"
            )
        local = {"local_files_only": True, "trust_remote_code": False}
        try:
            config: Any = AutoConfig.from_pretrained(self._folder, **local)
            kind: Any = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
            self._tokenizer = AutoTokenizer.from_pretrained(self._folder, **local)
            self._model = kind.from_pretrained(self._folder, **local).eval()
        except Exception as error:
            raise GeneratorUnavailable(
                f"the generator in {self._folder} could not be loaded: {error}. "
                "Set MADOGUCHI_GENERATOR to a folder of a transformers language model, to a server's URL, or to nothing."
            ) from error

    def generate(self, prompt_messages: Messages) -> str:
        """The model's text. Raises GenerationFailed, also when the time is over and the text perhaps cut."""
        if self._model is None:
            raise GenerationFailed("the model is not loaded")
        started = time.monotonic()
        # One text at a time: two on the same cores take twice as long each. Who waits too long does without.
        if not self._one_at_a_time.acquire(timeout=self._seconds):
            raise GenerationFailed("the model is busy")
        try:
            return self._generated(prompt_messages, self._seconds - (time.monotonic() - started))
        except GenerationFailed:
            raise
        except Exception as error:
            raise GenerationFailed(f"the model failed: {type(error).__name__}") from error
        finally:
            self._one_at_a_time.release()

    def _generated(self, messages: Messages, seconds: float) -> str:
        import torch

        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        else:
            text = "\n\n".join(m["content"] for m in messages) + "\n\n"
        encoded = self._tokenizer(text, return_tensors="pt")
        room = getattr(self._model.config, "max_position_embeddings", None)
        length = encoded["input_ids"].shape[1]
        whole = self._model.config.is_encoder_decoder
        if room and length + (0 if whole else 1) > room:
            raise GenerationFailed("the article is longer than the model's context")
        most = min(MOST_TOKENS, room - (0 if whole else length)) if room else MOST_TOKENS
        started = time.monotonic()
        with torch.inference_mode():
            made = self._model.generate(
                input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"], max_new_tokens=most,
                do_sample=False, max_time=max(seconds, 0.1),
            )[0]  # fmt: skip
        if time.monotonic() - started >= seconds:
            raise GenerationFailed("the model took too long")
        return str(self._tokenizer.decode(made if whole else made[length:], skip_special_tokens=True)).strip()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key and the question to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class OpenAICompatibleGenerator:
    """A server with `POST <url>/chat/completions`; one retry, both within `seconds`."""

    def __init__(self, url: str, model: str, api_key: str, seconds: float) -> None:
        self._url = url.rstrip("/") + "/chat/completions"
        self._model, self._seconds = model, seconds
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._opener = urllib.request.build_opener(_NoRedirect())

    def warm_up(self) -> None:
        """Nothing to load; a server that is down now may be up when it is asked."""

    def generate(self, prompt_messages: Messages) -> str:
        """The text of the first choice. Raises GenerationFailed."""
        body = json.dumps({"model": self._model, "messages": list(prompt_messages), "temperature": 0, "max_tokens": MOST_TOKENS})
        until = time.monotonic() + self._seconds
        try:
            return _content(self._post(body.encode(), until))
        except _Passing as first:
            if time.monotonic() >= until:
                raise GenerationFailed(str(first)) from first
        try:
            return _content(self._post(body.encode(), until))
        except _Passing as second:
            raise GenerationFailed(f"{second}, twice") from second

    def _post(self, body: bytes, until: float) -> bytes:
        request = urllib.request.Request(self._url, body, self._headers, method="POST")  # noqa: S310 - http(s) by settings.py
        try:
            with self._opener.open(request, timeout=max(until - time.monotonic(), 0.1)) as reply:
                return _read(reply, until)
        except urllib.error.HTTPError as error:
            error.close()
            failure = _Passing if error.code in _TRY_AGAIN else GenerationFailed
            raise failure(f"the server answered {error.code}") from error
        except TimeoutError as error:
            raise GenerationFailed("the server took too long") from error
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise GenerationFailed("the server took too long") from error
            raise _Passing(f"the server could not be reached: {type(reason).__name__}") from error


class _Passing(GenerationFailed):
    """A failure that may be over at the next try."""


def _read(reply: Any, until: float) -> bytes:
    """The body; a server that drips byte by byte does not get more time than any other."""
    parts = bytearray()
    while part := reply.read1(65536):
        parts += part
        if len(parts) > LARGEST_REPLY:
            raise GenerationFailed("the server's reply is too large")
        if time.monotonic() >= until:
            raise GenerationFailed("the server took too long")
    return bytes(parts)


def _content(body: bytes) -> str:
    try:
        choice = json.loads(body)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise GenerationFailed("the server's reply is no chat completion") from error
    if choice.get("finish_reason") not in (None, "stop"):
        raise GenerationFailed("the server's text is cut off")  # half an answer may lack what matters
    if not isinstance(content, str):
        raise GenerationFailed("the server's reply holds no text")
    return content.strip()


class Rested:
    """A generator that is left alone for a while after failing several times in a row."""

    def __init__(self, generator: Generator, rest_seconds: float = REST_SECONDS) -> None:
        self._generator, self._rest = generator, rest_seconds
        self._failures, self._until = 0, 0.0

    def warm_up(self) -> None:
        self._generator.warm_up()

    def generate(self, prompt_messages: Messages) -> str:
        """As the generator within; raises GenerationFailed at once while it rests."""
        if time.monotonic() < self._until:
            raise GenerationFailed("the generator rests after failures")
        try:
            text = self._generator.generate(prompt_messages)
        except GenerationFailed:
            self._failures += 1
            if self._failures >= FAILURES:
                self._failures, self._until = 0, time.monotonic() + self._rest
                log.error("generator_rests", seconds=self._rest)
            raise
        self._failures = 0
        return text


def generator_of(settings: Settings) -> Generator | None:
    """The generator the settings name, not yet loaded; None where they name none."""
    name = settings.generator
    if not name:
        return None
    if name.startswith(("http://", "https://")):
        server = OpenAICompatibleGenerator(
            name, settings.generator_model, settings.generator_api_key, settings.generator_timeout_seconds
        )
        return Rested(server)
    return Rested(TransformersGenerator(Path(name), settings.generator_timeout_seconds))
