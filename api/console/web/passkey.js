// Passkeys: to log in, and to show again who it is before what is grave.
const b64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

async function call(path, body, csrf) {
  const head = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang };
  if (csrf) head["X-Kendra-CSRF"] = csrf;
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers: head, body: body && JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.title || answer.statusText);
  return said;
}

async function show() {
  const { challenge, rp_id } = await call("/v1/console/challenge");
  const c = await navigator.credentials.get({
    publicKey: { challenge: bytes(challenge), rpId: rp_id, userVerification: "required" },
  });
  const r = c.response;
  return {
    id: b64(c.rawId), client_data: b64(r.clientDataJSON), authenticator_data: b64(r.authenticatorData),
    signature: b64(r.signature), user_handle: r.userHandle ? b64(r.userHandle) : "",
  };
}

// Makes a passkey and adds it: what it is made of is asked for when the button is
// pressed, for a challenge serves two minutes.
async function add(button) {
  const { another, passkeys } = await call("/v1/console/factors");
  const c = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(another.challenge), rp: { id: another.rp_id, name: "Kendra" },
      user: { id: bytes(another.user_handle), name: button.dataset.name, displayName: button.dataset.name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      excludeCredentials: passkeys.map((k) => ({ type: "public-key", id: bytes(k.id) })), attestation: "none",
    },
  }).catch((error) => {
    throw new Error(error.name === "InvalidStateError" ? button.dataset.taken : button.dataset.cancelled);
  });
  await call("/v1/console/factors", {
    setup: another.setup,
    passkey: { id: b64(c.rawId), client_data: b64(c.response.clientDataJSON), attestation_object: b64(c.response.attestationObject) },
  }, document.body.dataset.csrf);
  location.assign(button.dataset.next);
}

function wrong(form, error) {
  let note = form.querySelector("[data-wrong]");
  if (!note) {
    note = document.createElement("p");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.dataset.wrong = "";
    form.prepend(note);
  }
  note.textContent = error.message;
}

if (window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const form = button.form;
      try {
        if (button.dataset.passkey === "add") {
          await add(button);
          return;
        }
        if (button.dataset.passkey === "again") {
          form.elements.code.required = false;
          if (!form.noValidate && !form.reportValidity()) return;
          const session = await call("/v1/console/sessions/step-up", { passkey: await show() }, document.body.dataset.csrf);
          for (const f of document.querySelectorAll("input[name=csrf]")) f.value = session.csrf;
          document.body.dataset.csrf = session.csrf;
          form.requestSubmit();
          return;
        }
        const value = (name) => form.elements[name].value.trim();
        const session = await call("/v1/console/sessions", {
          district: Number(value("district")), officer_no: value("officer_no"), passphrase: form.elements.passphrase.value, passkey: await show(),
        });
        const kept = form.elements.kept?.value;
        if (kept) {
          // The form that was sent when the session had ended goes on by itself.
          for (const name of ["passphrase", "code", "officer_no", "district", "kept"]) form.elements[name].disabled = true;
          const csrf = form.appendChild(document.createElement("input"));
          Object.assign(csrf, { type: "hidden", name: "csrf", value: session.csrf });
          form.action = kept;
          form.submit();
          return;
        }
        location.assign("/console/");
      } catch (error) {
        wrong(form, error);
      }
    });
  }
}
