"""What is asked of every page: no finding of axe, and no wider than the screen, whichever it is."""

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NARROW, WIDE

# Preloading copies style sheets into a <style>, which the page's policy rightly refuses.
AXE = {"preload": False, "resultTypes": ["violations"]}
WIDTHS = (320, 360, 390, 430, 600, 768)  # the smallest first, then phones of today, and tablets


def open_everything(page):
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(each => each.open = true)")


def assert_accessible(page, allowed=None):
    """`allowed` maps a rule to the selector of the elements that may break it."""
    findings = Axe().run(page, options=AXE)
    told = [
        f"{finding['id']}: {node['target']} {node['html'][:200]}\n  {node['failureSummary']}"
        for finding in findings.response["violations"]
        for node in finding["nodes"]
        if not _is_allowed(page, node["target"], (allowed or {}).get(finding["id"]))
    ]
    assert told == [], "\n".join(told)


def _is_allowed(page, target, selector):
    return selector is not None and page.locator(target[-1]).first.evaluate(
        "(element, selector) => element.matches(selector)", selector
    )


def assert_fits(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def assert_good(page, allowed=None):
    """Wide and narrow, light and dark, as it comes and with everything open."""
    for viewport in (WIDE, NARROW):
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert_accessible(page, allowed)
    open_everything(page)
    assert_accessible(page, allowed)
    assert_fits(page)
