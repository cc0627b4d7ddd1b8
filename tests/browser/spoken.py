"""What a screen reader finds in a part of a page, a line for each thing: Chromium's own accessibility tree.

The DevTools protocol gives role, name and state as the browser computes them. It leaves `aria-valuetext` out,
which is what is spoken of a slider, so that comes from the element, as does what can be seen there.
"""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Error

# Roles under which nothing is found: their children are only for show (WAI-ARIA, "Children Presentational").
LEAVES = {"button", "checkbox", "image", "radio", "slider"}
SHORTER = {"DisclosureTriangle": "fold", "DisclosureTriangleGrouped": "fold"}
WRAPPERS = {"generic", "none", "LabelText", "Legend", "Figcaption"}
CONTROLS = {"button", "checkbox", "fold", "link", "radio", "slider"}
# What is to be seen of each thing to handle, and `aria-valuetext`; null for other elements, which are many. A
# label is a list of its texts; a formula in it is {said: its words}.
FACTS = """function () {
  const PICTURES = 'svg, img, [aria-hidden=true]';
  const FORMULAS = 'math, mjx-container, .math, [role=math]';
  function label(node) {
    if (node.nodeType == 3) return [node.data];
    if (node.nodeType != 1 || !node.checkVisibility() || node.matches(PICTURES)) return [];
    if (node.matches(FORMULAS)) return [{said: node.getAttribute('aria-label') ?? ''}];
    return [...node.childNodes].flatMap(label);
  }
  function look(element) {
    if (!element.matches('a, button, fieldset, input, summary, [tabindex], [role=slider]')) return null;
    const shown = element.labels?.[0] ?? element.querySelector(':scope > legend') ?? element;
    const {left, top, right, bottom} = element.getBoundingClientRect();
    return {
      valuetext: element.getAttribute('aria-valuetext') ?? '',
      label: element.matches('fieldset:not(:has(> legend))') ? [] : label(shown),
      tab: element.tabIndex >= 0 && !element.disabled && element.checkVisibility(),
      box: [left + scrollX, top + scrollY, right + scrollX, bottom + scrollY],
      formula: element.matches('mjx-container'),
      inner: element.matches('.vae-grip, .vae-mean'), // stands where its number is
    };
  }
  return [this, ...this.querySelectorAll('*')].map(look);
}"""


@dataclass
class Said:
    """A thing in the tree, with what is within it."""

    role: str
    name: str
    value: str = ""
    states: tuple[str, ...] = ()
    takes_focus: bool = False
    range: tuple[float, float, float] | None = None  # a slider's lowest value, its value, the highest
    toggles: bool = False  # is it pressed or not?
    identity: int = 0  # of its element
    seen: dict = field(default_factory=dict)  # see FACTS
    parts: list["Said"] = field(default_factory=list)

    def __str__(self) -> str:
        words = [self.role, f'"{self.name}"', f'"{self.value}"' if self.value else "", *self.states]
        return " ".join(filter(None, words))

    def all(self):
        """This thing and all within it, in the order of reading."""
        yield self
        for part in self.parts:
            yield from part.all()

    @property
    def is_control(self) -> bool:
        return self.role in CONTROLS or self.takes_focus


class Reader:
    """Reads parts of one Playwright page."""

    def __init__(self, page):
        if page.context.browser.browser_type.name != "chromium":
            pytest.skip("this browser's driver does not tell what a screen reader is told")
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self._send("Accessibility.enable")  # else each question makes the whole tree anew

    def read(self, element) -> Said:
        """The tree under a locator's element. What only wraps is left out, as a screen reader does."""
        element.evaluate("element => { window.readFrom = element; }")
        return self._read("window.readFrom")

    def focused(self) -> Said:
        """The thing that has the keyboard's focus."""
        return self._read("document.activeElement")

    def focus(self, said: Said) -> bool:
        """Whether it took the focus."""
        try:
            self._send("DOM.focus", backendNodeId=said.identity)
        except Error:
            return False
        return True

    def _read(self, expression: str) -> Said:
        root = {"objectId": self._send("Runtime.evaluate", expression=expression)["result"]["objectId"]}
        elements = _elements(self._send("DOM.describeNode", **root, depth=-1)["node"])
        call = {"functionDeclaration": FACTS, "returnByValue": True}
        facts = self._send("Runtime.callFunctionOn", **root, **call)["result"]["value"]
        nodes = self._send("Accessibility.queryAXTree", **root)["nodes"]
        found = _Tree(nodes, dict(zip(elements, facts, strict=True))).things()
        return found[0] if len(found) == 1 else Said("part", "", parts=found)

    def _send(self, method: str, **parameters) -> dict:
        return self.session.send(method, parameters)


def _elements(node: dict) -> list[int]:
    """The identities of an element and all within it, in the order of the source."""
    inner = [one for child in node.get("children", []) if child["nodeType"] == 1 for one in _elements(child)]
    return [node["backendNodeId"], *inner]


class _Tree:
    """The protocol's nodes, and what is to be seen of them by their identity."""

    def __init__(self, nodes: list[dict], facts: dict):
        self.by = {node["nodeId"]: node for node in nodes}
        self.root, self.facts = nodes[0], facts

    def things(self) -> list[Said]:
        return self._thing(self.root)

    def _thing(self, node: dict) -> list[Said]:
        role = node["role"]["value"]
        if role == "InlineTextBox":
            return []
        # MathJax makes each formula a stop of the Tab key, for its menu.
        formula = (self.facts.get(node.get("backendDOMNodeId")) or {}).get("formula")
        wraps = role in WRAPPERS and (formula or not _properties(node).get("focusable"))
        if node["ignored"] or wraps:
            return self._within(node)
        said = self._said(node)
        said.parts = [] if said.role in LEAVES else self._within(node)
        return [said]

    def _within(self, node: dict) -> list[Said]:
        found = [self.by[child] for child in node.get("childIds", []) if child in self.by]
        return [said for child in found for said in self._thing(child)]

    def _said(self, node: dict) -> Said:
        role, properties = node["role"]["value"], _properties(node)
        name = " ".join(node.get("name", {}).get("value", "").split())
        said = Said(SHORTER.get(role, role), name, states=_states(properties))
        said.takes_focus = bool(properties.get("focusable"))
        said.toggles = "pressed" in properties
        said.identity = node.get("backendDOMNodeId", 0)
        said.seen = self.facts.get(said.identity) or {}
        if said.role == "slider":
            said.value = said.seen["valuetext"]
            said.range = properties["valuemin"], node["value"]["value"], properties["valuemax"]
        return said


def _properties(node: dict) -> dict:
    return {one["name"]: one["value"].get("value") for one in node.get("properties", [])}


def _states(properties: dict) -> tuple[str, ...]:
    said = [name for name in ("checked", "pressed") if properties.get(name) == "true"]
    if "expanded" in properties:
        said.append("open" if properties["expanded"] else "closed")
    return (*said, *(["disabled"] if properties.get("disabled") else []))


# ---- what would be said badly ----

WORD = re.compile(r"[^\W\d_]{3,}")
MEANS = re.compile(r"[^\W\d_]|%|°")  # a word, a letter or a unit beside the number
# Numbers that need no unit, as their slider's name says what they are.
PURE = re.compile(r"\b(mean|standard deviations?|spread|rate|steps|number z\d+)\b", re.IGNORECASE)


def faults(said: Said) -> list[str]:
    """What a listener could not make sense of in a part of a page."""
    return [*_faults(said, None)]


def _faults(said: Said, group: Said | None):
    if said.role in {"group", "radiogroup"} and not _is_fold(said):
        group = said
        if not WORD.search(said.name):
            yield f"{said}: a group without a name in words"
        yield from _not_shown(said)
        names = [(one.role, one.name) for one in _members(said)]
        for role, name in dict.fromkeys(one for one in names if names.count(one) > 1):
            yield f'{said}: {names.count((role, name))} times {role} "{name}"'
    if said.is_control:
        yield from _faults_of_control(said, group)
    if said.role == "image" and not WORD.search(said.name):
        yield f"{said}: a picture without words"
    for part in said.parts:
        yield from _faults(part, group)


def _is_fold(said: Said) -> bool:
    """Is this a <details>, which its summary names?"""
    return bool(said.parts) and said.parts[0].role == "fold"


def _members(group: Said):
    """The controls of a group, without those of groups in it."""
    for part in group.parts:
        if part.is_control and part.role != "link":
            yield part
        if part.role != "group" or _is_fold(part):
            yield from _members(part)


def _faults_of_control(said: Said, group: Said | None):
    choice = said.role == "radio" or said.toggles
    if said.role not in CONTROLS:
        yield f"{said}: takes the focus, but a {said.role} does nothing"
    elif choice and not re.search(r"\w", said.name):
        yield f"{said}: a choice without a name"
    elif said.role == "radio" and group is None:
        yield f"{said}: a choice that belongs to no group"
    elif not choice and not WORD.search(said.name):
        yield f"{said}: no name in words"
    yield from _not_shown(said)
    if said.role == "slider":
        low, now, high = said.range
        if not low <= now <= high:
            yield f"{said}: {now} is not from {low} to {high}"
        if not (MEANS.search(said.value) or (said.value and PURE.search(said.name))):
            yield f"{said}: a value without unit or meaning"


def _not_shown(said: Said):
    """What stands on a control, or above a group, and is not in its name (WCAG 2.5.3); formulas in words."""
    for shown in said.seen.get("label", []):
        words = shown if isinstance(shown, str) else shown["said"] or "a formula without words"
        if _plain(words) not in _plain(said.name):
            yield f'{said}: its name lacks "{words.strip()}"'


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
