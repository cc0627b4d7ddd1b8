"""What students get back: a page for each submission. It needs no network and shows nobody else's work."""

import hashlib
from collections.abc import Iterator, Mapping

from vaelab.grading.check_report import number
from vaelab.grading.exercise import Question
from vaelab.grading.isolation.sandbox import RAN
from vaelab.grading.marking.results import CaseResult
from vaelab.grading.marking.scores import Graded, as_mark
from vaelab.grading.marking.submissions import Submission
from vaelab.grading.page import bar, document, message, text
from vaelab.grading.safe_text import slug

_MARKS = {"passed": ("passed", "✓"), "failed": ("failed", "✗")}
_OPEN = ("open", "·")


def file_name(graded: Graded) -> str:
    """A name that is safe, the same each time, and unlike any other submission's."""
    submission = graded.submission
    unique = hashlib.sha256(
        f"{submission.student}\0{submission.file}".encode(errors="surrogatepass")
    ).hexdigest()
    parts = (slug(submission.student) or "student", submission.exercise or "unknown", unique[:16])
    return "-".join(parts) + ".html"


def page(graded: Graded) -> str:
    """The page of one submission."""
    submission = graded.submission
    title = graded.checks.exercise.title if graded.checks else "A submission"
    body = [
        head(submission, title),
        _score(graded),
        *_remarks(graded),
    ]
    if graded.checks:
        body += [_question(graded, question) for question in graded.checks.exercise.questions.values()]
    body += _errors(graded)
    return document(f"{title}: {submission.student}", "\n".join(body))


def head(submission: Submission, title: str) -> str:
    """The head of a page of feedback."""
    return (
        f'<header><p class="soft">Feedback for {text(submission.student)}</p>\n<h1>{text(title)}</h1>\n'
        f'<p class="soft">{text(submission.file)}</p></header>'
    )


def score(points: float, possible: float) -> str:
    """Points in large letters, and as a bar."""
    told = f"<strong>{number(points)}</strong> of {number(possible)} points"
    return f'<p class="score">{told}</p>{bar(points / possible)}'


def _score(graded: Graded) -> str:
    points = graded.result.points()
    if not graded.checks:
        return f'<p class="score"><strong>{number(points)}</strong> points</p>'
    html = score(points, graded.checks.points)
    if graded.marks is not None:
        html += (
            f"<p>With {number(graded.marks)} for written answers: <strong>{number(graded.total)}</strong></p>"
        )
    return html


def _remarks(graded: Graded) -> Iterator[str]:
    result, note = graded.result, graded.submission.note
    if result.status != RAN:
        said = f": {text(result.note)}" if result.note else ""
        yield f"<p><strong>{_sentence(result.status)}</strong>{said}.</p>"
    elif result.note:
        yield f"<p>{text(result.note)}</p>"
    if note:
        yield f'<p class="soft">{_sentence(note)}.</p>'


def _sentence(words: str) -> str:
    return text(words[:1].upper() + words[1:])


def _question(graded: Graded, question: Question) -> str:
    cases = graded.result.questions.get(question.key, [])
    possible = sum(case.points for case in graded.checks.cases[question.key])
    score = f'<span class="of">{number(graded.result.points(question.key))} of {number(possible)}</span>'
    parts = [f"<h2>{score}{text(question.key)} {text(question.title)}</h2>"]
    if cases:
        parts.append(f'<ul class="cases">{"".join(map(_case, cases))}</ul>')
    if any(case.status == "passed" and case.points < case.possible for case in cases):
        parts.append('<p class="soft">What passed counts once the main check of the question passes.</p>')
    if any(case.status != "passed" for case in cases):
        chapter = int(question.chapter[:2])
        parts.append(f'<p class="soft">To read again: chapter {chapter}, “{text(question.section)}”</p>')
    if question.written:
        parts += _written(graded, question)
    return f"<section>{''.join(parts)}</section>"


def _case(case: CaseResult) -> str:
    kind, mark = _MARKS.get(case.status, _OPEN)
    hidden = ' <span class="tag">your instructor\'s check</span>' if case.hidden else ""
    said = f'<span class="said">{message(case.message)}</span>' if case.message else ""
    points = f"{number(case.points)} of {number(case.possible)}"
    return (
        f'<li class="{kind}"><span class="mark" aria-hidden="true">{mark}</span>'
        f"<strong>{text(case.name)}</strong> "
        f'<span class="soft">{text(case.status)}, {points}</span>{hidden}{said}</li>'
    )


def _written(graded: Graded, question: Question) -> Iterator[str]:
    yield "<h3>In your words</h3>"
    yield quoted(graded.result.written.get(question.key, ""))
    yield marks(graded.rubrics[question.key], graded.typed.get(question.key, ""))


def marks(rubric: Mapping[float, str], typed: str, what_for: str = "") -> str:
    """What earns how many marks, and what was typed into the column of marks."""
    lines = "".join(f"<li>{number(marks)}: {text(what)}</li>" for marks, what in rubric.items())
    mark = as_mark(typed, rubric)
    given = f"{number(mark)} of {number(max(rubric))}" if mark is not None else text(typed)
    return (
        f"<p>What earns how many marks{what_for}:</p><ul>{lines}</ul>"
        f"<p>Marks: <strong>{given or 'not marked yet'}</strong></p>"
    )


def quoted(answer: str) -> str:
    """The learner's text, if any. Lines were broken to fit a cell; only an empty one parts paragraphs."""
    if not answer:
        return '<p class="soft">Nothing was written here.</p>'
    paragraphs = "".join(f"<p>{text(part, 20_000)}</p>" for part in answer.split("\n\n"))
    return f"<blockquote>{paragraphs}</blockquote>"


def _errors(graded: Graded) -> list[str]:
    errors = graded.result.errors
    if not errors:
        return []
    listed = "".join(f"<pre>{text(error, 2_000)}</pre>" for error in errors[:20])
    return [f"<section><h2>Cells that stopped with an error</h2>{listed}</section>"]
