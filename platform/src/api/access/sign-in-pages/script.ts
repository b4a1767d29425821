/** The only script of these pages: passkeys need one. Served as it is, so it is plain JavaScript for browsers of the last years. */
export const script = `"use strict";
const base = "/api/v1/auth/passkey/";
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function ask(path, body, headers = {}) {
  const response = await fetch(path.startsWith("/") ? path : base + path, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? "The server refused that.");
  return answer;
}

async function answer(options) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      userVerification: "required",
      allowCredentials: (options.allowCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
    },
  });
  const { response } = credential;
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      authenticatorData: text(response.authenticatorData),
      clientDataJSON: text(response.clientDataJSON),
      signature: text(response.signature),
      ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
    },
  };
}

async function signIn({ next }) {
  await ask("verify-authentication", { response: await answer(await ask("generate-authenticate-options")) });
  location.assign(next);
}

async function confirm({ proof, organization, next }) {
  const headers = { "x-gantry-organization": organization };
  const { question } = await ask(proof, undefined, headers);
  if (question === null) throw new Error("This was confirmed before, or its time is up.");
  await ask(proof + "/answer", { assertion: await answer(question) }, headers);
  location.assign(next);
}

async function register() {
  const options = await ask("generate-register-options");
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
    },
  });
  const { response } = credential;
  const name = document.getElementById("passkey-name").value.trim();
  await ask("verify-registration", {
    ...(name === "" ? {} : { name }),
    response: {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: {
        attestationObject: text(response.attestationObject),
        clientDataJSON: text(response.clientDataJSON),
        transports: response.getTransports(),
      },
    },
  });
  location.assign("/account?done=passkey");
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = document.getElementById("passkey-said");
    said.textContent = "";
    try {
      await { "sign-in": signIn, confirm, register }[button.dataset.passkey](button.dataset);
    } catch (error) {
      said.textContent = error.name === "NotAllowedError" ? "The passkey wasn't used: it was cancelled, or took too long." : error.message;
    }
  });
}
`;
