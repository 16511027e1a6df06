"""axe-core in a page, and what is asked of every page beside it. Each says what is wrong, where, at which element."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ALL: dict[str, Any] = {"type": "tag", "values": _TAGS}
COLOURS: dict[str, Any] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What a change of colours alone can break."""
LAYOUT: dict[str, Any] = {
    "type": "rule",
    "values": [
        *("target-size", "scrollable-region-focusable", "aria-required-children", "aria-hidden-focus", "region"),
        *("label", "link-name", "button-name", "empty-table-header"),
    ],
}
"""What another layout of the same document can break."""

_RUN = "only => axe.run(document, {resultTypes: ['violations'], runOnly: only, elementRef: false})"
_OUTLINE = """() => {
  const found = [];
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const ones = headings.filter((one) => one.localName === "h1").length;
  if (ones !== 1) found.push(`${ones} h1`);
  let before = 0;
  for (const one of headings) {
    const level = Number(one.localName[1]);
    if (level > before + 1) found.push(`h${level} after h${before}: ${one.textContent.trim().slice(0, 60)}`);
    before = level;
  }
  if (!document.title.trim()) found.push("no title");
  const own = document.documentElement.lang;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.data.trim(), at = node.parentElement;
    if (!text || at.closest("code, pre, script, style, [hidden], .code") || !at.checkVisibility()) continue;
    if (at.closest("[lang]") !== document.documentElement) continue;
    const told = `${at.localName}.${at.getAttribute("class")}: ${text.slice(0, 80)}`;
    const latin = text.split(/\\s+/).filter((word) => /^[A-Za-z,.;']{2,}$/.test(word)).length;
    const arabic = /[\\u0621-\\u064a]/.test(text);
    if (own === "ar" && latin >= 3 && !arabic) found.push(`Latin words not marked as such, ${told}`);
    if (own !== "ar" && arabic) found.push(`Arabic words not marked as such, ${told}`);
  }
  return found;
}"""
_FIT = """() => {
  const found = [], root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth > wide) {
    found.push(`the page is ${root.scrollWidth} px wide in a window of ${wide}`);
    for (const one of document.body.querySelectorAll("*")) {
      const box = one.getBoundingClientRect();
      if (!box.width || (box.right <= wide + 1 && box.left >= -1) || one.closest(".vh, .skip, svg")) continue;
      const text = one.textContent.trim().slice(0, 60);
      found.push(`${one.localName}.${one.className} from ${Math.round(box.left)} to ${Math.round(box.right)}: ${text}`);
    }
  }
  for (const one of document.body.querySelectorAll("svg text")) {
    const box = one.getBoundingClientRect();
    if (!box.width || (box.right <= wide + 1 && box.left >= -1)) continue;
    found.push(`cut off in a drawing, from ${Math.round(box.left)} to ${Math.round(box.right)}: ${one.textContent.trim()}`);
  }
  return found.slice(0, 6);
}"""
_TYPE = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || at.closest("script, style, title, desc, option") || !at.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(at).fontSize);
    if (size < 11) found.push(`${size.toFixed(1)} px: ${at.localName}.${at.getAttribute("class")}: ${text.slice(0, 60)}`);
  }
  return [...new Set(found)].slice(0, 6);
}"""


def violations(page: Page, only: dict[str, Any] = ALL) -> list[str]:
    """What axe-core finds in the page as it is: one line for each rule and element."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(_RUN, only)
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}: "
        + " ".join(row["message"] for kind in ("any", "all", "none") for row in node[kind])
        for rule in found["violations"]
        for node in rule["nodes"][:5]
    ]


def outline(page: Page) -> list[str]:
    """One h1, no level of heading left out, a title, and words of another language marked as such."""
    found: list[str] = page.evaluate(_OUTLINE)
    return found


def misfits(page: Page) -> list[str]:
    """What makes the document scroll sideways, and text smaller than 11 px."""
    found: list[str] = page.evaluate(_FIT) + page.evaluate(_TYPE)
    return found
