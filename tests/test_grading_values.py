"""What crosses between a submission and its checks: hostile values are refused, gradients arrive."""

import base64
import json

import numpy as np
import pytest
import torch

from vaelab.grading.isolation.cells import compiled
from vaelab.grading.isolation.pipe import _parsed
from vaelab.grading.isolation.sandbox import IsolationError, opened, require_isolation
from vaelab.grading.marking.filetree import UnreadableError
from vaelab.grading.marking.submissions import code_cells
from vaelab.grading.space import SubmissionError, local
from vaelab.grading.values import UnsendableError, decode, encode

FUNCTIONS = """
import torch
def product(a, b):
    return (a.square() * b.exp()).sum(-1)
def detached(a, b):
    return a.detach() * 2 + b
def two(a, b):
    return a * 3, a * b
def nothing(a, b):
    return 1.0
def by_numpy(a, b):
    return a * torch.from_numpy(b.numpy())
def in_place(a, b, n):
    return a.mul_(n) + b
"""


def array(**changes) -> dict:
    return encode(np.arange(6.0).reshape(2, 3)) | changes


@pytest.mark.parametrize(
    "value",
    [
        np.float32(1.5),
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.array([True, False]),
        np.zeros((0, 4)),
        np.array(3.0),
        np.array([np.nan, np.inf, -0.0]),
        np.arange(4.0)[::2],
        np.arange(3, dtype=">f4"),
    ],
    ids=repr,
)
def test_arrays_arrive_as_they_were(value):
    arrived = decode(json.loads(json.dumps(encode(value))))
    assert arrived.dtype == value.dtype and arrived.shape == value.shape
    np.testing.assert_array_equal(arrived, value)


@pytest.mark.parametrize("value", [1, -2.5, "text", None, True, [1, [2]], {"a": {1: [2]}}, ..., float("inf")])
def test_plain_values_arrive_as_they_were(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize(
    "hostile",
    [
        array(type="O"),
        array(type="f8,f8"),
        array(type="(100000,100000)f8"),
        array(type="V8"),
        array(type="M8[s]"),
        array(type=["f8"]),
        array(type="f8" * 100_000),
        array(shape=[-1]),
        array(shape=[2, 4]),
        array(shape=[True, 6]),
        array(shape=[2.0, 3.0]),
        array(shape=6),
        array(shape=[1] * 60 + [6]),
        array(shape=[0, 10**12], **{"$array": ""}),
        array(shape=[10**5, 0], **{"$array": ""}),
        array(shape=[10**30], **{"$array": ""}),
        array(**{"$array": "not base64!"}),
        array(**{"$array": [1, 2]}),
        array(**{"$array": "A" * 47}),
        {"$array": "", "type": "f8"},
        {"$dict": [[1]]},
        {"$dict": [[[1], 2]]},
        {"$float": []},
        {"$object": 1},
        {"$pickle": "gASVAAAA"},
        ["", "x" * 101],  # as an array, each text has the room of the longest
        {"$dict": [["a", "x" * 101]]},
        {"a": 1},
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_encode_does_not_make_is_refused(hostile):
    with pytest.raises(UnsendableError):
        decode(hostile)


def test_a_truth_value_is_one_or_zero():
    odd = {
        "$array": base64.b64encode(bytes([0, 2, 255])).decode(),
        "type": "|b1",
        "shape": [3],
        "torch": False,
    }
    assert decode(odd).view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"value": 1, "value": 2}',
        b'{"value": {"$array": "", "$array": "AA=="}}',
        b'{"value": NaN}',
        b'{"value": -Infinity}',
        b'{"value": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"value": ' + b"9" * 5000 + b"}",
        b'{"value":1}',
        b'{"value": ' + b"[" * 10**6 + b"]" * 10**6 + b"}",
        b'{"value": [' + b"0," * 3_000_000 + b"0]}",
        b"[1]",
        b"1",
        b"",
        b"\xff",
    ],
    ids=lambda line: repr(line[:40]),
)
def test_replies_are_read_strictly(line):
    assert _parsed(line) == {"error": "an answer that could not be read"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "3",
        "[]",
        "{}",
        '{"cells": [',
        "[" * 10**6,
        '{"cells": null}',
        '{"cells": [null]}',
        '{"cells": [[1]]}',
        '{"cells": [{"cell_type": "code", "source": {"a": 1}}]}',
        '{"cells": [{"cell_type": "code", "source": ["x = 1", 2]}]}',
        json.dumps({"cells": [{"cell_type": "code"}] * 5_001}),
    ],
    ids=lambda text: repr(text[-20:]),
)
def test_what_is_no_notebook(text):
    with pytest.raises(UnreadableError, match=r"not a notebook|more than 5,000 cells"):
        code_cells(text.encode())


def test_code_is_taken_out_of_a_notebook():
    lines, text = ["x = 1\n", "y = 2"], {"cell_type": "markdown", "source": "x"}
    cells = [text, {"cell_type": "code", "source": lines}, {"cell_type": "code", "source": "'\ud800'"}]
    assert code_cells(json.dumps({"cells": cells}).encode()) == ("x = 1\ny = 2", "'\ud800'")


@pytest.mark.parametrize(
    "source", ["%matplotlib inline\nx = 1", "!ls\nx = 1", "x = 1\nx?", "%%bash\nls", ">>> x = 1"]
)
def test_the_notebook_s_own_signs_are_understood(source):
    assert compiled(source, "cell 1").co_filename == "cell 1"


@pytest.fixture(scope="module", params=["here", "across the pipe"])
def space(request):
    if request.param == "here":
        namespace = {}
        exec(FUNCTIONS, namespace)
        yield local(namespace)
        return
    try:
        require_isolation()
    except IsolationError as error:
        pytest.skip(str(error))
    with opened([FUNCTIONS]) as submission:
        assert submission.status == "ran", submission.errors
        yield submission.space


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_have_their_closed_form(space, dtype):
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 4, 3, generator=generator, dtype=dtype)
    of_a, of_b = space.gradients("product", a, b)
    assert of_a.dtype == of_b.dtype == a.numpy().dtype
    np.testing.assert_allclose(of_a, 2 * a * b.exp(), rtol=1e-5)
    np.testing.assert_allclose(of_b, a.square() * b.exp(), rtol=1e-5)
    namespace = {}
    exec(FUNCTIONS, namespace)
    for arrived, ours in zip((of_a, of_b), local(namespace).gradients("product", a, b), strict=True):
        np.testing.assert_array_equal(arrived, ours)  # to the last bit, on either road


def test_where_no_gradient_arrives_there_is_none(space):
    a, b = torch.ones(3), torch.full((3,), 2.0)
    of_a, of_b = space.gradients("detached", a, b)
    assert of_a is None and of_b.tolist() == [1, 1, 1]
    assert space.gradients("nothing", a, b) == [None, None]
    of_a, of_b = space.gradients("two", a, b, output=0)
    assert of_a.tolist() == [3, 3, 3] and of_b is None
    assert not a.requires_grad  # what was given is untouched


def test_an_argument_that_is_fixed_asks_for_no_gradient(space):
    a, b = torch.ones(3), torch.full((3,), 2.0)
    (of_a,) = space.gradients("by_numpy", a, b, fixed=[1])
    assert of_a.tolist() == [2, 2, 2]
    with pytest.raises(SubmissionError, match="uses NumPy"):
        space.gradients("by_numpy", a, b)


def test_a_function_that_writes_into_an_argument_is_found_out(space):
    a, b = torch.ones(3), torch.tensor([2.0, torch.nan])
    assert space.changes("in_place", a, torch.ones(3), 5)
    assert not space.changes("in_place", a, torch.ones(3), 1)
    assert not space.changes("nothing", a, b)  # NaN stays NaN
    assert a.tolist() == [1, 1, 1]
