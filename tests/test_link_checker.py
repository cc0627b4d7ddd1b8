"""The check of the pages' links tells whole ones from broken ones."""

import pytest

from tools.links import broken

OTHER = '<h1 id="a place">There</h1><a name="old"></a><img src="data:image/png;base64,AAAA">'


@pytest.fixture
def faults(tmp_path):
    """The faults of a page with this body, beside another page and a picture."""

    def check(body: str) -> list[str]:
        (tmp_path / "sub").mkdir(exist_ok=True)
        (tmp_path / "sub" / "other.html").write_text(OTHER)
        (tmp_path / "a b.png").write_bytes(b"")
        (tmp_path / "index.html").write_text(f'<p id="here">{body}</p>')
        return broken(tmp_path)

    return check


@pytest.mark.parametrize(
    "body",
    [
        '<a href="sub/other.html#a%20place">a</a><a href="sub/other.html#old">b</a><a href="#here">c</a>',
        '<img src="a%20b.png" srcset="a%20b.png 2x"><a href="#">top</a><a href="mailto:a@b.org">m</a>',
        '<a href="https://example.org/x?y=1#z">web</a><script>var link = "href=nowhere.html";</script>',
    ],
)
def test_whole_links_pass(faults, body):
    assert faults(body) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<a href="sub/other.html#gone">a</a>', "no place 'gone' in other.html"),
        ('<a href="#gone">a</a>', "no place 'gone' in index.html"),
        ('<a href="gone.html#here">a</a>', "no file"),
        ('<img src="gone.png">', "no file"),
        ('<img srcset="a%20b.png 1x, gone.png 2x">', "no file"),
        ('<a href="sub/">a</a>', "no file"),
        ('<a href="/index.html">a</a>', "root of a server"),
        ('<a href="../secret.html">a</a>', "out of the book"),
        ('<a href="http://example.org">a</a>', "not https"),
        ('<a href="https://example">a</a>', "malformed"),
        ('<a href="https://[example.org">a</a>', "malformed"),
        ('<a href="https://example.org/a b">a</a>', "malformed"),
    ],
)
def test_broken_links_are_named_with_their_page(faults, body, complaint):
    (fault,) = faults(body)
    assert fault.startswith("index.html: ")
    assert complaint in fault
