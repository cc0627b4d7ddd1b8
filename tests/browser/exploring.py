"""What a reader does with an explorer, and what there is to see then."""

WAKE = """async () => {
  for (const element of document.querySelectorAll('.vaelab-explorer[data-spec]')) {
    element.scrollIntoView({block: 'center'});
    const deadline = performance.now() + 10000;
    while (!element.querySelector('.vae-frame') && performance.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 20));
  }
  scrollTo(0, 0);
}"""


def wake_all(page) -> None:
    """Scroll to every explorer of the page until it has come alive, then back to the top."""
    page.evaluate(WAKE)
