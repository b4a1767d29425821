import type { PasskeyAnswer, PasskeyQuestion } from "@gantry/sdk/api";

/** Asks the person's passkey what the server wants to know. @throws DOMException `NotAllowedError` when they cancel it or take too long */
export async function answerQuestion(question: PasskeyQuestion): Promise<PasskeyAnswer> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(question.challenge),
      rpId: question.rpId,
      userVerification: question.userVerification,
      allowCredentials: question.allowCredentials.map(({ type, id }) => ({ type, id: bytesOf(id) })),
    },
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("The browser gave no passkey's answer.");
  const response = credential.response as AuthenticatorAssertionResponse;
  const { userHandle } = response;
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: "public-key",
    clientExtensionResults: {},
    response: {
      authenticatorData: textOf(response.authenticatorData),
      clientDataJSON: textOf(response.clientDataJSON),
      signature: textOf(response.signature),
      ...(userHandle !== null && userHandle.byteLength > 0 && { userHandle: textOf(userHandle) }),
    },
  };
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
