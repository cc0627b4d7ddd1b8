"""The card of a submission: who made the model, how, and what went wrong. TOML, for people to read."""

import json
import math
import re
from dataclasses import asdict, dataclass, field

from vaelab.edited import EditedFileError, toml
from vaelab.grading.capstone.rules import CARD, PICTURES, NotAcceptedError

FEWEST_LETTERS, FEWEST_WORDS = 100, 12  # of a paragraph: two sentences; words that differ
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")  # some scripts have no spaces
_PARAGRAPH = f"{FEWEST_LETTERS} letters or more, {FEWEST_WORDS} different words among them"
_MOST_LETTERS = 20_000
_MOST = 10**9  # of a count
_DEEPEST = 10  # dots of a key, where a card has one: tomllib takes half a minute for a key of 60 KB
_STRINGS_AND_COMMENTS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|' r"'''.*?(?:'''|\Z)|'[^'\n]*'?|#[^\n]*", re.DOTALL
)


@dataclass(frozen=True)
class Run:
    """One call of `fit` on the way to the submitted weights, as its `History` tells it."""

    faces: int
    epochs: int
    seconds: float
    device: str = ""
    arithmetic: str = ""
    loss: list[float] = field(default_factory=list)  # mean of each epoch

    @property
    def pictures(self) -> int:
        """Pictures seen, the same one counted each time."""
        return self.faces * self.epochs


@dataclass(frozen=True)
class Card:
    """What a card says.

    Attributes:
        name: who hands it in.
        tried: what was tried, and what it did.
        failures: what this model does badly, honestly.
        recipe, options: of the model; the weights file has them too.
        runs: of `fit`, all that made these weights.
    """

    name: str = ""
    tried: str = ""
    failures: str = ""
    recipe: str = ""
    options: dict = field(default_factory=dict)
    runs: tuple[Run, ...] = ()

    @property
    def pictures(self) -> int:
        """Pictures seen in all runs together."""
        return sum(run.pictures for run in self.runs)

    def missing(self) -> list[str]:
        """What a complete card would also have, in words; empty if it is complete."""
        said = {
            "`name`, who hands it in": bool(self.name.strip()),
            f"`tried`, what you tried ({_PARAGRAPH})": _is_paragraph(self.tried),
            f"`failures`, what the model does badly ({_PARAGRAPH})": _is_paragraph(self.failures),
            "`recipe` in `[model]`": bool(self.recipe),
            "`seconds` of each run": all(run.seconds > 0 for run in self.runs),
            "`device` of each run": all(run.device for run in self.runs),
            "`loss` of each epoch of each run": all(len(run.loss) >= run.epochs for run in self.runs),
        }
        return [what for what, there in said.items() if not there]

    def text(self) -> str:
        """The card as TOML."""
        lines = [f"{key} = {_toml(getattr(self, key))}" for key in ("name", "tried", "failures")]
        lines += ["", "[model]", f"recipe = {_toml(self.recipe)}"]
        if self.options:
            lines += ["", "[model.options]", *_pairs(self.options)]
        for run in self.runs:
            lines += ["", "[[run]]", *_pairs(asdict(run))]
        return "\n".join(lines) + "\n"


def read(text: str) -> Card:
    """A card from its TOML.

    Raises:
        NotAcceptedError: not TOML, something of the wrong kind, or no run, so that the budget is unknown.
    """
    _check_depth(text)
    try:
        content = toml(CARD, text)
    except EditedFileError as error:
        raise NotAcceptedError(str(error)) from None
    model, runs = content.get("model", {}), content.get("run", [])
    if not isinstance(model, dict) or not isinstance(model.get("options", {}), dict):
        raise NotAcceptedError(f"{CARD}: [model] and [model.options] must be tables.")
    if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
        raise NotAcceptedError(
            f"{CARD} has no [[run]], so nobody knows how many pictures the model saw: write the card with "
            "`capstone.save`, which takes that from the history of `fit`."
        )
    return Card(
        **{key: _text(content, key) for key in ("name", "tried", "failures")},
        recipe=_text(model, "recipe"),
        options=model.get("options", {}),
        runs=tuple(_run(run) for run in runs),
    )


def check_budget(card: Card) -> None:
    """Raise NotAcceptedError if the card tells of more pictures than allowed."""
    if card.pictures > PICTURES:
        raise NotAcceptedError(
            f"The card tells of {card.pictures:,} pictures seen in training; {PICTURES:,} are allowed. Train "
            "again with fewer faces or fewer epochs."
        )


def _check_depth(text: str) -> None:
    """Raise NotAcceptedError for keys of many parts, before anything parses them."""
    plain = _STRINGS_AND_COMMENTS.sub("s", text)
    if any(part.count(".") > _DEEPEST for part in re.split(r"[\n,=\[\]{}]", plain)):
        raise NotAcceptedError(
            f"{CARD} has a key of more than {_DEEPEST} parts (a.b.c. ...): no card needs one."
        )


def _run(values: dict) -> Run:
    loss = values.get("loss", [])
    if not isinstance(loss, list) or len(loss) > 100_000:
        raise NotAcceptedError(f"{CARD}: `loss` must be a list of numbers, one an epoch.")
    return Run(
        faces=_count(values, "faces"),
        epochs=_count(values, "epochs"),
        seconds=_number(values.get("seconds", 0), "seconds"),
        device=_text(values, "device"),
        arithmetic=_text(values, "arithmetic"),
        loss=[_number(value, "loss") for value in loss],
    )


def _count(values: dict, key: str) -> int:
    value = values.get(key)
    if type(value) is not int or not 1 <= value <= _MOST:
        raise NotAcceptedError(f"{CARD}: `{key}` of a run must be a whole number of at least 1.")
    return value


def _number(value: object, key: str) -> float:
    if type(value) not in (int, float) or not abs(value) < 1e15:  # written so that NaN fails too
        raise NotAcceptedError(f"{CARD}: `{key}` of a run must be a finite number.")
    return float(value)


def _text(values: dict, key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or len(value) > _MOST_LETTERS:
        raise NotAcceptedError(f"{CARD}: `{key}` must be text of at most {_MOST_LETTERS:,} letters.")
    return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")


def _is_paragraph(text: str) -> bool:
    """Two sentences that somebody may have written; whether they are true, people judge."""
    words = {word.casefold() for word in _WORD.findall(text)}
    return len(" ".join(text.split())) >= FEWEST_LETTERS and len(words) >= FEWEST_WORDS


def _pairs(values: dict) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: object) -> str:
    """A value of a card as TOML, whose one-line strings, numbers and lists are written as in JSON."""
    if isinstance(value, str):
        return json.dumps(value.replace("\x7f", ""), ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return json.dumps(value)
