"""A submission as its checks see it: names to read and functions to call.

`Server` lives where the submission's objects live and answers messages. `Space` is what a check holds: it
turns `space.gaussian_kl(mu, log_var)` into a message. In a notebook the two talk directly; under
`vaelab grade` a pipe to another process lies between them. So a check is written once, and sees the same
either way.
"""

import contextlib
import io
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from vaelab.grading import draws
from vaelab.grading.values import UnsendableError, decode, encode


class UnansweredError(Exception):
    """The question has no answer yet."""


class SubmissionError(Exception):
    """The submission's own code went wrong."""


class Server:
    """Answers messages about the objects in a namespace."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace
        self._objects: list[Any] = []  # those that cannot be sent; a check holds their numbers

    def answer(self, message: dict) -> dict:
        """The reply: {"value": ...}, {"object": number}, {"missing": name} or {"error": text}.

        A grader knows one more: {"none": why}.
        """
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return self._reply(getattr(self, f"_{message['do']}")(message))
        except _MissingName as missing:
            return {"missing": str(missing)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"[:500]}

    def _reply(self, result: Any) -> dict:
        try:
            return {"value": encode(result)}
        except UnsendableError:
            self._objects.append(result)
            return {"object": len(self._objects) - 1, "type": type(result).__name__}

    def _find(self, target: Any) -> Any:
        if isinstance(target, int):
            return self._objects[target]
        if target not in self._namespace:
            raise _MissingName(target)
        return self._namespace[target]

    def _argument(self, value: Any) -> Any:
        if isinstance(value, dict) and "$object" in value:
            return self._objects[value["$object"]]
        return decode(value, tensors=True)

    def _get(self, message: dict) -> Any:
        return self._find(message["target"])

    def _attribute(self, message: dict) -> Any:
        return getattr(self._find(message["target"]), message["name"])

    def _call(self, message: dict) -> Any:
        arguments = [self._argument(a) for a in message["arguments"]]
        keywords = {k: self._argument(a) for k, a in message["keywords"].items()}
        return self._find(message["target"])(*arguments, **keywords)

    def _evaluate(self, message: dict) -> Any:
        values = {k: self._argument(a) for k, a in message["values"].items()}
        code = compile(message["expression"], _EXPRESSION, "eval")
        try:
            return eval(code, {**self._namespace, **values})
        except NameError as error:
            if traceback.extract_tb(error.__traceback__)[-1].filename != _EXPRESSION:
                raise
            raise _MissingName(error.name) from None

    def _seed(self, message: dict) -> None:
        seed_all(message["seed"])

    def _gradients(self, message: dict) -> list:
        import torch

        arguments = [self._argument(a) for a in message["arguments"]]
        asked = [a for n, a in enumerate(arguments) if n not in message["fixed"]]
        leaves = [a.requires_grad_() for a in asked if torch.is_tensor(a) and a.is_floating_point()]
        # As in training, no leaves are passed on: leaves cannot be changed in place.
        passed = [a.clone() if torch.is_tensor(a) else a for a in arguments]
        output = self._find(message["target"])(*passed)
        if message["output"] is not None:
            output = output[message["output"]]
        if not torch.is_tensor(output) or not output.requires_grad:
            return [None] * len(leaves)
        return list(torch.autograd.grad(output.sum(), leaves, allow_unused=True))


_EXPRESSION = "<the expression of a check>"


class _MissingName(Exception):
    pass


class Space:
    """What a check holds of a submission. Every result arrives as NumPy arrays and plain values.

    `space.name` reads a variable; if it is a function, `space.name(...)` calls it. Arrays and tensors that
    are passed on are copied, so work in place changes nothing here.
    """

    def __init__(self, ask: Callable[[dict], dict]):
        self._ask = ask
        self._slowest = 0.0  # seconds of processor time for a reply, in the notebook itself

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._result({"do": "get", "target": name}, name)
        if value is ... or value is None or (isinstance(value, str) and not value.strip()):
            raise UnansweredError(f"`{name}` has no value yet")
        return value

    def gradients(
        self, name: str, *arguments: Any, output: int | None = None, fixed: Sequence[int] = ()
    ) -> list[np.ndarray | None]:
        """Gradients of the sum of `name(*arguments)`, one for each floating-point tensor among the arguments.

        None stands where no gradient arrives. `output` chooses one of several returned values. Arguments at
        the places `fixed` ask for no gradient, as noise and pictures do not in training.
        """
        message = {
            "do": "gradients",
            "target": name,
            "arguments": _sent(arguments),
            "output": output,
            "fixed": list(fixed),
        }
        try:
            return self._result(message, name)
        except SubmissionError as error:
            if "numpy() on Tensor that requires grad" not in str(error):
                raise
        # PyTorch's own words advise to detach, which is no way out here.
        raise SubmissionError(
            f"`{name}` uses NumPy, and no gradient passes there. Stay with PyTorch's functions."
        )

    def changes(self, name: str, *arguments: Any) -> bool:
        """Whether `name(*arguments)` writes into a tensor that it is given."""
        given = {f"_{n}": argument for n, argument in enumerate(arguments)}
        tensors = {n: a for n, a in given.items() if not isinstance(a, Handle) and hasattr(a, "detach")}
        left = self.evaluate(f"({name}({', '.join(given)}), [{', '.join(tensors)}])[1]", **given)
        before = [a.detach().numpy() for a in tensors.values()]
        if not isinstance(left, list) or len(left) != len(before):
            return True
        return not all(map(partial(np.array_equal, equal_nan=True), before, left))

    def evaluate(self, expression: str, **values: Any) -> Any:
        """The value of a Python expression among the submission's names, and those given here."""
        sent = dict(zip(values, _sent(values.values()), strict=True))
        return self._result({"do": "evaluate", "expression": expression, "values": sent}, expression)

    def seed(self, seed: int) -> None:
        """Seed PyTorch, NumPy and `random` where the submission runs."""
        self._result({"do": "seed", "seed": draws.seed(seed)}, "seed")

    def _result(self, message: dict, name: str) -> Any:
        reply = self._ask(message)
        match reply:
            case {"missing": missing}:
                raise UnansweredError(f"`{missing}` is not defined yet: run its cell first")
            case {"none": text}:
                raise SubmissionError(f"`{name}` gave no answer: {text}.")
            case {"error": text}:
                raise SubmissionError(f"`{name}` raised {str(text)[:500]}")
            case {"object": int(number), "type": str(kind)}:
                return Handle(self, number, name, kind[:50])
            case {"value": value}:
                return decode(value)
        raise SubmissionError("the submission's answer could not be read")


class Handle:
    """A function or other object of the submission, which stays where it is.

    Attributes:
        kind: the name of its type, as the submission tells it.
    """

    def __init__(self, space: Space, number: int, name: str, kind: str):
        self._space, self._number, self._name, self.kind = space, number, name, kind

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        sent = dict(zip(keywords, _sent(keywords.values()), strict=True))
        message = {
            "do": "call",
            "target": self._number,
            "arguments": _sent(arguments),
            "keywords": sent,
        }
        return _given(self._space._result(message, self._name), self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        message = {"do": "attribute", "target": self._number, "name": name}
        return self._space._result(message, f"{self._name}.{name}")

    def no_number(self) -> str:
        """What is said where a check takes it for numbers."""
        return f"This gives a value of type {self.kind}, where numbers were expected."

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise SubmissionError(self.no_number())

    __float__ = __int__ = __index__ = __array__ = __len__ = __iter__ = __getitem__ = __abs__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _refuse
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __neg__ = _refuse


def seed_all(seed: int) -> None:
    """Seed PyTorch (where it is loaded: that takes seconds), NumPy and `random`."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def local(namespace: dict[str, Any]) -> Space:
    """The space of a notebook's own variables."""
    server = Server(namespace)

    def ask(message: dict) -> dict:
        began = time.process_time()
        reply = server.answer(message)
        space._slowest = max(space._slowest, time.process_time() - began)
        return reply

    space = Space(ask)
    return space


def _given(value: Any, name: str) -> Any:
    if value is None or value is ...:
        raise UnansweredError(f"`{name}` gives {value}: write its body, and `return` the result")
    return value


def _sent(values: Any) -> list:
    return [{"$object": v._number} if isinstance(v, Handle) else encode(v) for v in values]
