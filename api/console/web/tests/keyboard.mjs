// A day at the keyboard: nothing here touches the mouse. Wherever the focus stops,
// it can be seen.
import { enter, key, look, pick, radio, stops, tabTo, type } from "./keys.mjs";
import { ask, close, config, must, open, scene, url } from "./stage.mjs";

async function begin(who) {
  const page = await open();
  await page.goto(url("/log-in"));
  const p = config.people[who];
  if (!(await page.inputValue("#district"))) await type(page, "#district", String(config.district));
  await type(page, "#officer_no", p.Number);
  await type(page, "#passphrase", p.Passphrase);
  await type(page, "#code", await ask("code", { who }));
  await Promise.all([page.waitForNavigation(), key(page, "Enter")]);
  must((await page.locator("nav.menu").count()) === 1, await page.textContent("main"));
  return page;
}

const factor = async (page, who) => {
  if (await page.locator("form.op #code").count()) await type(page, "form.op #code", await ask("code", { who }));
};

let number = ""; // of the complaint

await scene("by the keyboard alone she logs in, skips the menu, takes a complaint, changes the language and finds the complaint again", async () => {
  const page = await begin("desk");
  // The first stop is the link over the menu; after it the next stop is in the page itself.
  await key(page, "Tab");
  const first = await look(page);
  must(first.at === "#main", `the first stop is not the link over the menu: ${JSON.stringify(first)}`);
  await key(page, "Enter");
  await key(page, "Tab");
  must(await page.evaluate(() => document.getElementById("main").contains(document.activeElement) || document.querySelector("footer").contains(document.activeElement)), `after it: ${JSON.stringify(await look(page))}`);

  await page.goto(url("/complaints"));
  await enter(page, "main a[href*='/complaints/new']");
  await pick(page, "[name='f.channel']", "walk_in");
  await radio(page, "f.woman_recorded", "true");
  await type(page, "[name='f.complainant_name']", "कमला देवी");
  await type(page, "[name='f.age']", "28");
  await radio(page, "f.is_minor", "false");
  await type(page, "[name='f.mobile']", "9450012345");
  await radio(page, "f.safe_to_call", "true");
  await radio(page, "f.status_safe", "true");
  await pick(page, "[name='f.category']", "domestic_violence");
  await type(page, "[name='f.account']", "आवेदिका ने बताया कि पति मारपीट करता है।");
  await pick(page, "[name='f.risk_level']", "high");
  await enterForm(page, "complaint.open");
  await page.waitForSelector(".slip");
  number = (await page.locator(".slip dd").nth(2).textContent()).trim();
  await enter(page, "main a.button");
  must((await page.textContent(".no")) === number, "she is not led to the complaint");

  await enter(page, "form[action$='/language'] button");
  must((await page.getAttribute("html", "lang")) === "en" && (await page.textContent(".no")) === number, "the language is not switched where she is");
  await enter(page, "form[action$='/language'] button");
  await page.goto(url("/registers"));
  await key(page, "/");
  must((await look(page)).type === "search", "the key does not lead to the box");
  await page.keyboard.insertText(number);
  await Promise.all([page.waitForNavigation(), key(page, "Enter")]);
  must((await page.textContent(".no")) === number, `${number} leads to ${page.url()}`);
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return { stops };
});

/** Sends a form by Enter on its button. */
async function enterForm(page, kind) {
  const form = `form[action$='/ops/${kind}']`;
  await tabTo(page, `${form} button.main`);
  await Promise.all([page.waitForNavigation(), key(page, "Enter")]);
}

await scene("by the keyboard alone a task goes to an officer", async () => {
  const page = await begin("dispatcher");
  await page.goto(url("/tasks"));
  await enter(page, "main a.button.main");
  await radio(page, "f.task_kind", "visit");
  await radio(page, "f.urgency", "urgent");
  await tabTo(page, ".whom details summary");
  await key(page, "Enter");
  await radio(page, "f.to.officer_id", config.people.beat.ID);
  await enterForm(page, "task.send");
  await page.waitForSelector(".note.good");
  must((await page.textContent("#list, main")).length > 0, "nothing follows");
  must((await ask("count", { kind: "task.send" })) === 1, "the task is not sent");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
});

await scene("by the keyboard alone the in-charge goes through what wants a hand, reviews, signs, and puts a line right", async () => {
  await ask("note", { who: "beat" });
  const page = await begin("incharge");
  await key(page, "j"); // the first that wants a hand
  must((await look(page)).html.includes("row-link"), "the key does not lead to the first");
  await Promise.all([page.waitForNavigation(), key(page, "d")]);
  let reviewed = 0;
  for (; (await page.locator("form[action$='/ops/day.review']").count()) > 0; reviewed++) {
    must(reviewed < 5, "the review has no end");
    if ((await page.locator("[name='f.verdict'][type=radio]").count()) > 0) await radio(page, "f.verdict", "directed");
    await type(page, "[name='f.direction']", "महिला आरक्षी सम्पर्क रखे");
    await factor(page, "incharge");
    await enterForm(page, "day.review");
  }
  await page.goto(url("/"));
  await enter(page, "a[href*='/ops/day.sign']");
  await factor(page, "incharge");
  await enterForm(page, "day.sign");
  await page.waitForSelector(".state-of-day.signed");

  await page.goto(url("/registers/women_beat"));
  await enter(page, "table.register tbody th a");
  await enter(page, "a[href*='/correct']");
  await type(page, "[name='f.visit.women']", "21");
  await type(page, "[name='f.reason']", "गिनती में त्रुटि");
  await enterForm(page, "entry.correct");
  await page.waitForSelector("dl.facts.struck");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return { "complaints reviewed": reviewed, "stops with a focus that is seen": stops };
});

await close();
