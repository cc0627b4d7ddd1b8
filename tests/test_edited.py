"""Files that people edit are read alike, whatever program saved them, and a slip is named with its line."""

import pytest

from vaelab import edited
from vaelab.edited import EditedFileError

TEXT = 'name = "Zoë"\nsize = 3\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_program_saved_it(tmp_path, encoding, end):
    path = tmp_path / "a.toml"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert edited.read_text(path) == TEXT
    assert edited.read_toml(path) == {"name": "Zoë", "size": 3}
    path.write_bytes(f'{{"name":{end}"Zoë"}}'.encode(encoding))
    assert edited.read_json(path) == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = 1\nb =\n", r"a.toml, line 2 \(b =\): this is not valid TOML: Invalid value\."),
        ("a = 1\na = 2\n", r"line 2 \(a = 2\): .*Cannot overwrite a value\."),
        ("a = \x1b[31m", r"line 1 \(a = \[31m\)"),  # nothing that a terminal obeys
        ("a = [", r"a.toml: this is not valid TOML: .*end of document"),
        ("a = " + "[" * 5_000, "not valid TOML"),
        ("a = " + "9" * 9_000, "not valid TOML"),
    ],
)
def test_a_slip_in_toml_is_named_with_its_line(tmp_path, text, words):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(EditedFileError, match=words):
        edited.read_toml(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{\n "a": 1\n "b": 2}',
            r"a.json, line 3 \(\"b\": 2}\): this is not valid JSON: Expecting ',' delimiter\.",
        ),
        ("", "a.json, line 1: this is not valid JSON"),
        ("[" * 200_000, "not valid JSON"),
        ("9" * 9_000, "not valid JSON"),
    ],
)
def test_a_slip_in_json_is_named_with_its_line(tmp_path, text, words):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(EditedFileError, match=words):
        edited.read_json(path)
