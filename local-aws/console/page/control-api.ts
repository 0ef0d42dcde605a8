import { byId } from "./element.js";

const NOTICE_MS = 6_000;
let hideNotice: number | undefined;

/** Asks the control API to do something; what it refuses is told in a notice. */
export async function control(method: "POST" | "DELETE", path: string, body?: object): Promise<void> {
  try {
    const response = await fetch(`/_local/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (response.ok) return;
    const { error } = (await response.json()) as { error?: string };
    tell(error ?? `local-aws refused this (HTTP ${response.status}).`);
  } catch {
    tell("local-aws did not answer.");
  }
}

function tell(text: string): void {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = false;
  window.clearTimeout(hideNotice);
  hideNotice = window.setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_MS);
}
