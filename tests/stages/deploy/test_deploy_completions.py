"""What is asked for in OpenAI's format is read; what cannot be given is refused, quoting nothing."""

from typing import Any

import pytest

from stages.deploy.families.completions import RefusedError, wish

SECRET = "Ann Miller"


def asked(**keys: Any) -> dict[str, Any]:
    return {"model": "parrot", "prompt": SECRET, **keys}


def test_what_is_left_out_or_null_is_as_with_openai() -> None:
    plain = wish(asked(), "parrot")
    assert (plain.max_tokens, plain.count, plain.how.temperature, plain.how.top_p) == (16, 1, 1.0, 1.0)
    keys = (
        "n",
        "stop",
        "seed",
        "stream",
        "temperature",
        "max_tokens",
        "best_of",
        "logprobs",
        "user",
        "suffix",
    )
    assert wish(asked(**dict.fromkeys(keys)), "parrot") == plain
    assert wish({"model": "parrot"}, "parrot").prompts == ("",)
    assert wish(asked(prompt=["a", ""], stop="x", temperature=0), "parrot").stop == ("x",)


@pytest.mark.parametrize(
    ("keys", "param", "says"),
    [
        ({"stop": ["x"] * 1000}, "stop", "1000 texts; at most 4"),
        ({"stop": [""]}, "stop", ""),
        ({"prompt": [1, 2, 3]}, "prompt", "token ids cannot be masked"),
        ({"prompt": [[1], [2]]}, "prompt", "token ids cannot be masked"),
        ({"prompt": []}, "prompt", "empty list"),
        ({"prompt": 5}, "prompt", ""),
        ({"n": 0}, "n", ""),
        ({"n": 200}, "n", ""),
        ({"best_of": 3}, "best_of", "must be n"),
        ({"temperature": 3}, "temperature", ""),
        ({"temperature": float("nan")}, "temperature", ""),
        ({"top_p": 0}, "top_p", ""),
        ({"max_tokens": 0}, "max_tokens", ""),
        ({"max_tokens": "9"}, "max_tokens", ""),
        ({"logprobs": 3}, "logprobs", "not supported"),
        ({"suffix": "x"}, "suffix", "not supported"),
        ({SECRET: 1}, None, "unknown key"),
        ({"model": SECRET}, "model", "no such model"),
    ],
)
def test_what_cannot_be_given_is_refused_by_its_key(
    keys: dict[str, Any], param: str | None, says: str
) -> None:
    with pytest.raises(RefusedError, match=says) as caught:
        wish(asked(**keys), "parrot")
    error = caught.value.body()["error"]
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert SECRET not in error["message"]
    assert "\n" not in error["message"]


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(RefusedError, match="JSON object"):
        wish(body, "parrot")
