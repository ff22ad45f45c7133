// The pages to look at: the preview server of the console's crate, or the one that BASE_URL names.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts the preview and gives its address, and a function that ends it. */
export async function preview() {
  if (process.env.BASE_URL) return { base: process.env.BASE_URL.replace(/\/$/, ""), live: true, stop: () => {} };
  const cargo = ["--quiet", "-p", "socle-console", "--example", "preview"];
  const built = spawnSync("cargo", ["build", ...cargo], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) throw new Error("the preview could not be built");
  const server = spawn("cargo", ["run", ...cargo, "--", "127.0.0.1:0"], { cwd: root, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const base = await new Promise((resolve, reject) => {
    server.stdout.on("data", (text) => resolve(String(text).trim()));
    server.on("exit", (code) => reject(new Error(`the preview ended with ${code}`)));
  });
  server.removeAllListeners("exit");
  // cargo hands the program to a child: the group is ours, and ends as one.
  return { base, live: false, stop: () => process.kill(-server.pid, "SIGTERM") };
}

/** Every page of the preview, by name. The identifiers are those of its samples. */
export async function samples(page, base) {
  const href = async (url, selector) => {
    await page.goto(base + url);
    return page.locator(selector).first().getAttribute("href");
  };
  const run = (name) => href("/runs", `.run-name:text-is("${name}")`);
  const machine = await href("/machines", 'table a:text-is("salle-12-poste-02")');
  const unknown = await href("/machines?state=to-recognise", ".queue-what a");
  const master = await href("/masters", "table th a");
  const digest = master.split("/").pop();
  const [running, waiting, failed, completed, ordered] = [
    await run("salle-12-poste-02"), await run("cdi-accueil-01"), await run("salle-12-poste-05"),
    await run("salle-12-poste-06"), await run("salle-12-poste-09"),
  ];
  return {
    today: "/", "today-empty": "/?sample=empty", "sign-in": "/sign-in", welcome: "/welcome/abc",
    "sign-in-service": "/sign-in?sample=service", "sign-in-again": "/sign-in?sample=again", second: "/sign-in/second", enrol: "/sign-in/enrol",
    account: "/account", "account-empty": "/account?sample=empty", "account-app": "/account/app", "account-codes": "/account/once",
    "account-token": "/account/once?sample=token",
    machines: "/machines", "machines-empty": "/machines?sample=empty", "machines-refused": "/machines?sample=refused",
    announce: "/machines/announce", machine, "machine-unknown": unknown,
    start: `${machine}/start`, "start-confirm": `${machine}/start?master=${digest}`,
    runs: "/runs", "runs-empty": "/runs?sample=empty", "run-running": running, "run-waiting": waiting,
    "run-failed": failed, "run-completed": completed, "run-ordered": ordered, proof: `${completed}/proof`,
    "proof-gaps": `${running}/proof`, images: "/images", "images-empty": "/images?sample=empty", masters: "/masters",
    "masters-empty": "/masters?sample=empty", "master-diff": `${master}/diff`, options: "/options", "options-refused": "/options?sample=refused",
    "machine-options": `${machine}/options`, rules: "/rules", master, status: "/status", "boot-events": "/boot-events",
    "boot-events-empty": "/boot-events?sample=empty", diagnosis: "/diagnosis", "diagnosis-machine": "/diagnosis?mac=8c:ec:4b:aa:10:07",
    "diagnosis-wrong": "/diagnosis?sample=wrong", "diagnosis-calm": "/diagnosis?sample=calm", organisation: "/organisation", unit: "/organisation/x", import: "/organisation/import",
    "import-wrong": "/organisation/import?sample=wrong", departures: "/organisation/departures", search: "/search?q=a", person: "/persons/x",
    api: "/api", error: "/nowhere",
  };
}

/** Sets the reader's language and appearance, as the cookies of the console do. */
export async function reader(context, base, lang, theme) {
  await context.addCookies([
    { name: "socle-lang", value: lang, url: base },
    { name: "socle-theme", value: theme, url: base },
  ]);
}
