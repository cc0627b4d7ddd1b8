"""The explorers' bundle is what their sources make, and their own tests pass. Needs Node.js 18 or later."""

import frontend
import pytest
from frontend import run

from vaelab.explorers.explorer import STATIC


@pytest.fixture(scope="module")
def node():
    return frontend.node()


def test_the_bundle_is_what_the_sources_make(node, tmp_path):
    run(node, "build.mjs", tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    assert made.keys() == kept.keys()
    changed = [name for name in made if made[name] != kept[name]]
    assert not changed, f"{changed}: run `npm run build` in vaelab/explorers/frontend"


def test_the_front_end_passes_its_own_tests(node):
    assert "# fail 0" in run(node, "--test", "--test-reporter=tap")
