"""The command line: quick to start, plain about errors."""

import subprocess
import sys

import pytest

import vaelab
from vaelab import cli


def test_help_and_import_do_not_load_torch():
    """PyTorch takes seconds to import; neither asking for help nor `import vaelab` should wait for it."""
    for statement in ("import vaelab", "from vaelab import cli; cli._parser().format_help()"):
        code = f"import sys; {statement}; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_public_name_is_there():
    for name in vaelab.__all__:
        assert getattr(vaelab, name) is not None


def test_recipes_lists_the_exact_sizes(capsys):
    assert cli.main(["recipes"]) == 0
    assert "2,648,531 parameters" in capsys.readouterr().out


def test_doctor_names_device_versions_and_data(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    assert cli.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for word in ("Device: cpu", "torch ", "portraits", "fashion_mnist", "Free disk space"):
        assert word in shown


def test_an_error_is_a_sentence_not_a_traceback(capsys, monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "tpu")
    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("vaelab: 'tpu' is not a device name")


def test_unknown_command_exits_with_usage(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["trian"])
