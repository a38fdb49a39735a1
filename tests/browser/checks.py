"""What is asked of every page: no finding of axe, and no wider than the screen, whichever it is."""

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NARROW, WIDE

# Preloading copies style sheets into a <style>, which the page's policy rightly refuses.
AXE = {"preload": False, "resultTypes": ["violations"]}
# The rules of axe that look at colours.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# The violations alone: axe's whole result is megabytes of what it passed.
FIND = "options => axe.run(options).then(result => result.violations)"
IS_LOADED = "typeof axe === 'object'"
BOXES = """() => [...document.body.querySelectorAll('*')].map(part => {
    const { x, y, width, height } = part.getBoundingClientRect();
    const isSeen = part.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return [part.localName, part.id, part.getAttribute('class'), isSeen, x, y, width, height].join(' ');
})"""
# What a finger cannot hit: links within a text excepted, and what only a keyboard reaches.
TOO_SMALL = """() => {
    const parts = document.querySelectorAll('a[href]:not(.skip), button, summary, select, textarea, input');
    const told = [];
    for (const part of parts) {
        if (!part.checkVisibility() || part.tabIndex < 0) continue;
        if (getComputedStyle(part).display === 'inline') continue;
        const isSmall = part.matches('[type=radio], [type=checkbox]'); // its label is as good
        const target = part.closest(isSmall ? 'label' : '.mails li') ?? part;
        const { width, height } = target.getBoundingClientRect();
        if (Math.min(width, height) < 44) told.push(`${part.outerHTML.slice(0, 120)}: ${width} by ${height}`);
    }
    return told;
}"""
# What does not fit, or is cut off, when all text is twice as large.
TWICE_AS_LARGE = """() => {
    document.documentElement.style.fontSize = '200%';
    const { scrollWidth } = document.documentElement;
    const told = scrollWidth > innerWidth ? [`the page: ${scrollWidth} of ${innerWidth}`] : [];
    for (const part of document.querySelectorAll('h1, h2, h3, p, li, label, legend, summary, button, a')) {
        const { overflowX, textOverflow } = getComputedStyle(part);
        if (!part.checkVisibility() || overflowX === 'visible' || textOverflow === 'ellipsis') continue;
        const isCut = part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 1;
        if (isCut) told.push(part.outerHTML.slice(0, 120));
    }
    document.documentElement.style.fontSize = '';
    return told;
}"""
WIDTHS = (320, 360, 390, 430, 600, 768)  # the smallest first, then phones of today, and tablets


def open_everything(page):
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(each => each.open = true)")


def assert_accessible(page, allowed=None, rules=None):
    """`allowed` maps a rule to the selector of the elements that may break it; `rules` limits what is run."""
    if not page.evaluate(IS_LOADED):
        page.evaluate(Axe().axe_script)
    told = [
        f"{finding['id']}: {node['target']} {node['html'][:200]}\n  {node['failureSummary']}"
        for finding in page.evaluate(FIND, AXE | ({"runOnly": rules} if rules else {}))
        for node in finding["nodes"]
        if not _is_allowed(page, node["target"], (allowed or {}).get(finding["id"]))
    ]
    assert told == [], "\n".join(told)


def assert_accessible_light_and_dark(page, allowed=None):
    """Run every rule in light, and in dark those of colours: nothing but colours may differ."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert_accessible(page, allowed)
    light = page.evaluate(BOXES)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = page.evaluate(BOXES)
    assert dark == light, "\n".join(sorted({*light} ^ {*dark}))
    assert_accessible(page, allowed, COLOURS)


def _is_allowed(page, target, selector):
    return selector is not None and page.locator(target[-1]).first.evaluate(
        "(element, selector) => element.matches(selector)", selector
    )


def assert_fits(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def assert_fits_with_larger_text(page):
    page.set_viewport_size(WIDE)
    too_large = page.evaluate(TWICE_AS_LARGE)
    assert too_large == [], "\n".join(too_large)


def assert_can_be_touched(page):
    page.set_viewport_size(NARROW)
    too_small = page.evaluate(TOO_SMALL)
    assert too_small == [], "\n".join(too_small)


def assert_good(page, allowed=None):
    """Wide and narrow, light and dark, as it comes and with everything open."""
    for viewport in (WIDE, NARROW):
        page.set_viewport_size(viewport)
        assert_accessible_light_and_dark(page, allowed)
    open_everything(page)
    assert_accessible(page, allowed)
    assert_fits(page)
