"""`vaelab grade`: from a folder of submissions to a table of scores and pages of feedback."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

import joblib

from vaelab.grading import draws, page
from vaelab.grading.isolation import sandbox
from vaelab.grading.isolation.limits import LIMITS, Limits
from vaelab.grading.marking import checks, feedback, left_alone, scores, summary
from vaelab.grading.marking.checks import Checks
from vaelab.grading.marking.left_alone import INDEX, Command
from vaelab.grading.marking.results import NOT_GRADED, CaseResult, Kept, NotKeptError, Result
from vaelab.grading.marking.scores import Graded
from vaelab.grading.marking.submissions import Submission, find
from vaelab.grading.outcome import run
from vaelab.grading.space import Space
from vaelab.progress import progress

_UNSAFE = (
    "vaelab: --unsafe: submissions run as you, on this machine. They can read, change and delete what you "
    "can, hidden checks and other submissions too."
)
_LONGEST_ANSWER = 5_000


def grade(
    folder: Path,
    out: Path,
    html: Path | None = None,
    cases: Path | None = None,
    hidden: Path | None = None,
    jobs: int | None = None,
    unsafe: bool = False,
) -> int:
    """Grade every submission in a folder or archive; returns the exit code: 0 done, 130 interrupted.

    Args:
        folder: what was handed in.
        out: the table of scores. Marks typed into an earlier one stay.
        html: folder for the pages of feedback.
        cases: a second table, with every case of every submission.
        hidden: folder of the hidden checks.
        jobs: how many submissions at a time, at least 1; one for each core by default.
        unsafe: run them without a sandbox.

    Raises:
        NotKeptError: if results cannot be kept, for instance on a full disk.
        IsolationError: if submissions cannot be kept apart from this machine.
        SubmissionsError: if there is nothing to grade, or nothing to grade it with, or if what is to be
            written would take the place of something else.
        ValueError: if `jobs` is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise ValueError(f"--jobs {jobs}: at least 1 submission at a time.")
    if unsafe:
        print(_UNSAFE, file=sys.stderr)
    else:
        sandbox.require_isolation()
    kept_in = out.with_name(f"{out.name}.resume")
    found = find(folder, [path for path in (out, kept_in, html, cases) if path])
    all_checks = checks.load(sorted({s.exercise for s in found if s.exercise}), hidden, folder)
    scores.earlier_rows(out)  # before anything runs: what is there must be ours
    left_alone.require_folder(html, Command.GRADE)
    if cases:
        scores.require_cases(cases, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = Kept(kept_in)
    readable = [s for s in found if not s.problem]
    limits = _limits(readable)
    try:
        with draws.by(checks.secret(hidden, folder)):
            keys = {s: _key(s, all_checks, limits[s.student], not unsafe) for s in readable}
            _run_all(_Runner(all_checks, limits, not unsafe), keys, kept, jobs or joblib.cpu_count())
    except KeyboardInterrupt:
        print("Interrupted. What is graded is kept: the same command goes on from there.")
        return 130
    results = {s: kept.get(keys[s]) if s in keys else Result(NOT_GRADED, s.problem) for s in found}
    earlier = scores.earlier_rows(out)  # marks may have been typed meanwhile
    graded = []
    for submission, result in results.items():
        its_checks = all_checks.get(submission.exercise)
        rubrics = its_checks.rubrics if its_checks else {}
        graded.append(scores.with_marks(submission, result, its_checks, rubrics, earlier))
    with scores.what_is_graded_is_kept():
        _write(graded, earlier, out, html, cases)
    _report(graded, out, html, cases)
    kept.tidy(keys.values())
    return 0


def _run_all(runner: "_Runner", keys: dict[Submission, str], kept: Kept, jobs: int) -> None:
    """Run what is not there yet. Two equal notebooks run once."""
    todo = {key: submission for submission, key in keys.items() if kept.get(key) is None}
    _run_some(runner, todo, kept, jobs)
    again = {key: submission for key, submission in todo.items() if not kept.get(key).lasting}
    if again:
        them = "1 notebook" if len(again) == 1 else f"{len(again)} notebooks"
        print(f"{them} met a limit or ended early. Once more, alone, so that no neighbour is to blame:")
        _run_some(replace(runner, alone=True), again, kept, 1)


def _run_some(runner: "_Runner", todo: dict[str, Submission], kept: Kept, jobs: int) -> None:
    full = Event()

    def run_and_keep(key: str, submission: Submission) -> None:
        if full.is_set():  # nothing is run in vain
            return
        try:
            kept.add(key, runner.run(submission))
        except NotKeptError:
            full.set()
            raise

    with ThreadPoolExecutor(jobs) as pool, progress(total=len(todo), unit="notebook") as bar:
        try:
            for future in as_completed([pool.submit(run_and_keep, *pair) for pair in todo.items()]):
                future.result()
                bar.update()
        except (KeyboardInterrupt, NotKeptError):
            pool.shutdown(cancel_futures=True)  # waits for those that run, and they are kept
            raise


def _limits(submissions: Iterable[Submission]) -> dict[str, Limits]:
    """By student: many notebooks of one do not make the class wait longer than a dozen would."""
    counts = Counter(submission.student for submission in submissions)
    return {student: LIMITS.shared(count) for student, count in counts.items()}


@dataclass(frozen=True)
class _Runner:
    """How submissions are run."""

    all_checks: dict[str, Checks]
    limits: dict[str, Limits]
    isolated: bool
    alone: bool = False

    def run(self, submission: Submission) -> Result:
        """Run one submission and ask it every case. Never raises for what is in it."""
        try:
            limits = self.limits[submission.student]
            with sandbox.opened(submission.cells, limits, isolated=self.isolated) as opened:
                written, questions = self._ask(opened, self.all_checks[submission.exercise])
            plain = {key: [_plain(outcome) for outcome in outcomes] for key, outcomes in questions.items()}
            return Result(opened.status, "", list(opened.errors), plain, written, self.alone)
        except (OSError, sandbox.IsolationError) as error:  # no process, no memory, no room for files
            return Result(NOT_GRADED, f"this machine could not run it, try again: {error}")
        except Exception as error:  # nobody else's grading ends because of it
            return Result(NOT_GRADED, f"the grader stumbled: {type(error).__name__}: {error}"[:500])

    def _ask(self, opened: sandbox.Submission, checks: Checks) -> tuple[dict, dict]:
        """Its written answers, and how each question went. What is hidden is asked last: what follows it
        could tell of it."""
        space, asked = opened.space, checks.exercise.questions
        written = {key: _answer(space, q.written) for key, q in asked.items() if q.written}
        questions = {key: [] for key in asked}
        for hidden in (False, True):
            for key, before in questions.items():
                cases = [case for case in checks.cases[key] if case.hidden is hidden]
                if cases:
                    opened.revive()
                questions[key] = run(cases, space, before)
        return written, questions


def _plain(outcome) -> CaseResult:
    case = outcome.case
    said = (outcome.message[:2_000], outcome.detail[:2_000])
    return CaseResult(case.name, case.hidden, str(outcome.status), outcome.points, case.points, *said)


def _answer(space: Space, name: str) -> str:
    try:
        text = getattr(space, name)
    except Exception:  # missing, or nothing that could be sent
        return ""
    return text.strip()[:_LONGEST_ANSWER] if isinstance(text, str) else ""


def _key(submission: Submission, all_checks: dict[str, Checks], limits: Limits, isolated: bool) -> str:
    """Changes when the notebook, the checks, vaelab or the way it is run change."""
    of_checks = all_checks[submission.exercise].digest
    parts = [submission.cells, submission.exercise, of_checks, asdict(limits), isolated, draws.seed(0)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _write(graded: Sequence[Graded], earlier: dict, out: Path, html: Path | None, cases: Path | None) -> None:
    scores.keep_what_is_lost(out, graded, earlier)
    scores.write(out, graded, scores.own_columns(earlier))
    if cases:
        scores.write_cases(cases, graded)
    if html:
        pages = {feedback.file_name(row): feedback.page(row) for row in graded}
        page.write_all(html, {INDEX: summary.index(graded)} | pages)


def _report(graded: Sequence[Graded], out: Path, html: Path | None, cases: Path | None) -> None:
    for status, count in sorted(Counter(row.result.status for row in graded).items()):
        print(f"{count:5} {status}")
    print(f"Scores: {out}")
    if cases:
        print(f"Every case: {cases}")
    if html:
        print(f"Feedback: {html / INDEX}")
