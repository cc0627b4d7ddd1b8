"""The questions at the end of the chapters: complete, drawn without scripts; refused when they are not."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from vaelab import errors, quizzes
from vaelab.quizzes import markup, questions
from vaelab.quizzes.aloud import aloud

BOOK = Path(__file__).resolve().parent.parent / "book"
CHOICE = "[[question.choice]]\ntext = 'c'\nwhy = 'w'\n"
QUESTION = "[[question]]\ntext = 'q'\n" + CHOICE + "right = true\n" + CHOICE


class Text(HTMLParser):
    """The text of some HTML; it fails where tags do not nest."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", quizzes.names())
def test_a_quiz_is_complete_without_scripts(name):
    quiz = quizzes.quiz(name)
    still = Text(quiz.still()).text
    assert not re.search(r"[$`\\]", still), "a mark or a formula was not drawn"
    for question in quiz.questions:
        texts = [
            question["text"],
            *(choice[key] for choice in question["choices"] for key in ("text", "why")),
        ]
        for text in texts:
            assert Text(text).text in still
    assert json.loads(json.dumps(quiz.spec()))["answers"] == [None] * len(quiz.questions)


@pytest.mark.parametrize("name", quizzes.names())
def test_a_quiz_stands_in_its_chapter(name):
    cells = nbformat.read(BOOK / f"{name}.ipynb", as_version=4).cells
    assert any(f'quiz("{name}")' in cell.source for cell in cells if cell.cell_type == "code")


def test_the_right_answer_has_no_usual_place():
    places = [
        [choice["right"] for choice in question["choices"]].index(True)
        for name in quizzes.names()
        for question in questions.load(name)
    ]
    assert max(map(places.count, places)) < 0.4 * len(places), "guessing one letter would pay"


def test_an_unknown_quiz_is_named_with_the_nearest():
    with pytest.raises(errors.UnknownNameError, match="Did you mean '04-kl-divergence'"):
        quizzes.quiz("4-kl-divergence")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (3 * QUESTION + "[[question", "wrong.toml.*: this is not valid TOML"),
        (2 * QUESTION, r"wrong.toml has 2 \[\[question\]\] tables; give 3 to 5"),
        (QUESTION + "[[question]]\ntext = 'q'\n" + CHOICE + QUESTION, "wrong.toml, question 2: 1 choices"),
        (2 * QUESTION + "[[question]]\ntext = 'q'\n" + 2 * CHOICE, "question 3: 0 choices are marked"),
        (2 * QUESTION + QUESTION + "right = true\n", "question 3: 2 choices are marked"),
        (3 * QUESTION + "right = 'no'\n", "question 3: choice 2: 'right' is true or false"),
        (
            QUESTION.replace("why = 'w'", "why = ''", 1) + 2 * QUESTION,
            "question 1: choice 1: 'why' is missing",
        ),
        (3 * QUESTION + "hint = 'h'\n", "question 3: choice 2: 'hint' is no key"),
        (QUESTION.replace("'q'", "'a $ alone'") + 2 * QUESTION, "question 1: a \\$ without its partner"),
        (QUESTION.replace("'q'", "'$\\foo$'") + 2 * QUESTION, "question 1: the formula"),
        (QUESTION.replace("'q'", "'$\\frac{$'") + 2 * QUESTION, "question 1: the formula"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path, content, says):
    path = tmp_path / "wrong.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(quizzes.QuizError, match=says):
        questions.read(path)


def test_three_plain_questions_are_accepted(tmp_path):
    path = tmp_path / "right.toml"
    path.write_text(3 * QUESTION, encoding="utf-8")
    assert [len(question["choices"]) for question in questions.read(path)] == [2, 2, 2]


def test_only_three_marks_mean_something():
    assert markup.html("a < b & `x * <y>`\n  *very* $a < b$ <script>") == (
        "a &lt; b &amp; <code>x * &lt;y&gt;</code> <em>very</em> "
        '<math aria-label="a is below b" display="inline">'
        "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></math>"
        " &lt;script&gt;"
    )


ATTRIBUTE = r" (mathvariant|stretchy|width|displaystyle|scriptlevel)=.[\w.]+."
MARKED_UP = (
    rf"<code>|<em>|<math aria-label=\"[^\"<>]*\" display=.inline.>|<m[a-z]+({ATTRIBUTE})*( /)?>|</\w+>"
)


@pytest.mark.parametrize(
    "text",
    [
        '<img src=x onerror="alert(1)">',
        '`<img src=x onerror="alert(1)">`',
        '*<img src=x onerror="alert(1)">*',
        r'$\text{<img/src/onerror=alert("1")>}$',
        r"$\text{&lt;img src=x onerror=alert(1)&gt;}$",
        r"$\text{</mtext></math><script>alert(1)</script>}$",
        r"$\mathrm{<svg onload=alert(1)>}$",
        r"$\begin{matrix}\text{<b>}&\mbox{<b>}\end{matrix}$",
        r'$\hspace{1em" onclick="alert(1)}$',
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{position:fixed}{x}$",
        r"$\class{vae-right}{x}$",
        r"$\color{red}{x}$",
        r'$\color{"><img src=x onerror=alert(1)>}{x}$',
        r"$\htmlClass{a}{x}$",
        r"$\cssId{a}{x}$",
    ],
)
def test_no_text_brings_a_tag_or_an_attribute_of_its_own(text):
    try:
        made = markup.html(text)
    except markup.MarkupError as problem:
        assert "not allowed" in str(problem) or "not known" in str(problem)
    else:
        assert not re.search("[<>]", re.sub(MARKED_UP, "", made))


def test_a_formula_keeps_its_full_stop_and_nothing_more():
    kept = re.findall(
        '<span class="vae-together">(.*?)</span>', markup.html("of $p$ and many words, $q$. And $r$")
    )
    assert [Text(text).text for text in kept] == ["q."]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (r"\mathrm{KL}(q(z \mid x) \,\|\, p(z))", "KL of q of z given x from p of z"),
        (r"4 = (2 \sigma)^2", "4 equals open parenthesis 2 sigma close parenthesis squared"),
        (r"f'(x_t) = \frac{1}{2} \hat{x}(t) - e^{-2}",
         "f prime of x sub t equals 1 over 2 x hat of t minus e to the power of minus 2"),
        (r"\mathcal{N}(0, I) \sim \sqrt{12{,}288 / \lambda}",
         "N of 0, I follows the square root of 12,288 over lambda"),
    ],
)  # fmt: skip
def test_a_formula_is_read_aloud(formula, words):
    assert aloud(formula) == words


@pytest.mark.slow
def test_the_same_questions_keep_answers_from_build_to_build():
    """Sets of texts have another order in each process."""
    ask = "from vaelab import quizzes; print(quizzes.quiz('04-kl-divergence').version)"
    versions = {
        subprocess.check_output([sys.executable, "-c", ask], env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "2", "3", "4")
    }
    assert len(versions) == 1


def test_other_questions_forget_old_answers(monkeypatch):
    before = quizzes.quiz("04-kl-divergence").version
    changed = questions.load("04-kl-divergence")
    changed[0]["text"] += "!"
    monkeypatch.setattr("vaelab.quizzes.widget.load", lambda name: changed)
    assert quizzes.quiz("04-kl-divergence").version != before
