// What a person without a mouse meets: a way past the menu, a visible focus everywhere, forms that work; and the same
// pages without JavaScript.
/** Presses Enter on what leads to another page, and waits for it. */
async function enter(page) {
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
  await page.waitForLoadState();
}

export async function keyboard(context, page, server, pages) {
  const faults = [];
  const expect = (held, what) => held || faults.push(what);
  const at = (path) => page.goto(server.base + path);

  await at("/");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.classList.contains("skip")), "the first Tab is not the way to the content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement.id === "main"), "the way to the content does not lead there");

  await at("/");
  const stops = new Set();
  for (let i = 0; i < 25; i += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e);
      const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return { name: e.outerHTML.slice(0, 120), shown };
    });
    if (stop.name.startsWith("<body")) continue; // past the last one the browser itself has the focus
    stops.add(stop.name);
    expect(stop.shown, `the focus is not visible on ${stop.name}`);
  }
  expect(stops.size >= 15, `the keyboard meets only ${stops.size} places`);

  // Language and appearance, by keyboard alone.
  await at("/");
  await page.locator("button[name=lang][value=en]").focus();
  await enter(page);
  expect((await page.locator("html").getAttribute("lang")) === "en", "the language does not change by keyboard");
  await page.locator("button[name=theme][value=dark]").focus();
  await enter(page);
  expect((await page.locator("html").getAttribute("data-bs-theme")) === "dark", "the appearance does not change by keyboard");

  if (!server.live) faults.push(...(await samplesOnly(context, page, server, pages)));
  return faults;
}

async function samplesOnly(context, page, server, pages) {
  const faults = [];
  const expect = (held, what) => held || faults.push(what);

  // Start a run from the machine's page: choose, read, confirm.
  await page.goto(server.base + pages.machine);
  await page.locator('main .head a.btn[href$="/start"]').focus();
  await enter(page);
  await page.locator("a.choice-card").first().focus();
  await enter(page);
  await page.locator("input[name=loss]:checked").focus();
  await page.keyboard.press("ArrowDown");
  expect((await page.locator("input[name=loss]:checked").inputValue()) === "expendable", "the question about loss does not answer to arrows");

  // A name that can't be one is refused where it is typed.
  await page.goto(server.base + "/machines?state=to-recognise");
  const name = page.locator(".queue-card input[name=name]").first();
  await name.fill("Salle 12");
  await name.press("Enter");
  expect(await name.evaluate((e) => !e.validity.valid), "a wrong name is not refused beside its field");

  // What moves is replaced in place: the focus and what is typed stay.
  await page.goto(server.base + pages["run-waiting"]);
  await page.locator("#reason").focus();
  await page.keyboard.type("Poste de pupitre, sans fichier");
  const part = page.waitForResponse((r) => r.url().includes("part=live"));
  await page.evaluate(() => window.htmx.trigger(document.getElementById("live"), "socle:changed"));
  await part;
  await page.waitForTimeout(300);
  const kept = await page.evaluate(() => ({ typed: document.getElementById("reason").value, focus: document.activeElement.id }));
  expect(kept.typed === "Poste de pupitre, sans fichier", `what was typed is lost when the page moves: "${kept.typed}"`);
  expect(kept.focus === "reason", "the focus is lost when the page moves");

  // Details that a person opened stay open.
  await page.goto(server.base + pages["run-completed"]);
  const details = page.locator(".journal details").first();
  await details.locator("summary").click();
  const again = page.waitForResponse((r) => r.url().includes("part=live"));
  await page.evaluate(() => window.htmx.trigger(document.getElementById("live"), "socle:changed"));
  await again;
  await page.waitForTimeout(300);
  expect(await details.evaluate((e) => e.open), "an opened detail closes when the page moves");

  // Without JavaScript the pages say the same.
  const bare = await context.browser()?.newContext({ javaScriptEnabled: false });
  if (bare) {
    const still = await bare.newPage();
    await still.goto(server.base + pages["run-waiting"]);
    expect(await still.locator("form[action$='/allow-loss'] button[type=submit]").isVisible(), "a loss can't be allowed without JavaScript");
    await bare.close();
  }
  return faults;
}
