"""`vaelab capstone`: a learner's check of one submission, or an instructor's table of a class."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import vaelab
from vaelab.grading.capstone import pages
from vaelab.grading.capstone.capstone_score import CapstoneScore, Part
from vaelab.grading.capstone.drawn import alike
from vaelab.grading.capstone.handed_in import Found, contents, find
from vaelab.grading.capstone.rules import POINTS, RUBRIC, NotAcceptedError
from vaelab.grading.capstone.scoring import check_folder, score
from vaelab.grading.capstone.standard import Standard
from vaelab.grading.marking import left_alone, scores
from vaelab.grading.marking.left_alone import INDEX, Command
from vaelab.grading.marking.results import ACCEPTED, NOT_GRADED, CaseResult, Kept, NotKeptError, Result
from vaelab.grading.marking.scores import Graded
from vaelab.grading.marking.submissions import Submission
from vaelab.grading.safe_text import cell
from vaelab.progress import progress

_NOT_ACCEPTED = "not accepted"


def run(
    folder: Path,
    hidden: Path | None = None,
    out: Path | None = None,
    html: Path | None = None,
    rules_only: bool = False,
) -> int:
    """Check or grade; returns the exit code: 0 done, 130 interrupted.

    Args:
        folder: one submission, or, with `hidden`, those of a class.
        hidden: the instructor's baselines; without them it is a learner's check on public faces.
        out: the table of scores. Marks typed into an earlier one stay.
        html: folder for the pages of feedback; of a learner's check, for its report.
        rules_only: check files, rules and card, and measure nothing.

    Raises:
        StandardError: the hidden file cannot be read.
        SubmissionsError: there is nothing to grade, or `out` or `html` is something else's.
        ValueError: options that do not go together.
    """
    if hidden is None:
        if out:
            raise ValueError("--out is for grading: it needs --hidden FILE.")
        if not folder.exists():
            raise ValueError(f"There is no {folder}.")
        found = check_folder(folder, measure=not rules_only)
        print(found)
        if html:
            print(f"The same with pictures: {pages.report(html, found)}")
        return 0
    if rules_only:
        raise ValueError("--rules-only is a learner's check: leave it out, or --hidden.")
    if out is None:
        raise ValueError("--hidden grades into a table: name it, for instance --out capstone.csv.")
    return _grade(folder, Standard.read(hidden), out, html)


def _grade(folder: Path, standard: Standard, out: Path, html: Path | None) -> int:
    kept_in = out.with_name(f"{out.name}.resume")
    found = find(folder, [path for path in (out, kept_in, html) if path])
    scores.earlier_rows(out, Command.CAPSTONE, _COLUMNS)  # before anything is measured: it must be ours
    left_alone.require_folder(html, Command.CAPSTONE)
    out.parent.mkdir(parents=True, exist_ok=True)
    kept, results = Kept(kept_in), {}
    try:
        for submission, handed_in in progress(found.items(), unit="submission"):
            results[submission] = _result(submission, handed_in, standard, kept)
    except KeyboardInterrupt:
        print("Interrupted. What is graded is kept: the same command goes on from there.")
        return 130
    results = _with_remarks(results)
    earlier = scores.earlier_rows(out, Command.CAPSTONE, _COLUMNS)  # marks may have been typed meanwhile
    rubrics = {"failures": RUBRIC}
    graded = [scores.with_marks(s, result, None, rubrics, earlier) for s, result in results.items()]
    with scores.what_is_graded_is_kept():
        scores.keep_what_is_lost(out, graded, earlier)
        scores.write_rows(out, [*_COLUMNS, *scores.own_columns(earlier)], map(_row, graded))
        if html:
            pages.write(html, graded)
    for row in graded:
        points = f"{row.result.points():g} of {sum(POINTS.values()):g}"
        print(f"{points:>10}  {cell(row.submission.student)}  {row.result.status}")
    print(f"Scores: {out}" + (f"\nFeedback: {html / INDEX}" if html else ""))
    return 0


def _result(submission: Submission, handed_in: Found, standard: Standard, kept: Kept) -> Result:
    """How one submission did. Never raises for what is in it."""
    if submission.problem:
        return Result(_NOT_ACCEPTED, submission.problem)
    try:
        files = contents(handed_in)
        key = _key(files, standard)
        if kept.get(key) is None:
            kept.add(key, _plain(score(files, standard)))
        return kept.get(key)
    except NotAcceptedError as error:
        return Result(_NOT_ACCEPTED, str(error))
    except NotKeptError:
        raise
    except Exception as error:  # nobody else's grading ends because of it
        return Result(NOT_GRADED, f"the grader stumbled: {type(error).__name__}: {error}"[:500])


def _plain(found: CapstoneScore) -> Result:
    """A score as data to keep. Its remarks are for the instructor: they go to the table, and on no page."""
    if not found.accepted:
        return Result(_NOT_ACCEPTED, found.problem)
    cases = {p.key: _case(p, p.says()) for p in found.parts}
    cases["card"] = _case(found.parts[-1], f"{found.parts[-1].message} {found.size()}")
    return Result(
        ACCEPTED,
        " ".join(found.remarks),
        questions={key: [case] for key, case in cases.items()},
        written={"tried": found.card.tried.strip(), "failures": found.card.failures.strip()},
        extra=asdict(found.shown) if found.shown else {},
    )


def _case(part: Part, message: str) -> CaseResult:
    status = pages.BEYOND if part.star else "measured"
    return CaseResult(part.title, True, status, part.points, part.possible, message, part.measured())


def _with_remarks(results: Mapping[Submission, Result]) -> dict[Submission, Result]:
    """The results, those whose pictures are like another student's with a sentence for the instructor.

    Only of models that redraw faces better than where points begin: before that all draw the same blurred
    face, and it says nothing that two are alike.
    """
    learned = {s: result.extra["sketch"] for s, result in results.items() if result.points("bound") > 0}
    told = dict(results)
    for submission, others in alike(learned).items():
        names = ", ".join(other.student for other in others)
        note = f"Its pictures are like those of {names}: one model, or one that began as the other. Ask both."
        told[submission] = replace(
            results[submission], note=" ".join(filter(None, (results[submission].note, note)))
        )
    return told


def _key(files: Mapping[str, bytes], standard: Standard) -> str:
    """Changes when the submission, the faces, the baselines, or the way it is graded change."""
    digest = hashlib.sha256(vaelab.__version__.encode())
    ours = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    told = json.dumps([asdict(standard.faces), standard.values, sorted(files)]).encode()
    for data in (*ours, told, *(files[name] for name in sorted(files))):
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


_COLUMNS = (*scores.FIRST, *POINTS, "stars", "tried", "failures written", "failures marks")


def _row(graded: Graded) -> dict[str, str]:
    written = graded.result.written
    return scores.first_cells(graded, f"{sum(POINTS.values()):g}", POINTS) | {
        "stars": str(pages.stars(graded.result)),
        "tried": cell(written.get("tried", "")),
        "failures written": cell(written.get("failures", "")),
        "failures marks": graded.typed.get("failures", ""),
        **graded.own,
    }
