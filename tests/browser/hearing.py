"""A listener at the keyboard: what a screen reader says while somebody tries one control after the other."""

import re
from collections import Counter
from dataclasses import dataclass

import exploring
from spoken import Reader, Said

# A live region with words is read out once for each turn of the page's work in which it changes.
LISTEN = """element => {
  window.heard = [];
  const LIVE = '[aria-live], [role=status], [role=alert], [role=log], output';
  const words = region => {
    const said = region.cloneNode(true);
    for (const one of said.querySelectorAll('[aria-label]')) one.replaceWith(one.ariaLabel);
    return said.textContent.replace(/\\s+/g, ' ').trim();
  };
  const regionOf = node => (node.nodeType == 1 ? node : node.parentElement)?.closest(LIVE);
  window.listening?.disconnect();
  window.listening = new MutationObserver(records => {
    for (const region of new Set(records.map(({target}) => regionOf(target)))) {
      if (!region?.isConnected || region.getAttribute('aria-live') == 'off') continue;
      if (words(region) && region.checkVisibility()) heard.push(words(region));
    }
  });
  listening.observe(element, {childList: true, characterData: true, subtree: true});
  const decoder = element.explorer?.decoder, decode = decoder?.decode;
  window.drawing = null; // a promise, kept when nothing is left to draw
  if (decode) decoder.decode = (...about) => (window.drawing = decode(...about));
  window.pressed = []; // when
  element.addEventListener('keydown', () => pressed.push(performance.now()), true);
}"""
REST = 500  # milliseconds after which an explorer speaks, since the last movement
SILENCE = 700
PICTURES = """element => [...element.querySelectorAll(':is([role=img], img):not(button *, label *)')].map(
  one => [
  [one, ...one.querySelectorAll('canvas')].map(part => part.src ?? part.toDataURL?.()).join(),
  one.ariaLabel ?? one.alt,
  ])"""

KEYS = {
    "slider": "ArrowRight",
    "button": "Enter",
    "radio": "ArrowRight",
    "checkbox": "Space",
    "fold": "Enter",
}
# Draws a picture by chance, of which there is nothing else to tell: a second draw is described as the first.
DRAWS = re.compile("Random|Another|Draw")
TRIED = 2  # of several like controls in a group


@dataclass
class Act:
    """A key on a control, and what was said then."""

    key: str
    before: Said
    after: Said  # what has the focus then
    heard: list[str]  # from live regions
    unsaid: list[str]  # descriptions of pictures that changed, while these did not

    def __str__(self) -> str:
        now = self.after.value if self.after.name == self.before.name and self.after.value else self.after
        lines = [f"{self.key} on {self.before}", *([f"now {now}"] if str(now) != str(self.before) else [])]
        return "\n    ".join([*lines, *(f"says {words}" for words in self.heard)])

    def faults(self):
        if not self.heard and str(self.before) == str(self.after):
            yield f"{self}: nothing is said"
        for words, times in Counter(self.heard).items():
            if times > 1:
                yield f"{self}: {times} times {words!r}"
        for label in [] if DRAWS.search(self.before.name) else self.unsaid:
            yield f"{self}: the picture {label!r} is another now"


class Listener:
    """At one explorer of a page."""

    def __init__(self, element):
        self.element, self.page = element, element.page
        self.reader = Reader(self.page)
        element.evaluate(LISTEN)

    def press(self, said: Said, key: str, times: int = 1) -> Act | None:
        """Focus a control, press a key, and hear all until there is silence."""
        if not self.reader.focus(said):
            return None  # an act before has switched it off
        before, seen = self.reader.focused(), self.element.evaluate(PICTURES)
        self.page.evaluate("() => { heard.length = pressed.length = 0; }")
        for one in times * key.split():
            self.page.keyboard.press(one)
        said_nothing = str(before) == str(self.reader.focused())
        if said_nothing:  # perhaps something is at work
            exploring.eventually(self.page, lambda: self.page.evaluate("heard.length") > 0)
        count = -1
        while count != (count := self.page.evaluate("heard.length")):
            self.page.evaluate(exploring.WAIT, SILENCE)
        self.page.evaluate("drawing")  # late pictures would count as the next act's
        heard, now = self.page.evaluate("heard"), self.element.evaluate(PICTURES)
        pairs = zip(seen, now, strict=False)  # a button may bring more pictures
        unsaid = [label for (old, label), (new, other) in pairs if old != new and label == other]
        return Act(key, before, self.reader.focused(), heard, unsaid)

    def try_all(self) -> list[Act]:
        """Each control in turn, some of those that are many, as the keyboard reaches them."""
        tried, acts = Counter(), []
        for group, said in stops(self.reader.read(self.element)):
            tried[group, said.role] += 1
            if tried[group, said.role] <= TRIED:
                acts.append(self.press(said, keys(said)))
        return [act for act in acts if act]


def stops(said: Said, group: str = ""):
    """(Name of its group, control) for each stop of the Tab key: of radio buttons the one that is checked."""
    group = said.name if said.role == "group" else group
    closes = "open" in said.states  # a fold, and what is in it would be gone
    if said.role in KEYS and said.seen["tab"] and not closes:
        yield group, said
    radios = [part for part in said.parts if part.role == "radio"]
    stop = next((one for one in radios if "checked" in one.states), radios[0] if radios else None)
    for part in said.parts:
        if part.role != "radio" or part is stop:
            yield from stops(part, group)


def keys(said: Said) -> str:
    """What changes something: of a chosen one of several, the key to the next."""
    if said.role == "radio" and "checked" not in said.states:
        return "Space"
    return "ArrowRight Enter" if "pressed" in said.states else KEYS[said.role]
