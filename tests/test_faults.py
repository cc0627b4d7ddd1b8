"""No command ends in a traceback: whatever stops it is a sentence with the cause and the next step."""

import errno
import io
import json
import lzma
import os
import pickle
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from torchvision.utils import make_grid

import vaelab
from vaelab import cli, commands, resources, sample_sheet
from vaelab.errors import DataError
from vaelab.faults import Ending, _Plain, sentence

TINY = ["--data", "digits", "--recipe", "mayberay-digits-vae", "--set", "hidden=8", "--n", "40"]
TINY += ["--validation", "20", "--epochs", "1"]


def refused(capsys, *arguments: str) -> str:
    """What a command says that cannot do what is asked."""
    capsys.readouterr()
    assert cli.main(list(arguments)) == 2
    said = capsys.readouterr().err
    assert said.count("vaelab: ") == 1 and "Traceback" not in said, said
    return said


@pytest.mark.parametrize("code", ["\x1b[2J\x1b[32m", "\x1b]0;owned\x07", "\r", "\x08", "\x9b2J", "\u202e"])
def test_no_command_prints_control_codes_of_others(capsys, code):
    """A name, a card or a header can be anybody's; a terminal obeys what is in it."""
    for shown in (False, True):
        with Ending() as ending:
            ending.traceback = shown
            print(f"a\t{code}name", f"an{code}other", sep="\n")
            print(warnings.formatwarning(f"an{code}swer", UserWarning, "file.py", 1), file=sys.stderr)
            raise DataError(f"a{code} card")
        said = capsys.readouterr()
        assert code not in said.out + said.err
        assert "a\t\ufffd" in said.out and "swer" in said.err and "card" in said.err
    with Ending():
        assert warnings.formatwarning("words", UserWarning, "file.py", 1) == "Warning: words\n"
        assert "file.py" in warnings.formatwarning("words", DeprecationWarning, "file.py", 1)
    assert not isinstance(sys.stdout, _Plain), "it is put back"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to be in, with a file and folders that are in the way."""
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x")
    for name in ("folder.png", "folder.safetensors", "folder.js", "folder.csv", "in"):
        Path(name).mkdir()
    return tmp_path


# ---- what is in the way ----

OUTPUTS = [
    ["train", *TINY, "--out", "file"],
    ["train", *TINY, "--out", "file/run"],
    ["sample", "dlwp-digits-vae", "--n", "2", "--out", "folder.png"],
    ["sample", "dlwp-digits-vae", "--n", "2", "--out", "file/s.png"],
    ["export", "dlwp-digits-vae", "folder.safetensors"],
    ["export", "dlwp-digits-vae", "folder.js"],
    ["export", "dlwp-digits-vae", "file/w.safetensors"],
]


@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_what_is_in_the_way_is_named(here, capsys, arguments):
    said = refused(capsys, *arguments)
    assert "is in the way" in said and "Move it away, or name another place" in said
    assert arguments[-1].split("/")[0] in said


@contextmanager
def somebody_else():
    """As a user who owns nothing here: who is root may write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(12345)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("arguments", [OUTPUTS[0], OUTPUTS[2], OUTPUTS[4], OUTPUTS[5]], ids=" ".join)
def test_a_folder_that_may_not_be_written_is_named(here, capsys, arguments):
    shut = here / "shut"
    shut.mkdir(0o555)
    *start, last = arguments
    assert cli.main([*start, str(here / f"open-{last}")]) == 0  # all is imported now
    for folder in (here, *here.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    with somebody_else():
        said = refused(capsys, *start, str(shut / last))
    assert str(shut) in said and "change its permissions, or name another place" in said
    assert list(shut.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["train", *TINY, "--out", "run", "--data", "~nobody-of-that-name/x"], "begins with ~"),
        (["train", *TINY, "--out", "~nobody-of-that-name/x"], "begins with ~"),
        (["train", *TINY, "--out", "run", "--size", "-3"], "size"),
        (["train", *TINY, "--out", "run", "--set", "latent_dim=1.5"], "latent_dim"),
        (
            ["train", *TINY, "--out", "run", "--set", f"hidden={10**30}"],
            "hidden must be a whole number of at most",
        ),
        (["train", *TINY, "--out", "run", "--set", f"hidden={10**15}"], "or a smaller model"),
        (["train", *TINY, "--out", "x" * 300], "shorter name"),
        (["train", *TINY, "--out", "run", "--data", ""], "name is that of a data set"),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else value,
)
def test_what_cannot_be_asked_for_is_said(here, capsys, arguments, word):
    assert word in refused(capsys, *arguments)
    assert not Path("run").exists()


# ---- memory ----


def test_more_pictures_than_there_is_memory_for_are_refused_before_work_begins(here, capsys, monkeypatch):
    monkeypatch.setattr(resources, "_total", lambda: 2**34)
    for many in ("1000000000", "1000000000000"):
        assert "GB of memory" in refused(capsys, "train", *TINY, "--out", "run", "--n", many)
        assert "GB of memory" in refused(
            capsys, "evaluate", "dlwp-digits-vae", "--data", "digits", "--n", many
        )
        assert "more than a sheet" in refused(capsys, "sample", "dlwp-digits-vae", "--n", many)
    resources.need_memory(2**34, "that")
    with pytest.raises(DataError, match="that need"):
        resources.need_memory(2**34 + 1, "that")
    monkeypatch.setattr(resources, "_total", lambda: None)  # where the system does not tell
    resources.need_memory(2**60, "that")


def test_a_container_counts_as_the_machine(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(resources, "_CONTAINER", limit)
    machine = resources._total()
    assert machine > 2**28
    for text, expected in (("1048576\n", 2**20), ("max\n", machine)):
        limit.write_text(text)
        assert resources._total() == expected


def test_a_sheet_is_drawn_in_parts_and_holds_so_many(monkeypatch):
    model = vaelab.pretrained("dlwp-digits-vae")
    whole = model.sample(7, seed=3)
    expected = (make_grid(whole, nrow=3) * 255 + 0.5).to(torch.uint8)
    sizes, sample = [], model.sample

    def noted(n, *options):
        sizes.append(n)
        return sample(n, *options)

    monkeypatch.setattr(sample_sheet, "_PART", 4)
    monkeypatch.setattr(model, "sample", noted)
    sheet = sample_sheet.sample_sheet(model, 7, seed=3)
    assert sizes == [4, 3]
    pixels = torch.frombuffer(bytearray(sheet.tobytes()), dtype=torch.uint8).view(
        sheet.height, sheet.width, 3
    )
    assert (pixels.permute(2, 0, 1).int() - expected.int()).abs().max() <= 1
    monkeypatch.setattr(sample_sheet, "_LONGEST", 3 * 30 + 2)
    assert sample_sheet.sample_sheet(model, 9).size == (92, 92)
    with pytest.raises(DataError, match=r"n=10 pictures of this size are more than .* holds, 9"):
        sample_sheet.sample_sheet(model, 10)


# ---- run.json, which people edit ----


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The options of a run that is finished; its folder."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAELAB_DEVICE", "cpu")
        assert cli.main(["train", *TINY, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def edit(finished, monkeypatch):
    """Changes `run.json` for one test; gives the command that goes on."""
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    path = finished / "run.json"
    before = path.read_bytes()

    def edited(change) -> list[str]:
        path.write_bytes(change(before))
        return ["train", "--out", str(finished), "--resume"]

    yield edited
    path.write_bytes(before)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.decode().encode("utf-16"),
    ],
    ids=["mark", "CRLF", "UTF-16"],
)
def test_a_run_goes_on_whatever_program_saved_its_options(edit, change):
    assert cli.main(edit(change)) == 0


def without(name: str, **others):
    def change(data: bytes) -> bytes:
        options = json.loads(data)
        options.pop(name, None)
        return json.dumps(options | others).encode()

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.replace(b",", b"", 1), "run.json, line 3"),
        (lambda data: b"", "run.json"),
        (lambda data: b"[1]", "run.json is not what"),
        (without("kl_warm_up"), 'put it back, for instance "kl_warm_up": 0.0'),
        (without("", set=5), 'set must be a list such as ["latent_dim=32"], not 5'),
        (without("", set=[5]), "set must be a list"),
        (without("", data=None), "data must be a name or a folder, not null"),
        (without("", recipe=["x"]), "recipe must be"),
        (without("", augment="yes"), "augment must be true or false"),
        (without("", prior="flwo"), "Did you mean 'flow'"),
        (without("", n="many"), "n, the number of pictures,"),
        (without("", keep=0), "keep"),
    ],
)
def test_a_slip_in_the_options_of_a_run_is_named(edit, capsys, change, words):
    assert words in refused(capsys, *edit(change))


# ---- errors of others ----


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a.bin"), "a.bin. Make room"),
        (OSError(errno.EROFS, "Read-only file system", "a.bin"), "a.bin. You may not do that there"),
        (OSError(errno.ENOENT, "No such file", "a.bin"), "a.bin. Check how it is spelt"),
        (OSError("a driver's own words"), "a driver's own words."),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "Make room"),
        (SafetensorError("Error while deserializing header"), "A file is damaged or cut off"),
        (zipfile.BadZipFile("Bad CRC-32"), "damaged or cut off: Bad CRC-32"),
        (tarfile.ReadError("unexpected end"), "damaged"),
        (zlib.error("Error -3"), "damaged"),
        (lzma.LZMAError("Corrupt input data"), "damaged"),
        (pickle.UnpicklingError("invalid load key"), "damaged"),
        (EOFError(), "damaged or cut off: EOFError"),
        (MemoryError(), "The memory does not suffice"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "The memory does not suffice"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried"), "(--batch-size)"),
        (
            RuntimeError("mat1 and mat2\nand a list of calls"),
            "mat1 and mat2. The same command with --traceback",
        ),
        (ImportError("libcudart.so.12: cannot open"), "`vaelab doctor` lists"),
        (DataError("Ours, as it is."), "Ours, as it is."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_error_has_a_cause_and_a_next_step(monkeypatch, capsys, error, words):
    def fail():
        raise error

    monkeypatch.setattr(commands, "doctor", fail)
    said = refused(capsys, "doctor")
    assert words in said and said.count("\n") == 1


def test_a_fault_of_ours_is_owned_and_can_be_looked_at(monkeypatch, capsys):
    monkeypatch.setattr(commands, "doctor", lambda: {}["key"])
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert "no fault of yours: KeyError: 'key'" in said and "--traceback" in said and "Traceback" not in said
    for arguments in (["doctor", "--traceback"], ["--traceback", "doctor"]):
        assert cli.main(arguments) == 1
        assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interruption_is_no_error(monkeypatch, capsys):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "doctor", stopped)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == "\nvaelab: interrupted\n"


# ---- what is printed ----


def test_a_console_that_lacks_a_letter_shows_its_number(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp932")
    monkeypatch.setattr(sys, "stdout", out)
    with Ending() as ending:
        print("4 pictures in é.png")
    assert ending.code == 0 and out.buffer.getvalue() == b"4 pictures in \\xe9.png" + os.linesep.encode()


PRINT = """
import sys
from vaelab.faults import Ending

with Ending() as ending:
    print("x" * {})
sys.exit(ending.code)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("letters", [1, 100_000])
def test_a_pipe_that_closes_early_ends_us_without_a_word(letters, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", PRINT.format(letters)]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=environment)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_an_output_that_is_full_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", PRINT.format(1)], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2 and done.stderr.startswith(b"vaelab: No space left on device. Make room")


STEPS = """
import sys
from vaelab.faults import Ending
from vaelab.progress import progress

with Ending() as ending:
    with progress(total=3, mininterval=0) as bar:
        for _ in range(3):
            bar.update()
            bar.refresh()
    print("a word that fails", file=sys.stderr)
    print("done")
sys.exit(ending.code)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "full"])
def test_work_goes_on_where_its_bar_cannot_be_shown(closed):
    """Closed as by `2>&-`, or by Windows for what has no window; full as a disk under a log."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", STEPS],
            stdout=subprocess.PIPE,
            stderr=full,
            env=os.environ | {"TQDM_DISABLE": ""},
            preexec_fn=(lambda: os.close(2)) if closed else None,
        )
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == b"done"


def test_another_pipe_that_breaks_is_an_error(capsys):
    with Ending() as ending:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert ending.code == 2 and "Broken pipe" in capsys.readouterr().err


def test_the_package_can_be_called():
    command = [sys.executable, "-m", "vaelab", "--version"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.startswith("vaelab ")


def test_an_error_without_words_has_its_name():
    assert sentence(RuntimeError()).startswith("RuntimeError.")
