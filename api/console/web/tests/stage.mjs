// What the scenes share: the browser, people who log in, the world behind the
// server, and the report that the Go test reads, one line for each scene.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

export const config = JSON.parse(process.env.KENDRA_STAGE);
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const browser = await chromium.launch({ executablePath: config.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** Asks the world for something: a one-time code, a step at a phone, the time to pass. */
export async function ask(verb, body = {}) {
  const answer = await fetch(`${config.control}/${verb}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

/** A window of one officer; what the browser complains of is kept. */
export async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "hi-IN", timezoneId: "Asia/Kolkata", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.complaints = [];
  page.on("pageerror", (e) => page.complaints.push(e.message));
  page.on("console", (m) => {
    if (/Content Security Policy|Refused to/.test(m.text())) page.complaints.push(m.text());
  });
  return page;
}

export const url = (path) => `${config.origin}/console${path}`;

/** Logs an officer in by passphrase and one-time code, at the page of the log-in. */
export async function logIn(page, who) {
  const p = config.people[who];
  if (!(await page.locator("#passphrase").count())) await page.goto(url("/log-in"));
  await page.fill("#district", String(config.district));
  await page.fill("#officer_no", p.Number);
  await page.fill("#passphrase", p.Passphrase);
  await page.fill("#code", await ask("code", { who }));
  await page.click("form[action$='/log-in'] button.main");
  await page.waitForLoadState();
}

/** A window in which an officer is logged in, at a page. */
export async function at(who, path, options) {
  const page = await open(options);
  await page.goto(url("/log-in"));
  await logIn(page, who);
  await page.goto(url(path));
  return page;
}

/** Shows the second factor again, where a form asks for it. */
export async function again(page, who) {
  if (await page.locator("#code").count()) await page.fill("#code", await ask("code", { who }));
}

/** Fills in the form of a new complaint. */
export async function fillComplaint(page, changes = {}) {
  const said = {
    channel: "walk_in", complainant_name: "कमला देवी", age: "28", mobile: "9450012345", address: "ग्राम तरौंहा", category: "domestic_violence",
    account: "आवेदिका ने बताया कि पति मारपीट करता है।", risk_level: "high", disability: "none", ...changes,
  };
  for (const [name, value] of Object.entries(said)) {
    const field = page.locator(`[name="f.${name}"]`).first();
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  for (const [name, value] of Object.entries({ is_minor: "false", safe_to_call: "true", status_safe: "true", woman_recorded: "true" })) {
    await page.locator(`[name="f.${name}"][value="${value}"]`).check();
  }
  await page.locator(`[name="f.registered_at"]`).fill(await page.locator(`[name="f.heard_at"]`).inputValue());
}

export const sendComplaint = "form[action$='/ops/complaint.open'] button.main";

/** Runs axe over the page as it stands; the names of what it found. */
export async function violations(page) {
  // The policy of the pages runs no foreign script: the tool is put in by the debugger.
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then((r) =>
      r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`),
    ),
  );
  return found;
}

export function must(condition, text) {
  if (!condition) throw new Error(text);
}

/** One scene: its name is a sentence; what it returns are the facts to print. */
export async function scene(name, play) {
  if (process.env.KENDRA_SCENES && !new RegExp(process.env.KENDRA_SCENES).test(name)) return;
  let facts = {};
  let error = "";
  try {
    facts = (await play()) || {};
  } catch (e) {
    error = e.stack || String(e);
  }
  for (const k of Object.keys(facts)) facts[k] = String(facts[k]);
  process.stdout.write(JSON.stringify({ name, error, facts }) + "\n");
}

export async function close() {
  await browser.close();
}
