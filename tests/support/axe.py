"""Whether a page can be used by everybody: axe-core, in the page itself.

axe-core is the published engine behind most accessibility checkers; its version is pinned beside
prettier's. All rules of WCAG 2.0 to 2.2, levels A and AA, apply: none is switched off.
"""

from functools import cache

from tools.devenv import checks, settings

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")

#: Runs in the page. What axe could not decide is listed apart: a person has to look at it.
_RUN = """async ([scope, tags, without]) => {
    const context = {include: [scope || "html"], exclude: without};
    const found = await axe.run(context, {
        runOnly: {type: "tag", values: tags},
        resultTypes: ["violations"],
    });
    return found.violations.flatMap((rule) => rule.nodes.map(
        (node) => `${rule.id} (${rule.impact}): ${rule.help}\\n    ${node.html}`
            + `\\n    ${node.failureSummary.replaceAll("\\n", "\\n    ")}`));
}"""


@cache
def _source():
    checks.ensure_node_tools()
    path = settings.NODE_DIR / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8")


def violations(page, scope=None, without=()):
    """What is against the rules on the page as it is shown now: list of texts.

    :param scope: a CSS selector, where only a part of the page is ours.
    :param without: CSS selectors of what in it isn't.
    """
    # By the browser's debugger, as the pages let no foreign script in.
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_source())
    return page.evaluate(_RUN, [scope, list(TAGS), list(without)])


def assert_accessible(page, name, scope=None, without=()):
    """:raises AssertionError: with the name of the page and all that is against the rules."""
    found = violations(page, scope, without)
    assert not found, f"{name}: {len(found)} violations\n" + "\n".join(found)
