// A page fits: nothing scrolls sideways, and what is touched is large enough (WCAG 2.2, 1.4.10 and 2.5.8).
export const NARROW = [[320, 700]];
const WIDTHS = [[320, 700], [820, 1180], [1366, 768]];

export async function layout(page, widths = WIDTHS) {
  const faults = [];
  for (const [width, height] of widths) {
    await page.setViewportSize({ width, height });
    const found = await page.evaluate(() => {
      const faults = [];
      const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      if (wide > 0) {
        const out = [...document.querySelectorAll("body *")].filter((e) => {
          const box = e.getBoundingClientRect();
          return box.right > document.documentElement.clientWidth + 1 && box.width > 0;
        });
        faults.push(`scrolls sideways by ${wide} px: ${out.slice(-1).map((e) => `<${e.tagName.toLowerCase()} class="${e.className}">`)}`);
      }
      for (const e of document.querySelectorAll(".table-wrap")) {
        if (e.scrollWidth > e.clientWidth + 1) faults.push(`a table scrolls sideways by ${e.scrollWidth - e.clientWidth} px`);
      }
      for (const e of document.querySelectorAll("button, input:not([type=hidden]), summary, a.btn, .room")) {
        const box = e.getBoundingClientRect();
        const hidden = box.width <= 1 || getComputedStyle(e).visibility === "hidden" || e.closest(".visually-hidden");
        const label = e.closest("label")?.getBoundingClientRect();
        if (!hidden && (label?.height ?? box.height) < 24) faults.push(`too small to touch: ${e.outerHTML.slice(0, 90)}`);
      }
      return faults;
    });
    faults.push(...new Set(found.map((fault) => `at ${width} px ${fault}`)));
  }
  return faults;
}
