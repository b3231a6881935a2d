// People: a lost phone and its successor, a guarded case read in need by two, the
// rules. What two officers do, they do in two browsers.
import { again, ask, at, close, must, scene, url } from "./stage.mjs";

/** Sends the form of a deed, with the second factor if it asks for it. */
async function deed(page, who) {
  await again(page, who);
  await page.click("form.op button.main");
  await page.waitForSelector(".note.good, #told");
  must((await page.locator("#told").count()) === 0, (await page.locator("#told").count()) ? await page.textContent("#told") : "");
}

await scene("a lost phone is withdrawn, and two officers give out the code of its successor, which a new handset shows", async () => {
  const phone = (await ask("device", { who: "beat" })).toLowerCase();
  const head = await at("incharge", "/staff");
  const sho = await at("sho", "/alarms");
  await ask("pass", { seconds: 400 }); // longer than a second factor lasts
  await head.click(`a[href*='${phone}/lost']`);
  must((await head.locator("#code").count()) === 1, "what is grave goes without the second factor");
  await deed(head, "incharge");
  must(await ask("revoked", { who: "beat" }), "the phone is not withdrawn");
  await head.click("p.no-print a.button");
  await head.click(`a[href*='${phone}/replace']`);
  await deed(head, "incharge");
  must((await head.locator(".qr-code").count()) === 0, "one officer alone has the code");
  await sho.reload();
  await sho.click(`a[href*='${phone}/approve']`);
  await deed(sho, "sho");
  must((await sho.locator(".qr-code").count()) === 0, "the second officer has the code");
  await head.click("p.no-print a.button");
  await head.click(`a[href*='${phone}/replace']`);
  await deed(head, "incharge");
  const code = (await head.textContent(".slip.once code")).trim();
  const drawn = await head.getAttribute(".slip.once .qr-code path:not(.qr-back)", "d");
  must((await ask("qr", { code, drawn })) === true, "the camera reads another code than the eye");
  must(!head.url().includes(code) && !(await head.title()).includes(code), "the code is in an address or a title");
  await head.click("p.no-print a.button");
  await head.goBack().catch((e) => must(/ERR_CACHE_MISS/.test(e.message), e.message)); // the browser kept nothing of it
  await head.waitForTimeout(300);
  must(!(await head.content()).includes(code), "the code is shown again on the way back");
  const phoneNow = await ask("enrol", { who: "beat", code });
  must(phoneNow.status === 201 && phoneNow.visit === "entered" && phoneNow.old === 401, JSON.stringify(phoneNow));
  must((await ask("enrol", { who: "beat", code })).status !== 201, "the code enrols twice");
  await head.goto(url("/staff"));
  must((await head.locator("li.card.gone").count()) === 1, "the lost phone does not stand as withdrawn");
  for (const page of [head, sho]) must(page.complaints.length === 0, page.complaints.join("\n"));
  await head.context().close();
  await sho.context().close();
});

await scene("a guarded case is read in need: one asks, another allows, the first reads, and it stands in the list of reads", async () => {
  const id = await ask("complaint", { body: { category: "sexual_assault", mobile: "9450098765" } });
  const head = await at("incharge", `/complaints/${id}`);
  const reader = "form.seal";
  must((await head.locator(reader).count()) === 0, "who is not named may read it");
  must(!(await head.content()).includes("कमला"), "her name is in the page");
  await head.click("a[href*='/ops/glass.ask']");
  await head.selectOption('[name="f.reason"]', "danger_to_her");
  await head.fill('[name="f.text"]', "नामित अधिकारी अनुपलब्ध");
  await again(head, "incharge");
  await head.click("form[action$='/ops/glass.ask'] button.main");
  await head.waitForSelector(".note.good");
  must((await head.locator(reader).count()) === 0, "the ask alone opens it");

  const sho = await at("sho", "/glass");
  must(!(await sho.content()).includes("कमला"), "her name is in the list of asks");
  await sho.click("a[href*='/ops/glass.allow']");
  await again(sho, "sho");
  await sho.click("form[action$='/ops/glass.allow'] button.main");
  await sho.waitForSelector(".note.good");

  // The page of her who asked hears of it by itself.
  await head.waitForSelector(reader, { state: "attached" });
  await head.click("details.read:has(form.seal) summary");
  await head.check(`${reader} [name="f.fields"][value="/body/mobile"]`);
  await head.selectOption(`${reader} [name="f.reason"]`, "call_her");
  if (await head.locator(`${reader} [name=code]`).count()) await head.fill(`${reader} [name=code]`, await ask("code", { who: "incharge" }));
  await head.locator(`${reader} button.main`).first().click();
  await head.waitForSelector("[data-plain]");
  must((await head.textContent("[data-plain]")).includes("9450098765"), "it is not what was read");
  must(!(await head.title()).includes("9450098765") && !head.url().includes("9450098765"), "her number is in a title or an address");
  await head.click("#told a.button");
  must(!(await head.content()).includes("9450098765"), "it stays in the page");

  await sho.goto(url("/reads"));
  const row = await sho.locator("ul.rows li").first().textContent();
  must(row.includes("मोबाइल"), `it does not say what was read: ${row}`);
  must(row.includes("गोपनीय"), `the read does not stand there as one of a guarded case: ${row}`);
  must(!(await sho.content()).includes("9450098765") && !(await sho.content()).includes("कमला"), "the list of reads says what was read");
  for (const page of [head, sho]) must(page.complaints.length === 0, page.complaints.join("\n"));
  await head.context().close();
  await sho.context().close();
  return { row: row.replace(/\s+/g, " ").trim() };
});

await scene("the SP changes a limit: the page has the new one and what was before, in both languages, and the way back changes nothing twice", async () => {
  const chief = await at("sp", "/rules");
  const row = (name) => chief.locator(".rule-groups table.list tbody tr", { has: chief.locator("th", { hasText: name }) }).first();
  const name = (await chief.locator(".rule-groups tbody tr").first().locator("th").textContent()).trim();
  const before = (await row(name).locator("td b").first().textContent()).trim();
  const set = async (seconds, basis, from) => {
    await row(name).locator("a[href*='/ops/limit.set']").click();
    await chief.fill('[name="f.months"]', "0");
    await chief.fill('[name="f.seconds"]', String(seconds));
    await chief.fill('[name="f.basis"]', basis);
    if (from) await chief.fill('[name="f.valid_from"]', from);
    await again(chief, "sp");
    await chief.click("form[action$='/ops/limit.set'] button.main");
    await chief.waitForSelector(".note.good");
  };
  const n = await ask("count", { kind: "limit.set" });
  await set(19 * 3600, "आदेश संख्या १");
  const now = (await row(name).locator("td b").first().textContent()).trim();
  must(now !== before && now.includes("19"), `${before}, then ${now}`);
  must((await row(name).locator("s").allTextContents()).some((t) => t.trim() === before), "what was before is not said");

  // The way back leads to a form in which nothing stands of what was sent: neither
  // can it be read there, nor is a second click a second entry.
  await chief.goBack();
  must((await chief.locator("form[action$='/ops/limit.set']").count()) === 1, "the way back does not lead to the form");
  must((await chief.inputValue('[name="f.seconds"]')) + (await chief.inputValue('[name="f.basis"]')) === "", "what was typed stands there again");
  await chief.$eval("form[action$='/ops/limit.set']", (f) => (f.noValidate = true));
  await chief.click("form[action$='/ops/limit.set'] button.main");
  await chief.waitForSelector("#told");
  must((await ask("count", { kind: "limit.set" })) - n === 1, "the way back entered it twice");

  await chief.goto(url("/rules"));
  await set(17 * 3600, "आदेश संख्या २", "2026-12-01T00:00");
  must((await row(name).locator("td b").first().textContent()).trim() === now, "what comes in December holds already");
  must((await row(name).textContent()).includes("1 दिसम्बर 2026") && (await row(name).textContent()).includes("17"), await row(name).textContent());
  await chief.click("form[action$='/language'] button");
  await chief.waitForLoadState();
  must((await chief.getAttribute("html", "lang")) === "en" && (await chief.textContent("h1")) !== "", "the language is not switched");
  must(new URL(chief.url()).pathname.endsWith("/rules"), `the switch leads to ${chief.url()}`);
  const english = await chief.locator(".rule-groups tbody tr").first().textContent();
  must(english.includes("1 December 2026") && english.includes("19"), english);
  const desk = await at("desk", "/rules");
  must((await desk.locator("a[href*='/ops/limit.set']").count()) === 0, "the desk is led to change a limit");
  must((await desk.textContent(".rule-groups")).includes("1 दिसम्बर 2026"), "the desk does not see what comes");
  await chief.click("form[action$='/language'] button");
  for (const page of [chief, desk]) must(page.complaints.length === 0, page.complaints.join("\n"));
  await chief.context().close();
  await desk.context().close();
  return { before, now };
});

await close();
