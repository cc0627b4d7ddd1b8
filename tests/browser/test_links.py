"""Every link of the built pages leads somewhere, as tools/links.py sees it. Needs no browser."""

import pytest
from visits import HTML, PAGES

from tools.links import broken

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")


def test_every_link_leads_somewhere():
    assert broken(HTML) == []
