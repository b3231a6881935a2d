// The console as officers use it, in Chromium.
import { ask, close, config, fillComplaint, logIn, must, open, scene, sendComplaint as send, url, violations } from "./stage.mjs";

await scene("she logs in by a one-time code, and no script or style is refused by the policy", async () => {
  const page = await open();
  await page.goto(url("/"));
  must(page.url().endsWith("/console/"), page.url());
  await logIn(page, "incharge");
  must((await page.title()).startsWith("आज"), await page.title());
  const cookies = await page.context().cookies();
  const session = cookies.find((c) => c.name === "__Host-kendra");
  must(session && session.httpOnly && session.secure && session.sameSite === "Strict", JSON.stringify(session));
  must((await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage))).indexOf(session.value) < 0, "a script can read the token");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
});

await scene("she logs in by a passkey, and shows it again before what is grave", async () => {
  const page = await open();
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  const p = config.people.sho;
  await page.goto(url("/log-in"));
  await client.send("WebAuthn.addCredential", {
    authenticatorId,
    credential: {
      credentialId: p.PasskeyID, isResidentCredential: true, rpId: "localhost", privateKey: p.PasskeyKey, userHandle: p.PasskeyHandle,
      signCount: 100, backupEligibility: true, backupState: false,
    },
  });
  await page.fill("#district", String(config.district));
  await page.fill("#officer_no", p.Number);
  await page.fill("#passphrase", p.Passphrase);
  await page.click("[data-passkey]");
  await page.waitForURL(url("/"));
  await ask("pass", { seconds: 400 });
  await page.goto(url("/ops/case.name"));
  must((await page.locator("#code").count()) === 1, "the second factor is not asked for again");
  await page.$eval("form.op", (f) => (f.noValidate = true));
  await page.click("[data-passkey=again]");
  await page.waitForSelector("#told"); // the form is empty, and that is what is told; the factor was taken
  must((await page.locator("#code").count()) === 0, "the passkey was not taken");
  await page.context().close();
});

await scene("she makes a passkey at her page, and logs in by it", async () => {
  const page = await open();
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  await logIn(page, "dispatcher");
  await ask("pass", { seconds: 31 });
  await page.goto(url("/me/factors"));
  const rows = await page.locator("main section").first().locator("li").count();
  await page.click("[data-passkey=add]");
  await page.waitForURL(url("/me/factors?added=1"));
  must((await page.locator("main section").first().locator("li").count()) === rows + 1, "it is not in the list");
  await page.click("[data-passkey=add]");
  await page.waitForSelector("[data-wrong]");
  must((await page.textContent("[data-wrong]")).includes("पहले से"), "the same device twice");
  const made = await client.send("WebAuthn.getCredentials", { authenticatorId });
  must(made.credentials.length === 1 && made.credentials[0].rpId === "localhost", JSON.stringify(made));
  await page.click("details.me summary");
  await page.click("form[action$='/log-out'] button");
  await page.goto(url("/log-in"));
  const p = config.people.dispatcher;
  await page.fill("#district", String(config.district));
  await page.fill("#officer_no", p.Number);
  await page.fill("#passphrase", p.Passphrase);
  await page.click("[data-passkey]");
  await page.waitForURL(url("/tasks")); // where a dispatcher begins
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
});

await scene("the roster of a week is filled in by keyboard alone, without script too", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await open({ javaScriptEnabled, viewport: { width: 320, height: 800 } });
    await logIn(page, "sho");
    await ask("pass", { seconds: 31 });
    await page.goto(url("/staff/roster"));
    const day = javaScriptEnabled ? 2 : 3;
    const cell = page.locator(".roster tbody tr").first().locator("td").nth(day).locator("select");
    await cell.nth(0).selectOption("desk");
    await cell.nth(1).selectOption("08:00-20:00");
    await page.locator(".roster-form button.main").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/done=/);
    must((await cell.nth(0).inputValue()) === "desk" && (await cell.nth(1).inputValue()) === "08:00-20:00", "it is not kept");
    must(page.complaints.length === 0, page.complaints.join("\n"));
    await page.context().close();
  }
  must((await ask("count", { kind: "roster.set" })) === 2, "not two entries");
});

await scene("a form that is sent twice, by a double click and by the way back, is one entry", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "desk");
  const before = await ask("count", { kind: "complaint.open" });
  await page.goto(url("/complaints/new"));
  await fillComplaint(page);
  await page.dblclick(send);
  await page.waitForSelector(".slip");
  const number = await page.textContent(".slip dd");
  await page.goBack();
  if (await page.locator(send).count()) {
    await page.click(send);
    await page.waitForLoadState();
  }
  const after = await ask("count", { kind: "complaint.open" });
  must(after - before === 1, `${after - before} entries`);
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return { "number of digits of the slip": number.length };
});

await scene("a session that ends in the middle of a form loses nothing", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "desk");
  await page.goto(url("/complaints/new"));
  await fillComplaint(page, { complainant_name: "राधा देवी" });
  const before = await ask("count", { kind: "complaint.open" });
  await ask("end", { who: "desk" });
  await page.click(send);
  await page.waitForSelector("#passphrase");
  must((await ask("count", { kind: "complaint.open" })) === before, "it went in without a session");
  await logIn(page, "desk");
  await page.click("form[action$='/ops/complaint.open'] button.main");
  await page.waitForSelector(".slip");
  must((await ask("count", { kind: "complaint.open" })) === before + 1, "it did not go in");
  await page.context().close();
});

await scene("without script she reads, enters and changes the language", async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url("/log-in"));
  await logIn(page, "desk");
  await page.click("form[action$='/language'] button");
  await page.waitForLoadState();
  await page.goto(url("/complaints"));
  must((await page.textContent("h1")) === "Complaints", await page.textContent("h1"));
  must((await page.locator("table.list tbody tr").count()) >= 1, "the list is empty");
  await page.goto(url("/complaints/new"));
  await fillComplaint(page, { complainant_name: "सीता देवी" });
  await page.click(send);
  await page.waitForSelector(".slip");
  await page.click("form[action$='/language'] button");
  await page.context().close();
});

await scene("what is wrong stands at its field, and what was typed is still there", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "desk");
  await page.goto(url("/complaints/new"));
  await fillComplaint(page, { mobile: "12345" });
  await page.click(send);
  await page.waitForSelector("#told");
  must((await page.locator('[name="f.mobile"]').getAttribute("aria-invalid")) === "true", "the field is not marked");
  must((await page.inputValue('[name="f.complainant_name"]')) === "कमला देवी", "what was typed is gone");
  must(await page.evaluate(() => document.activeElement.id === "told"), "the focus is not at what is wrong");
  await page.context().close();
});

await scene("a phone's op shows on an open console within a second, a hundred times", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "incharge");
  await page.goto(url("/"));
  await page.waitForTimeout(1500);
  const took = [];
  for (let i = 0; i < 100; i++) {
    const seen = await page.evaluate(() => document.body.dataset.seen || "");
    const renewed = page.waitForResponse((r) => r.request().headers()["x-kendra-quiet"] === "1");
    const from = Date.now();
    await ask("note", { who: "beat" });
    await renewed;
    await page.waitForFunction((old) => document.body.dataset.seen !== old, seen);
    took.push(Date.now() - from);
  }
  took.sort((a, b) => a - b);
  must(took[50] < 1000, `the median is ${took[50]} ms`);
  const shown = await page.textContent(".figures");
  must(shown.includes("100"), shown);
  await page.context().close();
  return { "median of 100, ms": took[50], "slowest, ms": took[99] };
});

await scene("a task goes to a phone in four clicks, and its ladder moves by itself until it is done", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "dispatcher");
  await page.goto(url("/tasks"));
  await page.click("a.button.main");
  await page.waitForSelector("form.dispatch");
  await page.check('[name="f.task_kind"][value="visit"]');
  await page.check('[name="f.urgency"][value="urgent"]');
  await page.$$eval(".whom details", (all) => all.forEach((d) => (d.open = true)));
  await page.check(`[name="f.to.officer_id"][value="${config.people.beat.ID}"]`);
  await page.click("form.dispatch button.main");
  await page.waitForSelector(".note.good");
  const id = await page.evaluate(() => new URLSearchParams(location.search).get("done"));
  await page.goto(url(`/tasks/${id}`));
  await page.waitForTimeout(800);
  const steps = [["task.receive", "प्राप्त हुआ"], ["task.see", "देखा गया"], ["task.accept", "स्वीकार"], ["task.depart", "रवाना"], ["task.arrive", "पहुँचे"], ["task.done", "पूर्ण"]];
  for (const [kind, word] of steps) {
    must((await ask("phone", { who: "beat", kind, task: id, result: "done" })) === "entered", kind);
    await page.waitForFunction((w) => [...document.querySelectorAll(".ladder .done")].some((li) => li.textContent.includes(w)), word);
  }
  await page.context().close();
  return { "steps seen without a hand on the page": steps.length };
});

await scene("the day is reviewed and signed", async () => {
  const page = await open();
  await page.goto(url("/log-in"));
  await logIn(page, "incharge");
  await page.goto(url("/"));
  let reviewed = 0;
  await page.click("a[href*='/day/review']");
  for (; (await page.locator("form[action$='/ops/day.review']").count()) > 0; reviewed++) {
    must(reviewed < 20, "the review has no end");
    await page.check('[name="f.verdict"][value="directed"]');
    await page.fill('[name="f.direction"]', "महिला आरक्षी सम्पर्क रखे");
    await page.click("form[action$='/ops/day.review'] button.main");
    await page.waitForSelector(".note.good");
  }
  await page.goto(url("/"));
  await page.click("a[href*='/ops/day.sign']");
  await page.waitForSelector("form[action$='/ops/day.sign']");
  if (await page.locator("#code").count()) await page.fill("#code", await ask("code", { who: "incharge" }));
  await page.click("form[action$='/ops/day.sign'] button.main");
  await page.waitForSelector(".state-of-day.signed");
  await page.context().close();
  return { "complaints reviewed": reviewed };
});

await scene("a first visit is under 120 kB in 8 requests, the next pages under 25 kB", async () => {
  const page = await open();
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  let bytes = 0;
  let requests = 0;
  client.on("Network.loadingFinished", (e) => (bytes += e.encodedDataLength));
  client.on("Network.requestWillBeSent", (e) => {
    if (!e.request.url.includes("/live")) requests++;
  });
  await page.goto(url("/log-in"), { waitUntil: "networkidle" });
  const first = { bytes, requests };
  must(first.bytes <= 120000 && first.requests <= 8, JSON.stringify(first));
  await logIn(page, "incharge");
  const facts = { "log-in, first visit": `${first.bytes} bytes, ${first.requests} requests` };
  for (const path of ["/", "/complaints", "/tasks", "/registers", "/registers/help_desk", "/complaints/new"]) {
    bytes = requests = 0;
    await page.goto(url(path));
    await page.waitForTimeout(400);
    must(bytes <= 25000 && requests <= 8, `${path}: ${bytes} bytes, ${requests} requests`);
    facts[path] = `${bytes} bytes, ${requests} requests`;
  }
  await page.context().close();
  return facts;
});

await scene("every page of the menu holds WCAG 2.2 AA in both languages, light and dark, narrow and wide, and nothing overflows", async () => {
  let pages = 0;
  const wrong = [];
  for (const who of ["incharge", "sp"]) {
    const page = await open();
    await page.goto(url("/log-in"));
    for (const w of [320, 1440]) {
      await page.setViewportSize({ width: w, height: 900 });
      for (const v of await violations(page)) wrong.push(`log-in at ${w}: ${v}`);
    }
    await logIn(page, who);
    const links = await page.$$eval("nav.menu a", (list) => list.map((a) => a.getAttribute("href")));
    links.push("/console/staff/roster", "/console/staff/enrol", "/console/staff/sessions", "/console/me/factors", "/console/style", "/console/complaints/new", "/console/registers/help_desk");
    if (who === "sp") links.push("/console/ops/ladder.set?centre=HQ&f.ladder=overdue", "/console/rules?limit=overall&hours=24");
    for (const lang of ["hi", "en"]) {
      if ((await page.getAttribute("html", "lang")) !== lang) {
        await page.click("form[action$='/language'] button");
        await page.waitForLoadState();
      }
      for (const path of links) {
        for (const [width, scheme] of [[320, "light"], [1440, "dark"]]) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme: scheme });
          await page.goto(config.origin + path);
          pages++;
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (over > 0) wrong.push(`${who} ${path} ${lang} at ${width}: ${over} px too wide`);
          for (const v of await violations(page)) wrong.push(`${who} ${path} ${lang} ${width} ${scheme}: ${v}`);
        }
      }
    }
    if (page.complaints.length) wrong.push(...page.complaints);
    await page.context().close();
  }
  must(wrong.length === 0, `${wrong.length} found:\n${wrong.slice(0, 30).join("\n")}`);
  return { "pages looked at": pages, violations: 0 };
});

await close();
