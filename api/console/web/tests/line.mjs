// An open page when the line is cut, an answer is lost, the server ends and
// another begins: nothing that happened meanwhile is missing or stands twice.
import { ask, at, close, logIn, must, open, scene, url } from "./stage.mjs";

// The page of the day counts the visits; the register shows each of them.
const register = "/registers/women_beat";
const rows = (page) => page.$$eval("table.register tbody th a", (list) => list.map((a) => a.textContent.trim()));
const cutSeen = (page, on) => page.waitForFunction((is) => document.getElementById("cut").hidden !== is, on);

/** Goes to a page and waits until its line stands. */
async function heard(page, path) {
  const stands = page.waitForResponse((r) => r.url().includes("/live") && r.status() === 200);
  await page.goto(url(path));
  await stands;
}

async function visits(n) {
  for (let i = 0; i < n; i++) await ask("note", { who: "beat" });
}

/** Waits until the register has n lines, and looks that each stands there once. */
async function settled(page, n) {
  await page.waitForFunction((n) => document.querySelectorAll("table.register tbody tr").length === n, n).catch(async () => {
    throw new Error(`${(await rows(page)).length} lines, want ${n}`);
  });
  await page.waitForTimeout(400); // what came twice would come now
  const nos = await rows(page);
  must(nos.length === n && new Set(nos).size === n, `${nos.length} lines, ${new Set(nos).size} numbers, want ${n}`);
}

let n = 0; // visits there are

await scene("a page whose line was cut shows all that happened meanwhile, once", async () => {
  const page = await at("incharge", register);
  await visits(1);
  await settled(page, (n += 1));
  await page.context().setOffline(true);
  await cutSeen(page, true);
  await visits(5);
  must((await rows(page)).length === n, "it shows what it cannot know");
  const resumed = page.waitForRequest((r) => r.url().includes("/live"));
  const seen = await page.evaluate(() => document.body.dataset.seen);
  await page.context().setOffline(false);
  const from = Date.now();
  await settled(page, (n += 5));
  const took = Date.now() - from;
  must(seen > 0 && new URL((await resumed).url()).searchParams.get("after") === seen, `it resumed at ${(await resumed).url()}, not after ${seen}`);
  must(await page.locator("#cut").isHidden(), "it says still that the line is cut");
  await visits(1); // and it hears again
  await settled(page, (n += 1));
  await page.context().close();
  return { "shown after the line stood again, ms": took };
});

await scene("an answer that is lost on its way is asked for again, though the line tells of it once", async () => {
  const page = await at("incharge", "/registers");
  await heard(page, register);
  let lost = 0;
  await page.route("**/registers/women_beat", (route) => {
    if (route.request().headers()["x-kendra-quiet"] !== "1" || lost >= 2) return route.continue();
    lost++;
    return lost === 1 ? route.abort() : route.fulfill({ status: 503, body: "" });
  });
  await visits(1);
  await settled(page, (n += 1));
  must(lost === 2, `${lost} answers were lost`);
  await page.context().close();
});

await scene("a page that may not be seen any more goes from the screen when something moves, but not a form in which she writes", async () => {
  const page = await at("incharge", "/registers");
  await heard(page, register);
  await ask("end", { who: "incharge" });
  await visits(1);
  n++;
  await page.waitForSelector("#passphrase");
  await logIn(page, "incharge");
  await heard(page, "/tasks/new");
  await page.fill('[name="f.text"]', "कक्षा 9 की छात्राओं से मिलें");
  await page.click("h1"); // her hand is not in the field
  await ask("end", { who: "incharge" });
  const asked = page.waitForResponse((r) => r.request().headers()["x-kendra-quiet"] === "1" && r.status() === 401);
  await visits(1);
  n++;
  await asked;
  await page.waitForTimeout(500);
  must((await page.inputValue('[name="f.text"]')) === "कक्षा 9 की छात्राओं से मिलें", "what she writes is taken from her");
  await page.context().close();
});

await scene("a page stays open over the end of the server and shows what the next one was told", async () => {
  const page = await at("incharge", register);
  const sheet = await at("sho", "/");
  await visits(1);
  await settled(page, (n += 1));
  let loads = 0;
  page.on("load", () => loads++);
  await ask("stop");
  await cutSeen(page, true);
  await cutSeen(sheet, true);
  const lines = [];
  page.on("request", (r) => r.url().includes("/live") && lines.push(r));
  const seen = await page.evaluate(() => document.body.dataset.seen);
  await ask("again");
  const from = Date.now();
  await visits(3);
  await settled(page, (n += 3));
  await cutSeen(page, false);
  const took = Date.now() - from;
  const said = (await lines.at(-1).allHeaders())["last-event-id"];
  must(seen > 0 && said === seen, `it resumed after ${said}, and had seen ${seen}`);
  await sheet.waitForFunction((n) => [...document.querySelectorAll(".figures dd")].some((d) => d.textContent === String(n)), n);
  must(loads === 0, "the page was loaded anew, and what is typed in one would be gone");
  await page.context().close();
  await sheet.context().close();
  return { "from the new server's start to all on the page, ms": took };
});

await scene("a page that a proxy turns away while the server is gone comes back by itself", async () => {
  const page = await open();
  await page.clock.install();
  await page.goto(url("/log-in"));
  await logIn(page, "incharge");
  await heard(page, register);
  let away = true;
  let turned = 0;
  await page.route("**/live?*", (route) => {
    if (!away) return route.continue();
    turned++;
    return route.fulfill({ status: 502, contentType: "text/html", body: "<h1>502</h1>" });
  });
  let loads = 0;
  page.on("load", () => loads++);
  const until = async (times) => {
    for (; turned < times; ) await page.waitForTimeout(100);
  };
  await ask("stop");
  await cutSeen(page, true);
  await ask("again");
  await visits(2);
  await until(1); // the line itself, which is not laid again after such an answer
  await page.clock.runFor(7000);
  await until(2); // the page's own question
  must((await rows(page)).length === n, "a page without line shows what is new");
  away = false;
  await page.clock.runFor(10000);
  await cutSeen(page, false);
  await page.clock.runFor(1000);
  await settled(page, (n += 2));
  must(loads === 0, "the page was loaded anew");
  await page.context().close();
});

await scene("a line that says nothing any more is taken for cut, and laid anew", async () => {
  const page = await open();
  await page.clock.install();
  await page.goto(url("/log-in"));
  await logIn(page, "incharge");
  await heard(page, register);
  let asked = 0;
  await page.route("**/live?*", (route) => (++asked > 1 ? route.continue() : undefined)); // the first one after is never answered
  await page.waitForTimeout(500); // its first word
  await page.clock.runFor(30000);
  must(await page.locator("#cut").isHidden(), "half a minute without a word is no cut");
  await page.clock.runFor(30000);
  await cutSeen(page, true);
  must(asked === 1, `${asked} lines were laid`);
  await visits(1);
  n++;
  await page.clock.runFor(41000);
  await cutSeen(page, false);
  await page.clock.runFor(1000);
  await settled(page, n);
  await page.context().close();
});

await close();
