// What moves by itself: the page asks again when the server says that something it shows has changed, and only then; it
// does not flood; it says when the link is cut, and goes on by itself.
export async function live(page, server, pages) {
  const faults = [];
  const expect = (held, what) => held || faults.push(what);
  const post = (path, body) => page.request.post(server.base + path, { data: body, headers: { "content-type": "text/plain" } });
  const url = pages["run-running"];
  const id = url.split("/").pop();
  let asked = 0;
  const count = (request) => request.url().includes("part=live") && (asked += 1);

  const opened = page.waitForResponse((r) => r.url().includes("/api/v1/events"));
  await page.goto(server.base + url);
  await opened;
  page.on("request", count);

  const moved = page.waitForResponse((r) => r.url().includes("part=live"), { timeout: 5000 }).catch(() => null);
  await post("/preview/say", JSON.stringify({ kind: "run", id, state: "running" }));
  expect(await moved, "an event about this run does not move the page");

  asked = 0;
  await post("/preview/say", JSON.stringify({ kind: "run", id: "another", state: "running" }));
  await post("/preview/say", JSON.stringify({ kind: "boot", who: "10.0.0.1", at: "", service: "", what: "" }));
  await post("/preview/say", "not JSON");
  await page.waitForTimeout(1500);
  expect(asked === 0, `events about something else move the page (${asked} requests)`);

  asked = 0;
  for (let i = 0; i < 60; i += 1) await post("/preview/say", JSON.stringify({ kind: "progress", id, progress: { step: "write" } }));
  await page.waitForTimeout(1500);
  expect(asked >= 1 && asked <= 4, `sixty events at once make ${asked} requests`);

  await post("/preview/cut", "yes");
  await page.locator("#cut").waitFor({ state: "visible", timeout: 15000 }).catch(() => faults.push("a cut link is not said"));
  asked = 0;
  await post("/preview/cut", "no");
  await page.locator("#cut").waitFor({ state: "hidden", timeout: 15000 }).catch(() => faults.push("a link that is back is not noticed"));
  await page.waitForTimeout(1500);
  expect(asked >= 1, "after a cut the page does not ask what it missed");
  page.off("request", count);
  return faults;
}
